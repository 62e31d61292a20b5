/**
 * Fails when a comment, a test's name or a document cites a rule, a decision page or a file that is not there, when a
 * link leads nowhere, when a document names a test that nobody wrote, and when a line of a comment has more than 120
 * characters.
 */

import { globSync, readFileSync } from "node:fs";
import { anchorsOf, faultsOf, longOf, type Known } from "./citations.ts";
import { RULES } from "./rule-list.ts";
import { testLiterals } from "./test-names.ts";

const SOURCES = ["{src,test,scripts,bench,migrations,examples}/**/*.{ts,sql,toml}", "*.{ts,toml}", ".ci/run"];
const DOCUMENTS = ["{docs,bench}/**/*.md", "*.md", ".github/**/*.md"];
/** Generated; and the faults that the test plants. */
const NOT_OURS: ReadonlySet<string> = new Set(["worker-configuration.d.ts", "test/scripts/references.test.ts"]);

const tests = testLiterals();
const known: Known = {
  rules: new Set(RULES.map(({ rule }) => rule)),
  exists: (path) => globSync(path).length > 0,
  hasTest: (path, name) => tests.get(path)?.has(name) === true,
  anchors: (path) => anchorsOf(readFileSync(path, "utf8")),
};

const paths = globSync([...SOURCES, ...DOCUMENTS]).filter((path) => !NOT_OURS.has(path));
const faults = paths.flatMap((path) => {
  const source = readFileSync(path, "utf8");
  return [...faultsOf(path, source, known), ...(path.endsWith(".ts") ? longOf(path, source) : [])];
});

if (faults.length > 0) {
  console.error(faults.join("\n"));
  console.error(`references: ${faults.length} that lead nowhere or are too long`);
  process.exit(1);
}
console.log(`references: ${paths.length} files, everything that they cite is there`);
