import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfPattern, readKeyPattern } from "../../src/domain/terms/key-pattern.ts";
import { chosenKey } from "../../src/domain/terms/license-key.ts";

const DEFAULT = "^([A-F0-9]{6}-){5}[A-F0-9]{6}$";

/** Bytes in turn from 0 to 255, from a start that is given. */
const counting = (start: number) => {
  let next = start;
  return (count: number) => Uint8Array.from({ length: count }, () => next++ % 256);
};

function places(pattern: string): readonly string[] {
  const read = readKeyPattern(pattern);
  if (!read.ok) throw new Error(`${pattern} ${read.detail}`);
  return read.places;
}

function detail(pattern: string): string {
  const read = readKeyPattern(pattern);
  if (read.ok) throw new Error(`${pattern} is read`);
  return read.detail;
}

/** Patterns that are read, or have too few bits or too long keys. */
const atoms = fc.oneof(
  fc.constantFrom("A", "z", "7", "-", "_", "#", "/", "\\.", "\\\\", "\\$", "\\d", "\\w", "\\-"),
  fc.constantFrom("[A-F0-9]", "[abc]", "[a-z]", "[-x]", "[x-]", "[\\]\\\\\\-]", "[\\dA-F]", "[AAB]", "[!-~]", "[$.^]"),
);
const repeated = (atom: fc.Arbitrary<string>) =>
  fc.tuple(atom, fc.option(fc.integer({ min: 1, max: 12 }))).map(([text, n]) => (n === null ? text : `${text}{${n}}`));
const sequences = (atom: fc.Arbitrary<string>) => fc.array(repeated(atom), { minLength: 1, maxLength: 5 });
const groups = sequences(atoms).map((parts) => `(${parts.join("")})`);
const patterns = fc
  .tuple(fc.boolean(), sequences(fc.oneof(atoms, groups, groups)), fc.boolean())
  .map(([from, parts, to]) => `${from ? "^" : ""}${parts.join("")}${to ? "$" : ""}`);

