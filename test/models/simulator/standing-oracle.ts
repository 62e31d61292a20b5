/** The checks of a license's standing (CHK-1), said naively. */

import type { Refusal } from "../../../src/domain/refusal.ts";
import type { Given } from "./given.ts";

/**
 * Why a license admits nobody whose end is `endsAt` (null = never); null = it admits. EXP-9: the end itself is expired.
 */
export function standingOf(given: Given, now: number, endsAt: number | null): Refusal | null {
  const { revoked, suspended, effectiveAt } = given;
  if (revoked) return { code: "license-revoked" };
  if (effectiveAt !== null && now < effectiveAt) {
    const retryAfterSeconds = Math.ceil((effectiveAt - now) / 1000);
    return { code: "license-not-yet-effective", effectiveAt, retryAfterSeconds };
  }
  if (endsAt !== null && now >= endsAt) return { code: "license-expired", expiresAt: endsAt };
  return suspended ? { code: "license-suspended" } : null;
}
