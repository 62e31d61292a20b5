/** Comparing keys (ID-3): what is the same, whatever the length and the characters. */

import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { sameText } from "../../src/license/same-text.ts";

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
