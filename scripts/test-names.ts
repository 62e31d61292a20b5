/** What the tests call themselves: the string literals of each test file, read as text, so that nothing has to run. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const LITERAL = /"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;

/** Path of each test file (from the root, with slashes) to its string literals, quotes taken off. */
export function testLiterals(root = "test"): ReadonlyMap<string, ReadonlySet<string>> {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".test.ts"));
  return new Map(
    files.map((name) => {
      const path = join(root, name).replaceAll("\\", "/");
      return [path, literals(readFileSync(path, "utf8"))];
    }),
  );
}

/** Comments are left out first: a rule that only a comment names is not tested. */
export function literals(source: string): ReadonlySet<string> {
  const code = source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "");
  return new Set(
    [...code.matchAll(LITERAL)].map((match) => (match[1] ?? match[2] ?? match[3] ?? "").replaceAll(/\\(.)/g, "$1")),
  );
}
