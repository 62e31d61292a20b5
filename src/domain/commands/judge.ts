/**
 * Judges an activation: the checks that a license's object makes, in their order, each with its evidence (CHK-1).
 * Whoever grants one stands on it, and whoever only asks.
 */

import type { Principal, SignedInUser } from "../license/calls.ts";
import type { DeviceWish } from "../license/device.ts";
import { productRefusal } from "../license/product-match.ts";
import { standingRefusal, unusableRefusal } from "../license/standing.ts";
import type { Refusal } from "../refusal.ts";
import { structuredParts } from "../seats/fingerprint.ts";
import { authenticationRefusal, claimOn, personOf, type Claim } from "../seats/owner.ts";
import { deviceMemory, memoryEnd } from "../seats/rolling.ts";
import { isHeld, isLive, seatRefusal, settleDevice, sweepForRoom } from "../seats/seats.ts";
import { licenseEnd } from "../terms/expiry.ts";
import type { Activation, RollingMemory } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import type { Turn } from "../turn/turn.ts";

/** Who wants to activate which device, and what it says of itself. */
export interface Wish extends DeviceWish {
  readonly principal: Principal;
  /** Null = one that nobody knows. */
  readonly fingerprint: string | null;
}

/** What is stored of the device. */
export interface KnownDevice {
  /** `Ledger.digest` of its fingerprint. */
  readonly device: string | null;
  readonly live: Activation | null;
  /** What the caller is to the live one; null where there is none. */
  readonly claim: Claim | null;
  /** An ended activation whose seat still counts: its device may take it over (SEAT-10). */
  readonly held: Activation | null;
  readonly clock: RollingMemory | null;
  /** When it would end (epoch ms), as far as that is known: with its license, or by its own clock (EXP-10). */
  readonly endsAt: number | null;
}

/** `new`: what the caller has against anything but resuming. */
export type Check = "fingerprint" | "standing" | "product" | "user" | "device" | "new" | "seats";

export type Verdict =
  | { readonly ok: true; readonly known: KnownDevice }
  | {
      readonly ok: false;
      /** The first check that fails. */
      readonly check: Check;
      readonly refusal: Refusal;
      readonly known: KnownDevice;
    };

/** How what the clock has ended is met (LEASE-4). */
export interface Means {
  readonly rowsOf: (device: string) => readonly Activation[];
  readonly seatRefusal: () => Refusal | null;
  readonly againstNew: Refusal | null;
}

/** It is counted as ended, and stays. */
export function looking(look: Look): Means {
  const rowsOf = (device: string) => look.ledger.activationsOf(device);
  return { rowsOf, seatRefusal: () => seatRefusal(look), againstNew: null };
}

/** The device's own ends there and then, and a few others where there is no room. */
export function sweeping(turn: Turn, againstNew: Refusal | null = null): Means {
  return {
    againstNew,
    rowsOf: (device) => settledRows(turn, device),
    seatRefusal: () => {
      sweepForRoom(turn);
      return seatRefusal(turn);
    },
  };
}

export function judge(look: Look, wish: Wish, means: Means): Verdict {
  const known = knownDevice(look, wish, means);
  const judged = { look, wish, means, known, person: personOf(wish.principal) };
  for (const [check, refusalOf] of CHECKS) {
    const refusal = refusalOf(judged);
    if (refusal !== null) return { ok: false, check, refusal, known };
  }
  return { ok: true, known };
}

/** The checks of the standing for this device, whose own lapses end with it; null = they pass. */
export function standingOf(turn: Turn, wish: Wish): Refusal | null {
  return standingOfDevice(turn, wish, knownDevice(turn, wish, sweeping(turn)));
}

/** What binds wherever it is called (AUTH-6): checks 8 to 12 alone; null = they pass. */
export function bindingRefusal(look: Look, wish: Wish): Refusal | null {
  const asked = { look, wish, person: personOf(wish.principal) };
  for (const [, refusalOf] of BINDING) {
    const refusal = refusalOf(asked);
    if (refusal !== null) return refusal;
  }
  return null;
}

interface Asked {
  readonly look: Look;
  readonly wish: Wish;
  readonly person: SignedInUser | null;
}

interface Judged extends Asked {
  readonly means: Means;
  readonly known: KnownDevice;
}

/** Of the terms, against what is known of the device and of who calls: neither looks at a seat. */
const BINDING: readonly (readonly [Check, (asked: Asked) => Refusal | null])[] = [
  ["product", ({ look, wish }) => productRefusal(look.license.terms, wish.productId)],
  ["user", ({ look, person }) => authenticationRefusal(look.license.terms, person)],
];

const CHECKS: readonly (readonly [Check, (judged: Judged) => Refusal | null])[] = [
  ["fingerprint", ({ look, wish }) => fingerprintRefusal(look, wish)],
  ["standing", ({ look, wish, known }) => standingOfDevice(look, wish, known)],
  ...BINDING,
  ["device", ({ look, known }) => deviceRefusal(look, known)],
  ["new", ({ means, known }) => (known.live === null ? means.againstNew : null)],
  ["seats", ({ means, known }) => (needsSeat(known) ? means.seatRefusal() : null)],
];

/** FP-1 compares part by part; until then a structured fingerprint has no match but under `exact`. */
function fingerprintRefusal({ license }: Look, { fingerprint }: Wish): Refusal | null {
  if (fingerprint === null || license.terms.fingerprintMatchingStrategy === "exact") return null;
  return structuredParts(fingerprint) === null ? null : { code: "fingerprint-unsupported" };
}

/** STAND-1. */
function standingOfDevice({ license, now }: Look, { admitsEnded }: Wish, { endsAt }: KnownDevice): Refusal | null {
  return admitsEnded ? unusableRefusal(license.terms, now) : standingRefusal(license.terms, now, endsAt);
}

/** SEAT-3. */
function deviceRefusal({ license }: Look, { claim }: KnownDevice): Refusal | null {
  const mayResume = claim !== "foreign" && license.terms.duplicateActivation === "resume";
  return claim === null || mayResume ? null : { code: "device-already-activated" };
}

/** SEAT-2: a device has one, and its own hold becomes it again. */
function needsSeat({ live, held }: KnownDevice): boolean {
  return live === null && held === null;
}

function knownDevice(look: Look, { principal, fingerprint }: Wish, means: Means): KnownDevice {
  const { terms } = look.license;
  const device = fingerprint === null ? null : look.ledger.digest(fingerprint);
  const rows = device === null ? [] : means.rowsOf(device);
  const live = rows.find((row) => isLive(look, row)) ?? null;
  const isRolling = terms.expirationStrategy === "rolling" && device !== null;
  const clock = isRolling ? deviceMemory(look, device, rows) : null;
  return {
    device,
    live,
    claim: live === null ? null : claimOn(terms, live, personOf(principal)),
    held: rows.find((row) => isHeld(look, row)) ?? null,
    clock,
    endsAt: clock === null ? licenseEnd(terms.end) : memoryEnd(look.ledger, clock),
  };
}

/** SEAT-2: so that no later terms make a second seat of a lapse that nobody swept. */
function settledRows(turn: Turn, device: string): readonly Activation[] {
  const stored = turn.ledger.activationsOf(device);
  return settleDevice(turn, stored) ? turn.ledger.activationsOf(device) : stored;
}
