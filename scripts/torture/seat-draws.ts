/** What both kinds of seat histories draw alike. */

import type { Random } from "../../test/support/random.ts";
import type { SeatTerms } from "./seat-state.ts";

type Weights = Readonly<Partial<Record<SeatTerms["leasing"], number>>>;

/** Instances need a lease (SEAT-2); no overage mostly (SEAT-9). */
export function seatTerms(random: Random, leaseMs: number | null, weights: Weights): SeatTerms {
  const limit = 1 + random.below(4);
  const drawn = random.weighted({ "per-machine": 0, "per-instance": 0, "per-user": 0, ...weights });
  const leasing = drawn === "per-instance" && leaseMs === null ? "per-machine" : drawn;
  return { limit, leaseMs, leasing, overage: random.chance(0.6) ? 0 : 1 + random.below(2) };
}

/** Of an activation: which API. */
export function byEither(random: Random): { readonly byV3?: true } {
  return random.chance(0.3) ? { byV3: true } : {};
}
