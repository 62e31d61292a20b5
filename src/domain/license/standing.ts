/** The checks of a license's standing (CHK-1): the refusal that a license's standing gives, with its evidence. */

import { licenseEnd } from "../terms/expiry.ts";
import type { Terms } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

/**
 * Why these terms admit nobody at `now` (epoch ms): revoked, not yet effective, expired, suspended, in this order; or
 * null. `endsAt` (epoch ms, null = never) is the license's own end unless the caller knows a nearer one: a rolling
 * activation has its own (EXP-3, EXP-10).
 */
export function standingRefusal(
  terms: Terms,
  now: number,
  endsAt: number | null = licenseEnd(terms.end),
): Refusal | null {
  const unusable = unusableRefusal(terms, now);
  if (unusable !== null) return unusable;
  // EXP-9: the instant of the end counts as expired.
  if (endsAt !== null && endsAt <= now) return { code: "license-expired", expiresAt: endsAt };
  return terms.suspended ? { code: "license-suspended" } : null;
}

/** STAND-1: why nobody is admitted, not even who may hold a token that says that the license is over: the first two. */
export function unusableRefusal(terms: Terms, now: number): Refusal | null {
  if (terms.revoked) return { code: "license-revoked" };
  if (terms.effectiveAt !== null && now < terms.effectiveAt) {
    return {
      code: "license-not-yet-effective",
      effectiveAt: terms.effectiveAt,
      retryAfterSeconds: Math.ceil((terms.effectiveAt - now) / 1000),
    };
  }
  return null;
}
