/**
 * Lists the rules of docs/rules.txt that no test names, and those marked `both` that no test names in plain Node, or none
 * in the Workers runtime. Fails when there are any.
 */

import { readFileSync } from "node:fs";
import { testLiterals } from "./test-names.ts";

const RULE = /\b[A-Z]+-\d+\b/g;
const LINE = /^([A-Z]+-\d+)( both)? /gm;
/** Where the rules themselves are tested; test/scripts tests tools. */
const IN_NODE = /^test\/(domain|ledger|model|tokens|webhooks)\//;
const IN_WORKER = /^test\/worker\//;

const lines = [...readFileSync("docs/rules.txt", "utf8").matchAll(LINE)];
const rules = lines.map(([, rule = ""]) => rule);
const crossing = lines.filter(([, , both]) => both !== undefined).map(([, rule = ""]) => rule);

const faults = [
  ...missing("No test", rules, /^test\//),
  ...missing("No test in plain Node", crossing, IN_NODE),
  ...missing("No test in test/worker", crossing, IN_WORKER),
];
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`rules: ${rules.length}, each named by a test, ${crossing.length} of them on both sides of HTTP`);

/** What is wrong in one line, or nothing. */
function missing(who: string, wanted: readonly string[], where: RegExp): readonly string[] {
  const named = new Set(
    [...testLiterals()]
      .filter(([path]) => where.test(path))
      .flatMap(([, names]) => [...names].flatMap((name) => name.match(RULE) ?? [])),
  );
  const unnamed = wanted.filter((rule) => !named.has(rule));
  return unnamed.length === 0 ? [] : [`${who} names: ${unnamed.join(" ")}`];
}
