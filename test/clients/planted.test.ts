/** Each check of the client's judgement is taken out of its source, and a case of the kit has to find that. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { Vectors } from "../../clients/conformance/format.ts";
import { FILE } from "../../clients/conformance/generate.ts";
import type * as Runner from "../../clients/conformance/run.ts";
import { type Fault, FAULTS } from "./faults.ts";

const CACHE = "node_modules/.cache";
mkdirSync(CACHE, { recursive: true });
const root = mkdtempSync(join(CACHE, "planted-clients-"));
const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

afterAll(() => {
  rmSync(root, { recursive: true });
});

async function casesAgainst({ file, from, to }: Fault, folder: string): Promise<readonly string[]> {
  cpSync("clients", folder, { recursive: true });
  const path = join(folder, "typescript/src", file);
  const source = readFileSync(path, "utf8");
  expect(source.split(from), `${file} has this once: ${from}`).toHaveLength(2);
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const { run }: typeof Runner = await import(/* @vite-ignore */ join(process.cwd(), folder, "conformance/run.ts"));
  return Object.keys(await run(vectors));
}

it.each(FAULTS.map((fault, number) => ({ ...fault, number })))("$rule: finds $name", async ({ number, ...fault }) => {
  expect(await casesAgainst(fault, join(root, String(number)))).toContain(fault.by);
});
