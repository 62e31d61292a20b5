/**
 * Lists the rules of docs/rules.txt that no test names, and those marked `both` that no test names in plain Node, or
 * none in the Workers runtime. Fails when there are any.
 */

import { RULES } from "./rule-list.ts";
import { testLiterals } from "./test-names.ts";

const RULE = /\b[A-Z]+-\d+\b/g;
/** Where rules are tested one by one: test/scripts tests tools, and the simulator all rules at once. */
const IN_NODE = /^test\/(domain|ledger|models\/(?!simulator\/)[a-z]+|tokens|webhooks)\//;
const IN_WORKER = /^test\/worker\//;

const built = RULES.filter(({ mark }) => mark !== "later");
const rules = built.map(({ rule }) => rule);
const crossing = built.filter(({ mark }) => mark === "both").map(({ rule }) => rule);
const unsaid = RULES.filter(({ sentence }) => !/^\S.*\.$/.test(sentence)).map(({ rule }) => rule);

const faults = [
  ...missing("No test", rules, /^test\//),
  ...missing("No test in plain Node", crossing, IN_NODE),
  ...missing("No test in test/worker", crossing, IN_WORKER),
  ...(unsaid.length === 0 ? [] : [`Not explained in a sentence: ${unsaid.join(" ")}`]),
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
