/**
 * The random model (test/models/lives/oracle.ts says what must hold): a fixed set of seeds and a fresh one, and each
 * guard taken out in turn, which must break a rule.
 * Child processes, because a guard is taken out while its file is loaded.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { describe, expect, it } from "vitest";

import { CONTROLS, MUTANTS } from "./mutants.ts";

const run = promisify(execFile);
const CHECK = join(import.meta.dirname, "check.ts");
const MINUTES = 60_000;

async function check(...options: string[]): Promise<{ readonly broken: boolean; readonly said: string }> {
  try {
    const { stdout } = await run(process.execPath, [CHECK, ...options]);
    return { broken: false, said: stdout };
  } catch (error) {
    const said =
      typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error);
    return { broken: said.includes("breaks a rule"), said };
  }
}

describe("birth, relay, key change, deletion and re-creation, with everything failing", () => {
  it("ID-5, KEY-2, DEL-1, EVT-3, OPS-1: 600 seeds break no rule", { timeout: 4 * MINUTES }, async () => {
    const { broken, said } = await check("--from", "1", "--seeds", "600");
    expect(broken, said).toBe(false);
    expect(said).toContain("no rule broken");
  });

  it("ID-5, KEY-2, DEL-1, EVT-3, OPS-1: neither do 50 fresh seeds", { timeout: 4 * MINUTES }, async () => {
    const from = 1_000_000 + (Date.now() % 1_000_000_000);
    console.log(`fresh seeds from ${from} on`);
    const { said } = await check("--from", String(from), "--seeds", "50");
    expect(said).toContain("no rule broken");
  });

  it("OPS-1: 300 seeds break no rule in which D1 is set back and resynced", { timeout: 4 * MINUTES }, async () => {
    const { broken, said } = await check("--from", "1", "--seeds", "300", "--resync");
    expect(broken, said).toBe(false);
    expect(said).toContain("no rule broken");
  });

  it.for(CONTROLS)("control: $name breaks no rule", { timeout: 4 * MINUTES }, async ({ name }) => {
    expect((await check("--seeds", "250", "--mutant", name)).said).toContain("no rule broken");
  });

  it.for(MUTANTS)("taken out: $name", { timeout: 4 * MINUTES }, async ({ name, seed, resync }) => {
    const mutant = ["--mutant", name, ...(resync ? ["--resync"] : [])];
    const known = await check("--from", String(seed), "--seeds", "1", ...mutant);
    // Another version of the product takes other turns in the same seed.
    const { broken, said } = known.broken ? known : await check("--seeds", "3000", ...mutant);
    expect(broken, said).toBe(true);
  });
});
