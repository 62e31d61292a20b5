/**
 * SEAT-10: which rule a freed seat falls under; under `after-token` every token must have an `exp` (TOK-6), or it would
 * be held for ever.
 */

import { hasLease, type SeatRelease, type SeatReleaseSwitch, type Terms } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

/**
 * SEAT-10: the rule in force at `at`, where a lease ended that nobody has swept. A lease that ends at the instant of a
 * switch is over before it (LEASE-4).
 */
export function seatReleaseAt({ seatRelease, seatReleaseSwitches }: Terms, at: number): SeatRelease {
  return seatReleaseSwitches.find((one) => one.at >= at)?.from ?? seatRelease;
}

/** SEAT-10: the switches, oldest first, that lapses since `oldestLapse` are judged by; null = there are no lapses. */
export function switchesSince(
  oldestLapse: number | null,
  switches: readonly SeatReleaseSwitch[],
): readonly SeatReleaseSwitch[] {
  return oldestLapse === null ? [] : switches.filter(({ at }) => at >= oldestLapse);
}

/** Null, or the refusal of terms that hold freed seats until the token's end but let tokens go out without one. */
export function seatReleaseRefusal(terms: Terms): Refusal | null {
  if (terms.seatRelease === "at-once" || endsByItself(terms) || licenseWillEnd(terms)) return null;
  return {
    code: "invalid-member",
    pointer: "/seatRelease",
    detail: "after-token needs tokens that end: a lease, an end of the license, or a sync interval and grace period",
  };
}

/**
 * True if, under `after-token`, nothing but the ends of rolling activations bounds the tokens. An activation born
 * while the license was perpetual has no end, so terms may only become such while nothing is live.
 */
export function restsOnActivationEnds(terms: Terms): boolean {
  return terms.seatRelease === "after-token" && terms.expirationStrategy === "rolling" && !endsByItself(terms);
}

/**
 * Whether devices may hold tokens without an end, made under these terms or remembered from earlier ones. Where nothing
 * but the ends of rolling activations bounds tokens, they may: an activation from perpetual days has none.
 */
export function mayHaveEndlessTokens(terms: Terms): boolean {
  if (terms.endlessTokens) return true;
  if (terms.seatRelease !== "at-once") return false;
  const afterToken: Terms = { ...terms, seatRelease: "after-token" };
  return seatReleaseRefusal(afterToken) !== null || restsOnActivationEnds(afterToken);
}

/** The terms with that remembered, or with nothing to remember. */
export function rememberingEndlessTokens(terms: Terms, areOut: boolean): Terms {
  return { ...terms, endlessTokens: areOut };
}

/** A lease, or sync plus grace, bounds every token whatever the license's end (TOK-6). */
function endsByItself(terms: Terms): boolean {
  const syncSeconds = terms.serverSyncInterval + terms.serverSyncGracePeriod;
  return hasLease(terms) || (terms.serverSyncGracePeriod !== -1 && syncSeconds > 0);
}

function licenseWillEnd(terms: Terms): boolean {
  if (terms.end !== null) return true;
  if (terms.expirationStrategy === "rolling") return terms.period !== null;
  // EXP-2: the first activation sets the end before its token is signed.
  return terms.expirationStrategy === "delayed" && terms.activatedAt === null && terms.period !== null;
}
