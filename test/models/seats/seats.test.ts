/**
 * Concurrent histories of one license, with crashes, duplicates, lost answers and a failing D1, explained by the seat
 * model; and what grants a seat, each part broken in turn, which no order of the calls explains any more. Child
 * processes, because a part is broken while its file is loaded.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { SEAT_MUTANTS } from "./seat-mutants.ts";

const run = promisify(execFile);
const CHECK = join(import.meta.dirname, "seat-check.ts");
const MINUTES = 60_000;

async function said(...options: string[]): Promise<string> {
  try {
    return (await run(process.execPath, [CHECK, ...options])).stdout;
  } catch (error) {
    return typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error);
  }
}

it(
  "SEAT-1, SEAT-2, SEAT-3, SEAT-9, LEASE-4, LEASE-5, STAND-1, STAND-2, STAND-3: an order explains each of 15 histories",
  { timeout: 4 * MINUTES },
  async () => {
    expect(await said("--histories", "15")).toContain("all linearizable");
  },
);

it(
  "SEAT-1, SEAT-2, SEAT-3, SEAT-9, LEASE-4, LEASE-5, STAND-1, STAND-2, STAND-3: and of 3 fresh ones",
  { timeout: 4 * MINUTES },
  async () => {
    const from = 1_000_000 + (Date.now() % 1_000_000_000);
    console.log(`fresh histories from ${from} on`);
    expect(await said("--from", String(from), "--histories", "3")).toContain("all linearizable");
  },
);

it.for(SEAT_MUTANTS)("broken: $name", { timeout: 4 * MINUTES }, async ({ name }) => {
  expect(await said("--histories", "60", "--mutant", name)).toMatch(/^seed \d+: the history is impossible/);
});
