/**
 * Checks docs/conformance.md: every test that it points at stands in that file under that name, and every statement
 * points at one.
 */

import { readFileSync } from "node:fs";
import { testLiterals } from "./test-names.ts";

const DOCUMENT = "docs/conformance.md";
/** A test as the document writes it: path of the file, colon, what the test is called. */
const POINTER = /`(test\/\S+\.test\.ts): ([^`]+)`/g;
/** What a page says: an item of a list; the tests are the items below it. */
const STATEMENT = /^- (.*)/;

const tests = testLiterals();
const lines = readFileSync(DOCUMENT, "utf8").split("\n");
const faults: string[] = [];
let pointers = 0;

for (const [index, line] of lines.entries()) {
  const next = lines[index + 1] ?? "";
  if (STATEMENT.test(line) && next.match(POINTER) === null) faults.push(`line ${index + 1} names no test: ${line}`);
  for (const [, file = "", name = ""] of line.matchAll(POINTER)) {
    pointers += 1;
    if (tests.get(file)?.has(name) !== true) faults.push(`line ${index + 1}: ${file} has no test "${name}"`);
  }
}

if (pointers === 0) faults.push("it names no test at all");
if (faults.length > 0) {
  console.error(`${DOCUMENT}:\n  ${faults.join("\n  ")}`);
  process.exit(1);
}
console.log(`conformance: ${pointers} tests named, all of them there`);
