/** The checks of a license's standing (CHK-1), said naively. */

import type { Refusal } from "../../../src/domain/refusal.ts";
import type { Given } from "./given.ts";

/**
 * Why a license admits nobody whose end is `endsAt` (null = never); null = it admits. EXP-9: the end itself is expired.
 */
export function standingOf(given: Given, now: number, endsAt: number | null): Refusal | null {
  const unusable = unusableOf(given, now);
  if (unusable !== null) return unusable;
  if (endsAt !== null && now >= endsAt) return { code: "license-expired", expiresAt: endsAt };
  return given.suspended ? { code: "license-suspended" } : null;
}

/** STAND-1: what ends v3's client calls, too. */
export function unusableOf({ revoked, effectiveAt }: Given, now: number): Refusal | null {
  if (revoked) return { code: "license-revoked" };
  if (effectiveAt === null || now >= effectiveAt) return null;
  const retryAfterSeconds = Math.ceil((effectiveAt - now) / 1000);
  return { code: "license-not-yet-effective", effectiveAt, retryAfterSeconds };
}
