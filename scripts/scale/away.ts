/**
 * How long a floating device may be away from the server, and what that costs: the table of docs/leases.md, from the
 * product's own rule for a token's end (TOK-6, LEASE-8, SEAT-10) and from the prices of docs/scale.md.
 */

import { newTerms } from "../../src/domain/license/creation.ts";
import { tokenTimes } from "../../src/domain/seats/token-times.ts";
import { monthOf, type Costs } from "./cost.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

type Release = "at-once" | "after-token";

/** Seconds. */
interface Choice {
  readonly lease: number;
  readonly grace: number;
  readonly release: Release;
}

export interface Row extends Choice {
  /** An outage is survived that is no longer, whenever it begins; and by who has just renewed. */
  readonly survivesAlways: number;
  readonly survivesAtBest: number;
  /** After its last contact. */
  readonly deadHoldsSeat: number;
  /** A device that hides goes on beside whoever has its seat by now. */
  readonly runsBeside: number;
  readonly dollars: number;
}

const CHOICES: readonly Choice[] = [
  { lease: HOUR, grace: 0, release: "at-once" },
  { lease: HOUR, grace: 4 * HOUR, release: "at-once" },
  { lease: HOUR, grace: DAY, release: "at-once" },
  { lease: HOUR, grace: DAY, release: "after-token" },
  { lease: 4 * HOUR, grace: DAY, release: "at-once" },
  { lease: 4 * HOUR, grace: 7 * DAY, release: "after-token" },
  { lease: DAY, grace: 0, release: "at-once" },
  { lease: DAY, grace: DAY, release: "at-once" },
  { lease: DAY, grace: 29 * DAY, release: "after-token" },
];
const SEATS = { name: "", seats: 10_000, licenses: 1_000 };

export function awayRows(costs: Costs): readonly Row[] {
  return CHOICES.map((choice) => ({ ...choice, ...meaningOf(choice), dollars: dollarsOf(choice, costs) }));
}

/** TOK-6: whoever renews has half a lease behind it at the latest, so the rest of the token is always left. */
function meaningOf({ lease, grace, release }: Choice) {
  const lasts = tokenSeconds({ lease, grace, release });
  const freeAfter = release === "at-once" ? lease : lasts;
  return {
    survivesAlways: lasts - lease / 2,
    survivesAtBest: lasts,
    deadHoldsSeat: freeAfter,
    // Under `at-once` a check-out frees the seat in the first second of the token.
    runsBeside: release === "at-once" ? lasts : 0,
  };
}

/** How long a token lasts under the defaults of everything else. */
function tokenSeconds({ lease, grace, release }: Choice): number {
  const terms = newTerms(
    { productId: "p", type: "hosted-floating", leaseDuration: lease, leaseGracePeriod: grace, seatRelease: release },
    0,
  );
  if (!terms.ok) throw new Error(`${release} allows no grace of ${grace} s`);
  const holder = { activationId: "s", generation: 1, leaseSeconds: lease, leaseEnd: lease * 1000, endsAt: null };
  const { expiresAt } = tokenTimes(terms.value, holder, 0);
  if (expiresAt === null) throw new Error("a leased token has no end");
  return expiresAt / 1000;
}

function dollarsOf({ lease }: Choice, costs: Costs): number {
  return monthOf(SEATS, lease / HOUR, costs).dollars;
}

/** Days from two on, hours from one on. */
export function span(seconds: number): string {
  if (seconds === 0) return "none";
  if (seconds < HOUR) return `${seconds / 60} min`;
  if (seconds < 2 * DAY) return `${seconds / HOUR} h`;
  const hours = (seconds % DAY) / HOUR;
  return hours === 0 ? `${seconds / DAY} d` : `${Math.floor(seconds / DAY)} d ${hours} h`;
}
