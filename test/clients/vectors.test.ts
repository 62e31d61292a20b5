/** The conformance kit: the client library passes it, the file is the generator's, every rule stands in it. */

import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import type { Vectors } from "../../clients/conformance/format.ts";
import { FILE, makeVectors } from "../../clients/conformance/generate.ts";
import { run } from "../../clients/conformance/run.ts";

let stored: Vectors;
let fresh: Vectors;

beforeAll(async () => {
  stored = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;
  fresh = await makeVectors();
});

/** A case without what a signature makes different each time. */
function told({ cases, format, version, tolerance }: Vectors): unknown {
  const results = cases.map(({ name, rule, kind, expect: result }) => ({ name, rule, kind, result }));
  return [format, version, tolerance, results];
}

const RULES = [
  ...["VER-1", "VER-2", "VER-3", "VER-4", "VER-5", "VER-6", "VER-7", "VER-8", "VER-9", "VER-10"],
  ...["CLK-1", "CLK-2", "CLK-3", "CLK-4", "CLK-5", "CLK-6", "GRC-1"],
  ...["REF-1", "REF-2", "REF-3", "REF-4", "REF-5", "ANS-1", "SCH-1", "SCH-2", "SCH-4", "STO-3", "TRU-2", "FEA-1"],
];

it.each(RULES)("%s: every case holds", async (rule) => {
  const cases = stored.cases.filter((one) => one.rule === rule);
  expect(cases).not.toEqual([]);
  expect(await run({ ...stored, cases })).toEqual({});
});

it("has no case of another rule", () => {
  expect(new Set(stored.cases.map(({ rule }) => rule))).toEqual(new Set(RULES));
  console.log(`conformance: ${stored.cases.length} cases of ${RULES.length} rules`);
});

it("holds for keys and tokens that were made just now", async () => {
  expect(await run(fresh)).toEqual({});
});

it("is the generator's, by name, rule and result, and no name stands twice", () => {
  expect(told(stored)).toEqual(told(fresh));
  expect(new Set(stored.cases.map(({ name }) => name)).size).toBe(stored.cases.length);
});
