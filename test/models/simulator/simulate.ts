/** One run: so many steps from one seed, quiet now and then and at the end; the first violation ends it. */

import type { Counts } from "./counts.ts";
import { INVARIANTS, Violation } from "./invariants.ts";
import { checkQuiet } from "./quiet.ts";
import { World } from "./world.ts";

/** Steps between two times of quiet. */
const QUIET_EVERY = 25_000;

export interface Run {
  readonly seed: number;
  readonly events: number;
  /** What broke, for a person; null = nothing. */
  readonly broken: string | null;
  readonly counts: Counts;
}

export function simulate(seed: number, events: number): Run {
  const world = new World(seed);
  try {
    while (world.step < events) {
      world.advance();
      if (world.step % QUIET_EVERY === 0 && world.step < events) checkQuiet(world);
    }
    checkQuiet(world);
    return { seed, events, broken: null, counts: world.counts };
  } catch (error) {
    return { seed, events, broken: told(world, seed, events, error), counts: world.counts };
  }
}

function told(world: World, seed: number, events: number, error: unknown): string {
  const words = error instanceof Violation ? `${error.rule}: ${INVARIANTS[error.rule]}` : "Nothing throws.";
  const found =
    error instanceof Violation ? error.message : error instanceof Error ? String(error.stack) : String(error);
  return [
    `seed ${seed} breaks a rule at step ${world.step}: ${found}`,
    words,
    ...(world.last === null ? [] : [`the last steps of ${world.last.oracle.id}:`, ...world.last.trace.lines()]),
    // The same number of events: when it was quiet depends on it.
    `again: npm run simulate -- --seed ${seed} --events ${events}`,
  ].join("\n");
}
