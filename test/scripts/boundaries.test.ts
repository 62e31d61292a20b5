/**
 * The linter's folder table, proved by breaking it: every forbidden direction is written down as a file and must be
 * found.
 */

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { IMPORTS } from "./folder-table.ts";

const LINTER = "node_modules/.bin/oxlint";

/** What the domain may not even name: clocks, randomness, anything asynchronous. */
const IMPURE = [
  "export const at = () => Date.now();",
  "export const luck = () => Math.random();",
  "export const id = () => crypto.randomUUID();",
  "export const id = () => globalThis.crypto.randomUUID();",
  "export const at = () => performance.now();",
  "export const read = async () => 1;",
  "export const read = () => Promise.resolve(1);",
  "export const read = () => fetch;",
  "export const later = (work: () => void) => setTimeout(work, 1);",
  "export const say = () => console.log(1);",
];

/**
 * What the linter has no rule for: `new Date()` reads the clock, `import()` goes round the table. What is imported as
 * bytes (wrangler.toml) runs nothing.
 */
const CLOCK = /\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)/;
const ROUNDABOUT = /\bimport\((?!"(?:\.\/page\/api-reference\.(?:js|css)|swagger-ui-dist\/[\w.-]+)"\))|\brequire\(/;

const files = new Map<string, string>();
let root = "";
let found: ReadonlySet<string> = new Set();

function plan(kind: string, folder: string, source: string): string {
  const path = `${folder}/${kind}-${files.size}.ts`;
  files.set(path, source);
  return path;
}

const forbidden = Object.entries(IMPORTS).flatMap(([folder, imports]) =>
  imports.forbidden.map((from) => ({
    folder,
    from,
    path: plan("forbidden", folder, `export { x } from "${from}";\n`),
  })),
);
const allowed = Object.entries(IMPORTS).flatMap(([folder, imports]) =>
  imports.allowed.map((from) => ({ folder, from, path: plan("allowed", folder, `export { x } from "${from}";\n`) })),
);
const typesOfDomain = ["src/registry/rows", "src/tokens", "src/webhooks", "src/webhooks/wire"].map((folder) => ({
  folder,
  path: plan(
    "types",
    folder,
    `import type { T } from "${relative(folder, "src/domain/seats/seats.ts")}";\nexport type U = T;\n`,
  ),
}));
/** The one file of the domain that stands on a library, and another that may not. */
const ALONE = "src/domain/terms/addresses.ts";
const FURTHER = "src/domain/terms/further/addresses.ts";
files.set(ALONE, 'export { default } from "ipaddr.js";\n');
files.set(FURTHER, 'export { default } from "ipaddr.js";\n');
const impure = IMPURE.map((source) => ({ source, path: plan("impure", "src/domain", `${source}\n`) }));

/** Two files that name but each other's types, in every folder: a circle all the same. */
const circles = Object.keys(IMPORTS).map((folder) => {
  files.set(`${folder}/circle.ts`, 'import type { B } from "./circled.ts";\nexport type A = B | null;\n');
  files.set(`${folder}/circled.ts`, 'import type { A } from "./circle.ts";\nexport type B = { readonly a: A };\n');
  return { folder, path: `${folder}/circle.ts` };
});

interface Finding {
  readonly code: string;
  readonly filename: string;
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "leasehold-boundaries-"));
  for (const [path, source] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), source);
  }
  copyFileSync(".oxlintrc.json", join(root, ".oxlintrc.json"));
  found = new Set(lint(root).map((finding) => finding.filename));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The linter's findings in a folder; it exits 1 when there are some. */
function lint(folder: string): readonly Finding[] {
  const linter = join(process.cwd(), LINTER);
  try {
    return parse(execFileSync(linter, ["--format", "json"], { cwd: folder, encoding: "utf8" }));
  } catch (error) {
    if (error instanceof Error && "stdout" in error && typeof error.stdout === "string") return parse(error.stdout);
    throw error;
  }
}

function parse(output: string): readonly Finding[] {
  const report: { readonly diagnostics: readonly Finding[] } = JSON.parse(output);
  return report.diagnostics.filter((finding) => /no-restricted|no-async-await|no-cycle/.test(finding.code));
}

it.each(forbidden)("$folder may not import $from", ({ path }) => {
  expect(found.has(path)).toBe(true);
});

it.each(allowed)("$folder may import $from", ({ path }) => {
  expect(found.has(path)).toBe(false);
});

it.each(typesOfDomain)("$folder may import types of domain", ({ path }) => {
  expect(found.has(path)).toBe(false);
});

it.each(circles)("$folder may hold no circle, of types neither", ({ path }) => {
  expect(found.has(path)).toBe(true);
});

it.each(impure)("the domain may not say: $source", ({ path }) => {
  expect(found.has(path)).toBe(true);
});

it("NET-1: one file of the domain may import ipaddr.js", () => {
  expect(found.has(ALONE)).toBe(false);
  expect(found.has(FURTHER)).toBe(true);
});

it("CLOCK-1: no file of the domain reads the clock by `new Date()`", () => {
  expect(filesThatSay("src/domain", CLOCK)).toEqual([]);
  expect(CLOCK.test("const at = new Date();")).toBe(true);
  expect(CLOCK.test("const at = Date();")).toBe(true);
  expect(CLOCK.test("const at = new Date(now);")).toBe(false);
});

it("no source file imports in a way that the linter does not see", () => {
  expect(filesThatSay("src", ROUNDABOUT)).toEqual([]);
  expect(ROUNDABOUT.test('await import("./page/api-reference.js")')).toBe(false);
  expect(ROUNDABOUT.test('await import("./page/other.ts")')).toBe(true);
});

it("LIM-2: streams are read by one function", () => {
  expect(filesThatSay("src", /\.getReader\(|\bfor await\b.*\bbody\b/)).toEqual(["src/stream.ts"]);
});

function filesThatSay(folder: string, words: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))
    .filter((path) => words.test(readFileSync(path, "utf8")));
}
