/** The options of `npm run bench`. Pure. */

import type { SectionName } from "./results.ts";

export const SECTIONS: readonly SectionName[] = [
  ...(["one", "unloaded", "trips", "start"] as const),
  ...(["growth", "rivals", "thousand", "lists"] as const),
];
/** Not part of a run without options: it takes its minutes. */
export const ON_REQUEST: readonly SectionName[] = ["heap"];

export interface Options {
  /** A run of a few minutes, which says how calls stand to their targets and writes nothing. */
  readonly quick: boolean;
  readonly sections: readonly SectionName[];
  /** What a license takes in D1, and nothing else: printed, not kept. */
  readonly space: boolean;
  readonly heapMinutes: number;
  /** Only writes the report anew from what was measured last. */
  readonly reportOnly: boolean;
}

export const USAGE = `npm run bench -- [--quick] [--only NAME]... [--heap[=MINUTES]] [--report]
  --quick    everything but the heap, short and small; writes nothing
  --only     one section: ${[...SECTIONS, ...ON_REQUEST].join(", ")};
             or space: bytes and rows that a license takes in D1, with their limits
  --heap     the heap under load, for ten minutes or so many
  --report   writes the report anew from bench/results.json`;

const HEAP_MINUTES = 10;

/** Null: not understood. */
export function parseOptions(args: readonly string[]): Options | null {
  const only: SectionName[] = [];
  const flags = new Set<string>();
  let heapMinutes: number | null = null;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    if (arg === "--only") {
      at += 1;
      if (args[at] === "space") {
        flags.add("space");
        continue;
      }
      const name = [...SECTIONS, ...ON_REQUEST].find((section) => section === args[at]);
      if (name === undefined) return null;
      only.push(name);
    } else if (/^--heap(=[1-9]\d*)?$/.test(arg)) heapMinutes = Number(arg.split("=")[1] ?? HEAP_MINUTES);
    else if (arg === "--quick" || arg === "--report") flags.add(arg);
    else return null;
  }
  if (heapMinutes !== null) only.push("heap");
  return {
    quick: flags.has("--quick"),
    space: flags.has("space"),
    sections: only.length === 0 ? SECTIONS : [...new Set(only)],
    heapMinutes: heapMinutes ?? HEAP_MINUTES,
    reportOnly: flags.has("--report"),
  };
}
