/**
 * LEASE-8: how long a device may go on after its lease. Under `at-once` its seat is another's by then, so that every
 * device which hides from the server is one beyond the seats: a day at most.
 */

import type { Refusal } from "../refusal.ts";
import type { Terms } from "../terms/license.ts";

/** Seconds. */
const MOST_AT_ONCE = 86_400;

/** Null, or the refusal of terms with a longer grace than their `seatRelease` allows; also where it means nothing. */
export function leaseGraceRefusal({ seatRelease, leaseGracePeriod }: Terms): Refusal | null {
  if (seatRelease === "after-token" || leaseGracePeriod <= MOST_AT_ONCE) return null;
  const detail = `is at most ${MOST_AT_ONCE} while seatRelease is at-once`;
  return { code: "invalid-member", pointer: "/leaseGracePeriod", detail };
}
