/**
 * Each guard of the rules taken out in turn: the simulator must break a rule, and say the words, the trace and the
 * command.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { MUTANTS } from "./mutants.ts";

const run = promisify(execFile);
const SIMULATE = join(import.meta.dirname, "../../../scripts/simulate.ts");
const MINUTES = 60_000;

async function broken(plant: string, seed: number, seeds: number): Promise<string | null> {
  const options = ["--seed", String(seed), "--seeds", String(seeds), "--events", "20000", "--plant", plant];
  try {
    await run(process.execPath, [SIMULATE, ...options], { maxBuffer: 64 * 1024 * 1024 });
    return null;
  } catch (error) {
    return typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error);
  }
}

it.for(MUTANTS)("taken out: $name", { timeout: 5 * MINUTES }, async ({ name, seed }) => {
  const said = (await broken(name, seed, 1)) ?? (await broken(name, 1, 200));
  expect(said).toMatch(/^seed \d+ breaks a rule at step \d+: [A-Z]/m);
  expect(said).toContain("the last steps of ");
  expect(said).toMatch(/^again: npm run simulate -- --seed \d+ --events 20000$/m);
});
