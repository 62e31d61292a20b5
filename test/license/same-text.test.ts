/** Comparing keys (ID-3): what is the same, whatever the length and the characters. */

import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { sameText } from "../../src/same-text.ts";

describe("the same text", () => {
  it("ID-3: is what is equal, and nothing else, one after the other in the same place", () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    const pair = fc.oneof(
      fc.tuple(text, text),
      text.map((one) => [one, one] as const),
      // One is the beginning of the other.
      fc.tuple(text, fc.nat(300)).map(([one, length]) => [one, one.slice(0, length)] as const),
    );
    fc.assert(
      fc.property(pair, ([one, other]) => {
        // Halves of a character are no text (IN-1), but what cutting makes of it must not be taken for another.
        fc.pre(one.isWellFormed() && other.isWellFormed());
        expect(sameText(one, other)).toBe(one === other);
        expect(sameText(other, one)).toBe(one === other);
      }),
      { numRuns: 500 },
    );
  });

  it("ID-3: holds for the longest key, and for what is longer than any", () => {
    for (const longest of ["𝔎".repeat(256), "K".repeat(1024), "K".repeat(1025), "𝔎".repeat(400)]) {
      expect(sameText(longest, longest)).toBe(true);
      expect(sameText(longest, `${longest}K`)).toBe(false);
      expect(sameText(longest.slice(0, -2), longest)).toBe(false);
      expect(sameText("", longest)).toBe(false);
    }
    expect(sameText("", "")).toBe(true);
    expect([sameText("A", "A\u0000"), sameText("\u0000", "")]).toEqual([false, false]);
  });
});

/** Both sides of `===`: names, members, calls. */
const COMPARISON = /([\w.?[\]]+(?:\([\w., ]*\))?) *[!=]== *([\w.?[\]]+(?:\([\w., ]*\))?)/g;
/** Names of what is secret, or stands for it. */
const SECRET = /(secret|token|signature|mac|digest|hash|key|keyId|code|fingerprint|password)(\(.*\))?$/i;
const CONSTANT = /^(null|undefined|true|false|\d+|[A-Z_]+)$/;

/** What is compared plainly, and why that tells nobody anything. */
const PLAINLY: Readonly<Record<string, string>> = {
  "src/operations/create-once.ts: row.bodyHash": "of a body that the caller sent, under a key of theirs",
  "src/domain/commands/idempotency.ts: record.bodyHash": "of a body that the caller sent, under a key of theirs",
  "src/registry/object/commit.ts: license.key": "both are the object's own",
  "src/registry/rows/license-keys.ts: upper": "one text in two spellings",
  "src/registry/rows/license-fields.ts: key": "one text in two spellings",
  "src/license/birth.ts: one.key": "both came with calls that wait for the same birth",
  "src/license/reservation.ts: key": "of a manager who may write the license and is told its key",
  "src/domain/commands/client-calls.ts: facts.lockedTo": "what a device says of its user is no secret (threats.md)",
  "src/domain/seats/fingerprint.ts: firstFingerprint": "what a device says of itself is no secret (threats.md)",
  "src/operations/deployment.ts: record.wrappingCheck": "ids of the deployment's own keys, from no caller",
  "src/operations/upkeep/rewrap.ts: previousKeyId": "ids of the deployment's own keys, from no caller",
  "src/operations/upkeep/warnings.ts: name": "ids of the deployment's own keys, from no caller",
  "src/domain/license/list-members.ts: key": "names of metadata",
  "src/domain/terms/facets.ts: defaultKey(key)": "one text in two spellings",
};

/** Comparisons of what is called as secrets are, as `file: left`. */
function comparisons(path: string, source: string): readonly string[] {
  const code = source.replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "").replaceAll(/typeof \S+ [!=]== \S+/g, "");
  return [...code.matchAll(COMPARISON)]
    .filter(([, one = "", other = ""]) => !CONSTANT.test(one) && !CONSTANT.test(other))
    .filter(([, one = "", other = ""]) => SECRET.test(one) || SECRET.test(other))
    .map(([, one]) => `${path}: ${one}`);
}

describe("comparisons in src", () => {
  it("ID-3: of anything called as a secret is go through one function, but for those that are named", () => {
    const paths = globSync("src/**/*.ts").filter((path) => !path.startsWith("src/http/openapi/"));
    const found = paths.flatMap((path) => comparisons(path, readFileSync(path, "utf8")));
    expect([...new Set(found)].toSorted()).toEqual(Object.keys(PLAINLY).toSorted());
  });

  it("ID-3: would be found", () => {
    expect(comparisons("x", "if (sent.token === stored.tokenHash) return;")).toEqual(["x: sent.token"]);
    expect(comparisons("x", "if (a !== digest(b)) return;")).toEqual(["x: a"]);
    expect(comparisons("x", "if (token === undefined || token === null) return;")).toEqual([]);
  });

  it("ID-3: one file has the platform's comparison", () => {
    const having = globSync("src/**/*.ts").filter((path) => /timingSafeEqual/.test(readFileSync(path, "utf8")));
    expect(having).toEqual(["src/same-text.ts"]);
  });
});