describe("patterns of keys", () => {
  it("KEY-1: the default pattern is read, with its 144 bits", () => {
    expect(readKeyPattern(DEFAULT)).toMatchObject({ ok: true, bits: 144 });
    expect(keyOfPattern(places(DEFAULT), counting(0))).toBe("ABCDEF-012345-6789AB-CDEF01-234567-89ABCD");
  });

  it("KEY-1: every generated key matches the pattern read as a regular expression, and is stored as it is", () => {
    let read = 0;
    fc.assert(
      fc.property(patterns, fc.infiniteStream(fc.uint8Array({ minLength: 256, maxLength: 256 })), (pattern, stream) => {
        const found = readKeyPattern(pattern);
        if (!found.ok) {
          expect(found.detail).toMatch(/bits of choice|more than 256|default format/);
          return;
        }
        read += 1;
        const key = keyOfPattern(found.places, () => stream.next().value ?? new Uint8Array(256));
        const body = pattern.replace(/^\^/, "").replace(/(?<!\\)\$$/, "");
        expect(key).toMatch(new RegExp(`^(?:${body})$`));
        expect(chosenKey(key)).toEqual({ ok: true, key });
        expect(found.bits).toBeGreaterThanOrEqual(64);
      }),
      { numRuns: 500 },
    );
    expect(read).toBeGreaterThan(50);
  });

  it("KEY-3: a pattern beside the default format is taken, and one that makes exactly that", () => {
    const beside = ["[A-F0-9]{35}", "[A-F0-9]{37}", "X[A-F0-9]{36}", "([A-F0-9]{6}_){5}[A-F0-9]{6}", "[G-HJ-NP-Z]{36}"];
    for (const pattern of [DEFAULT, "([A-F]{6}-){5}[A-F]{6}", "([A-F0-9]{4}-){8}[A-F0-9]{3}X", ...beside]) {
      const made = keyOfPattern(places(pattern), counting(7));
      expect([pattern, chosenKey(made)]).toEqual([pattern, { ok: true, key: made }]);
    }
  });

  it("KEY-1: bits are those of the keys that there are: what is twice in a class counts once", () => {
    const bits = (pattern: string) => {
      const read = readKeyPattern(pattern);
      return read.ok ? read.bits : read.detail;
    };
    expect(bits("[01]{64}")).toBe(64);
    expect(bits("[0101]{64}")).toBe(64);
    expect(bits("[01]{63}")).toBe("leaves 63 bits of choice, fewer than 64");
    expect(bits("A{200}")).toBe("leaves 0 bits of choice, fewer than 64");
    expect(bits("[A-F0-9\\d]{16}X")).toBe(64);
    expect(bits("([A-D]{2}-){16}")).toBe(64);
  });

  it("KEY-1: each character of a class is as likely as any other", () => {
    // 234 = 9 * 26 of the 256 bytes are used, the others thrown away.
    const key = keyOfPattern(places("[A-Z]{234}"), counting(0));
    for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") expect(key.split(letter).length - 1).toBe(9);
    expect(keyOfPattern(places("[A-Z]{234}"), counting(234)).slice(0, 3)).toBe("ABC");
    const last = keyOfPattern(["ABC"], () => Uint8Array.of(255, 255, 254));
    expect(last).toBe("C");
  });

  it.each([
    ["[A-Z]{20}|x", "has |"],
    ["[A-Z]{20}+", "has +"],
    ["[A-Z]*", "has *"],
    ["[A-Z]{20}.", "has ."],
    ["[A-Z]{20}?", "has ?"],
    ["a^[A-Z]{20}", "has ^"],
    ["[A-Z]{20}$a", "has $"],
    ["[A-Z]{20}]", "has ]"],
    ["[A-Z]{20}{2}", "has {"],
    ["[A-Z]{20,}", "repeats otherwise"],
    ["[A-Z]{1,20}", "repeats otherwise"],
    ["[A-Z]{0}", "repeats otherwise"],
    ["[A-Z]{", "repeats otherwise"],
    ["[^A-Z]{20}", "not in it"],
    ["[A-Z", "ends too early"],
    ["[A-Z]{20}\\", "ends too early"],
    ["([A-Z]{20}", "ends too early"],
    ["[A-Z]{20})", "without its ("],
    ["(?=[A-Z]{20})", "has ?"],
    ["()[A-Z]{20}", "empty group"],
    ["[]{20}", "empty class"],
    ["[Z-A]{20}", "goes nowhere"],
    ["[\\d-Z]{20}", "goes nowhere"],
    ["\\s[A-Z]{20}", "has \\s"],
    ["\\u0041[A-Z]{20}", "has \\u"],
    [" [A-Z]{20}", "visible ASCII"],
    ["[A-Z ]{20}", "visible ASCII"],
    ["ß[A-Z]{20}", "visible ASCII"],
    ["\u0000", "visible ASCII"],
    ["", "leaves 0 bits"],
    ["^$", "leaves 0 bits"],
    ["[A-Z]{257}", "more than 256"],
    ["([A-Z]{16}){17}", "more than 256"],
    ["A".repeat(257), "has more than 256 characters"],
    ["([a-f0-9]{6}-){5}[a-f0-9]{6}", "default format"],
    ["[!-~]{41}", "default format"],
    ["[A-F0-9]{36}", "default format"],
    ["[A-F0-9]{4}(-[A-F0-9]{4}){8}", "default format"],
    ["([A-Z0-9]{6}-){5}[A-Z0-9]{6}", "default format"],
    ["[OI01]{36}", "default format"],
    ["[A-F-]{41}", "default format"],
  ])("KEY-1: %s is refused in words", (pattern, words) => {
    expect(detail(pattern)).toContain(words);
  });

  it("KEY-1: hostile patterns cost next to nothing, and nothing throws", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}A${"){256}".repeat(depth)}`;
    expect(detail(nested(30))).toContain("more than 256");
    expect(detail("(".repeat(250))).toContain("inside each other");
    expect(detail("(A){999}")).toContain("more than 256");
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."([{}])\\-^$A0{9}d?:"), maxLength: 256 }), (text) => {
        expect(() => readKeyPattern(text)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });
});
