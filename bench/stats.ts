/** Numbers of rounds, and what is told of them: the median and the spread. Pure. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Throws for an empty list. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new Error("no values");
  return { median: medianOfSorted(sorted), min, max };
}

function medianOfSorted(sorted: readonly number[]): number {
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** What so many of a hundred values are at most. Throws for an empty list. */
export function percentile(values: readonly number[], percent: number): number {
  const at = Math.max(0, Math.ceil((values.length * percent) / 100) - 1);
  const value = values.toSorted((a, b) => a - b)[at];
  if (value === undefined) throw new Error("no values");
  return value;
}

/** Round by round, since what disturbs the machine disturbs neighbours alike; the lists are of the same rounds. */
export function ratios(subject: readonly number[], floor: readonly number[]): readonly number[] {
  if (subject.length !== floor.length) throw new Error("a subject and its floor have different rounds");
  return subject.map((value, round) => value / (floor[round] ?? Number.NaN));
}
