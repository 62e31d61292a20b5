/**
 * Random lives of trials: calls that overlap, a policy that changes, a vendor who moves and deletes, a D1 that fails
 * anywhere. Each guard is taken out in turn, in a process of its own, because that is done while its file is loaded.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, it } from "vitest";

import { TRIAL_MUTANTS } from "./trial-mutants.ts";
import { TrialWorld } from "./trial-world.ts";

const run = promisify(execFile);
const RUN = join(import.meta.dirname, "trial-run.ts");
const MINUTES = 60_000;

async function lived(from: number, seeds: number): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const world = new TrialWorld(seed);
    expect(await world.live(), `seed ${seed}\n${world.trace.join("\n")}`).toBeNull();
  }
}

it(
  "TRIAL-1, EVT-1: 150 lives give a device one trial, ever, and tell of it once",
  { timeout: 4 * MINUTES },
  async () => {
    await lived(1, 150);
  },
);

it("TRIAL-1, EVT-1: so do 30 fresh ones", { timeout: 4 * MINUTES }, async () => {
  const from = 1_000_000 + (Date.now() % 1_000_000_000);
  console.log(`fresh trials from ${from} on`);
  await lived(from, 30);
});

it.for(TRIAL_MUTANTS)("taken out: $name", { timeout: 4 * MINUTES }, async ({ name }) => {
  const found = await run(process.execPath, [RUN, "--mutant", name]).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(found.stdout).toContain("breaks a rule");
});
