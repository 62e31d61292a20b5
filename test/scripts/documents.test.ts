/** The documents that name parts of the code, held against the code. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { literals } from "../../scripts/test-names.ts";
import { commandUnder, namedBlocks } from "../../scripts/readme.ts";

const STORAGE = readFileSync("docs/storage.md", "utf8");

it.each([
  ["src/registry/schema.ts", /sqliteTable\(\s*"(\w+)"/g],
  ["src/license/schema.ts", /CREATE TABLE (\w+)/g],
])("every table of %s stands in docs/storage.md", (file, table) => {
  const tables = [...readFileSync(file, "utf8").matchAll(table)].map((match) => match[1]);
  expect(tables.length).toBeGreaterThan(5);
  expect(tables.filter((name) => !STORAGE.includes(`\`${name}\``))).toEqual([]);
});

it("the README has one command that runs it, one that tests it, and commands that the smoke run finds", () => {
  expect(commandUnder("Run it")).toBe("npm ci && npm start");
  expect(commandUnder("Test it")).toBe("npm ci && npm test");
  expect(namedBlocks().length).toBeGreaterThan(0);
});

it("a rule that only a comment names counts as named by no test", () => {
  const source =
    '// SEAT-1: in a comment\n/** SEAT-2 */\nit("SEAT-3: in a \\"name\\"", () => {});\nit(`SEAT-4: ${x}`);';
  expect([...literals(source)]).toEqual(['SEAT-3: in a "name"', "SEAT-4: ${x}"]);
});
