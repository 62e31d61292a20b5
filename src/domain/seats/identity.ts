/** What a device is to its license, and who shares a seat: the texts that stand behind `device`, `holder` and parts. */

import type { SignedInUser } from "../license/calls.ts";
import type { Terms } from "../terms/license.ts";
import type { Activation, Ledger } from "../turn/ledger.ts";
import { structuredParts, tellingParts } from "./fingerprint.ts";
import { ownerOf } from "./owner.ts";

/** What tells devices of one fingerprint apart. */
export interface Scope {
  /** Under `userLocked`, the OS user's hash. */
  readonly lockedTo: string | null;
  /** Under `per-user`, `Ledger.digest` of whose seat it is. */
  readonly holder: string | null;
}

type Digests = Pick<Ledger, "digest">;

/** 8 bytes of a digest, as hex. */
const PART_DIGITS = 16;

/**
 * SEAT-2: whose seat the devices of a signed-in person share; null = a seat is a device's. On a license with a user,
 * whoever it admits is that user (AUTH-4), and so is a vendor that acts for them.
 */
export function holderOf(
  { leasingStrategy, user }: Terms,
  person: SignedInUser | null,
  ledger: Digests,
): string | null {
  if (leasingStrategy !== "per-user") return null;
  if (user !== null) return ledger.digest(JSON.stringify({ user: user.id }));
  const owner = ownerOf(person);
  return owner === null ? null : ledger.digest(owner);
}

export function scopeOf({ holder, facts }: Pick<Activation, "holder" | "facts">): Scope {
  return { lockedTo: facts.lockedTo ?? null, holder };
}

/** `Activation.device` of a fingerprint. Where nothing else tells devices apart, it is the fingerprint's own digest. */
export function deviceOf(fingerprint: string, scope: Scope, ledger: Digests): string {
  return ledger.digest(within(scope, fingerprint));
}

/**
 * FP-1: what a structured fingerprint is found by, part by part. Devices that something else tells apart share none.
 * Empty for any other. Each once: whoever wants to can make two parts that have one such short digest.
 */
export function partsOf(fingerprint: string, scope: Scope, ledger: Digests): readonly string[] {
  const parts = structuredParts(fingerprint);
  if (parts === null) return [];
  return [...new Set(tellingParts(parts).map((part) => ledger.digest(within(scope, part)).slice(0, PART_DIGITS)))];
}

function within({ lockedTo, holder }: Scope, text: string): string {
  return lockedTo === null && holder === null ? text : JSON.stringify([text, lockedTo, holder]);
}
