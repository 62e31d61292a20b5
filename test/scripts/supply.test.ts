/** What the project is built on (docs/dependencies.md). */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { faultsOf, type Installed, type Manifest, type Package } from "../../scripts/supply/faults.ts";

const read = (path: string) => readFileSync(path, "utf8");
const manifest = JSON.parse(read("package.json")) as Manifest;
const installed = JSON.parse(read("node_modules/.package-lock.json")) as Installed;
const document = read("docs/dependencies.md");

it("every package has a reason, a checksum, a licence that may be used and no script that nobody has allowed", () => {
  expect(faultsOf(manifest, installed, document)).toEqual([]);
});

const SOUND: Package = { version: "1.0.0", integrity: "sha512-AAAA", license: "MIT" };
const one = (name: string, more: Partial<Package>): Installed => ({ packages: { [name]: { ...SOUND, ...more } } });
const LEFT = { dependencies: { left: "1.0.0" }, devDependencies: {}, allowScripts: {} };

it.each([
  ["no checksum", LEFT, one("node_modules/left", { integrity: "sha1-AAAA" }), "| `left` |", /no SHA-512/],
  [
    "a script",
    LEFT,
    one("node_modules/a/node_modules/@b/c", { hasInstallScript: true }),
    "| `left` |",
    /runs a script/,
  ],
  ["a licence", LEFT, one("node_modules/left", { license: "AGPL-3.0" }), "| `left` |", /licence is AGPL/],
  ["no reason", LEFT, one("node_modules/left", {}), "", /does not say/],
  ["a reason for nothing", LEFT, one("node_modules/left", {}), "| `left`, `right` |", /package\.json does not/],
  ["a range", { ...LEFT, dependencies: { left: "^1.0.0" } }, one("node_modules/left", {}), "| `left` |", /no exact/],
] as const)("finds %s", (_, of, having, saying, fault) => {
  expect(faultsOf(of, having, saying)).toEqual([expect.stringMatching(fault)]);
});
