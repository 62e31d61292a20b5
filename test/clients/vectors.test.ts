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

it("VER-1 to VER-10, CLK-1 to CLK-6, GRC-1, REF-1 to REF-5, ANS-1, SCH-1, STO-3, FEA-1, TRU-2: every case holds", async () => {
  expect(await run(stored)).toEqual({});
  console.log(
    `conformance: ${stored.cases.length} cases of ${new Set(stored.cases.map(({ rule }) => rule)).size} rules`,
  );
});

it("holds for keys and tokens that were made just now", async () => {
  expect(await run(fresh)).toEqual({});
});

it("is the generator's, by name, rule and result, and no name stands twice", () => {
  expect(told(stored)).toEqual(told(fresh));
  expect(new Set(stored.cases.map(({ name }) => name)).size).toBe(stored.cases.length);
});
