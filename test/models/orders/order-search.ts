/** Every short life there is of some operations and failures (test/models/orders/orders.ts). */

import { lived, type Life } from "./orders.ts";
import type { OperationName } from "./order-operations.ts";

export interface Found {
  readonly lives: number;
  /** What happened in the first life that broke a rule; null = none did. */
  readonly broken: string | null;
}

/**
 * Each of these sequences, on a license that is born and on one that is not, with up to `failures` points at which
 * something else happens than that all goes well and in turn. Stops at the first life that breaks a rule.
 */
export async function search(orders: readonly (readonly OperationName[])[], failures: number): Promise<Found> {
  let lives = 0;
  for (const operations of orders) {
    for (const isBorn of [true, false]) {
      const found = await explore({ operations, isBorn, choices: [] }, failures);
      lives += found.lives;
      if (found.broken !== null) return { lives, broken: found.broken };
    }
  }
  return { lives, broken: null };
}

/** Every sequence of so many of these, each as often as may be. */
export function sequences<T>(of: readonly T[], length: number): readonly (readonly T[])[] {
  if (length === 0) return [[]];
  return sequences(of, length - 1).flatMap((begun) => of.map((next) => [...begun, next]));
}

/** This life, and every one that goes as it does up to the last of its choices and has so many failures more. */
async function explore(life: Life, failures: number): Promise<Found> {
  const { points, trace, broken } = await lived(life);
  if (broken !== null) return { lives: 1, broken: `${JSON.stringify(life)}: ${broken}\n${trace.join("\n")}` };
  let lives = 1;
  if (failures === 0) return { lives, broken };
  for (let point = life.choices.length; point < points.length; point += 1) {
    const before = [...life.choices, ...Array.from({ length: point - life.choices.length }, () => 0)];
    for (let way = 1; way < (points[point] ?? 0); way += 1) {
      const found = await explore({ ...life, choices: [...before, way] }, failures - 1);
      lives += found.lives;
      if (found.broken !== null) return { lives, broken: found.broken };
    }
  }
  return { lives, broken: null };
}
