/** What happens how often. Swarm: every seed has its own weather, so that rare things meet. */

import type { Random } from "../../support/random.ts";

export const HAPPENINGS = {
  call: 40,
  answer: 45,
  ring: 6,
  crash: 4,
  late: 4,
  snapshot: 2,
  setBack: 1,
  leap: 2,
  lose: 0.3,
};
export const CALLS = { activate: 50, renew: 8, checkOut: 12, create: 14, rename: 8, touch: 6, erase: 8, look: 3 };

export const ANSWERS = { well: 70, before: 10, after: 12, late: 8 };

export function swarm<N extends string>(
  random: Random,
  weights: Readonly<Record<N, number>>,
  always: readonly NoInfer<N>[],
): Record<N, number> {
  const entries = Object.entries<number>(weights) as [N, number][];
  const factor = (name: N) => (always.includes(name) ? 1 : (random.pick([0, 0.3, 1, 1, 4]) ?? 1));
  return Object.fromEntries(entries.map(([name, weight]) => [name, weight * factor(name)])) as Record<N, number>;
}
