/** After each test: whatever an app answered in it is what the OpenAPI document says, or the test fails. */

import { afterAll, afterEach, expect } from "vitest";
import { type Note, notes } from "./notes.ts";

declare module "vitest" {
  interface TaskMeta {
    /** How many answers were compared, by operation and status; "" = no operation's. */
    answered?: Readonly<Record<string, number>>;
  }
}

afterEach(({ task }) => {
  const seen = notes.splice(0);
  task.meta.answered = counted(seen);
  expect(faultsIn(seen)).toEqual([]);
});

afterAll(() => expect(faultsIn(notes.splice(0))).toEqual([]));

function counted(seen: readonly Note[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { operation, status } of seen) {
    const name = operation === null ? "" : `${operation} ${status}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

function faultsIn(seen: readonly Note[]): readonly (string | null)[] {
  return [...new Set(seen.map(({ fault }) => fault))].filter((fault) => fault !== null);
}
