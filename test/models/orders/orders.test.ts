/**
 * Changes of a license's key and user, its deletion and sales of its keys, in every order, with D1 failing at each
 * place (KEY-2, REF-1, DEL-1): when all is quiet again, the license's key opens it, and answers were true. Each guard
 * is taken out in turn, in a process of its own, because that is done while its file is loaded.
 */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { ORDER_MUTANTS } from "./order-mutants.ts";
import { OPERATIONS, type OperationName } from "./order-operations.ts";
import { search, sequences } from "./order-search.ts";
import { lived } from "./orders.ts";
import { Random } from "../../support/random.ts";

const run = promisify(execFile);
const RUN = join(import.meta.dirname, "order-run.ts");
const MINUTES = 60_000;
const ALL = Object.keys(OPERATIONS) as OperationName[];
/**
 * Those that take or give back a key or a user; `node test/models/orders/order-run.ts --length 2 --failures 1` has all
 * pairs, in a minute or two.
 */
const CHANGES = ["key K2", "key K1", "key K2 for ada", "delete", "sell K1"] as const;

// The product tells the operator of failing D1 calls; here they fail all the time.
beforeAll(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterAll(() => void vi.restoreAllMocks());

it("KEY-2, REF-1: one operation, two failures", { timeout: 4 * MINUTES }, async () => {
  expect((await search(sequences(ALL, 1), 2)).broken).toBeNull();
});

it("KEY-2, REF-1, DEL-1: any two changes of the key, one failure", { timeout: 4 * MINUTES }, async () => {
  expect((await search(sequences(CHANGES, 2), 1)).broken).toBeNull();
});

it("KEY-2, DEL-1: any three changes of the key, no failure", { timeout: 4 * MINUTES }, async () => {
  expect((await search(sequences(CHANGES, 3), 0)).broken).toBeNull();
});

it("KEY-2, REF-1, DEL-1: 400 lives of four operations with up to four failures", { timeout: 4 * MINUTES }, async () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const random = new Random(seed);
    const operations = Array.from({ length: 4 }, () => random.pick(ALL) ?? "open");
    const choices = Array.from({ length: 16 }, () => (random.chance(0.25) ? 1 + random.below(7) : 0));
    const { broken, trace } = await lived({ operations, isBorn: random.chance(0.5), choices });
    expect(broken, `seed ${seed}\n${trace.join("\n")}`).toBeNull();
  }
});

it.for(ORDER_MUTANTS)("taken out: $name", { timeout: 4 * MINUTES }, async ({ name }) => {
  const found = await run(process.execPath, [RUN, "--mutant", name]).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(found.stdout).toContain("breaks a rule");
});
