/** Lists the rules of docs/rules.txt that no test names, and fails when there are any. */

import { readFileSync } from "node:fs";
import { testLiterals } from "./test-names.ts";

const RULE = /\b[A-Z]+-\d+\b/g;

const rules = [...readFileSync("docs/rules.txt", "utf8").matchAll(/^[A-Z]+-\d+/gm)].map(([rule]) => rule);
const named = new Set(
  [...testLiterals().values()].flatMap((names) => [...names].flatMap((name) => name.match(RULE) ?? [])),
);

const missing = rules.filter((rule) => !named.has(rule));
if (missing.length > 0) {
  console.error(`No test names: ${missing.join(" ")}`);
  process.exit(1);
}
console.log(`rules: ${rules.length}, each named by a test`);
