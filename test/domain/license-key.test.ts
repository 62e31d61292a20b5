import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chosenKey, generatedKey, normaliseKey } from "../../src/domain/terms/license-key.ts";

const GENERATED = /^([A-F0-9]{6}-){5}[A-F0-9]{6}$/;
const keys = fc.uint8Array({ minLength: 18, maxLength: 18 }).map(generatedKey);
/** Any text, lone surrogates and control characters included. */
const texts = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.constantFrom(" ", "\t", "A", "😀"),
  ),
  maxLength: 300,
});

describe("keys", () => {
  it("KEY-1: a generated key has the default format and holds all 144 bits", () => {
    expect(generatedKey(Uint8Array.from({ length: 18 }, (_, i) => i * 15))).toBe(
      "000F1E-2D3C4B-5A6978-8796A5-B4C3D2-E1F0FF",
    );
    fc.assert(fc.property(keys, (key) => GENERATED.test(key)));
    expect(() => generatedKey(new Uint8Array(17))).toThrow();
  });

  it("KEY-1: the default format is matched case-insensitively and stored in upper case", () => {
    fc.assert(
      fc.property(keys, fc.infiniteStream(fc.boolean()), (key, lower) => {
        const mixed = [...key].map((c) => (lower.next().value ? c.toLowerCase() : c)).join("");
        expect(normaliseKey(`  \t${mixed}\u00a0\r\n`)).toEqual({ ok: true, key });
      }),
    );
  });

  it("KEY-1: anything else is matched exactly", () => {
    expect(normaliseKey(" my-Chosen key\n")).toEqual({ ok: true, key: "my-Chosen key" });
    expect(normaliseKey("abcdef-abcdef-abcdef-abcdef-abcdef-abcdeg")).toEqual({
      ok: true,
      key: "abcdef-abcdef-abcdef-abcdef-abcdef-abcdeg",
    });
    expect(normaliseKey("éclair-Straße")).toEqual({ ok: true, key: "éclair-Straße" });
  });

  it.each([
    ["empty", ""],
    ["only white space", " \t\n\u2003\ufeff"],
    ["over 256 code points", "x".repeat(257)],
    ["over 256 code points of two units", "😀".repeat(257)],
    ["huge", "x".repeat(1_000_000)],
    ["a NUL inside", "abc\u0000def"],
    ["a tab inside", "abc\tdef"],
    ["a C1 control", "abc\u0085def"],
    ["a lone high surrogate", "abc\ud800"],
    ["a lone low surrogate", "\udc00abc"],
  ])("KEY-1: a code is malformed: %s", (_, text) => {
    expect(normaliseKey(text)).toEqual({ ok: false });
    expect(chosenKey(text)).toEqual({ ok: false });
  });

  it("KEY-1: 256 code points are allowed, however many units they take", () => {
    expect(normaliseKey("😀".repeat(256)).ok).toBe(true);
    expect(chosenKey(` ${"x".repeat(256)} `)).toEqual({ ok: true, key: "x".repeat(256) });
  });

  it.each([
    ["a zero width space", "abc\u200bdef"],
    ["a bidirectional override", "abc\u202edef"],
    ["a line separator", "abc\u2028def"],
    ["a private character", "abc\ue000def"],
    ["an unassigned character", "abc\uffffdef"],
  ])("KEY-1: a chosen key is printable, so not with %s", (_, text) => {
    expect(chosenKey(text)).toEqual({ ok: false });
  });

  it("KEY-1: normalising is idempotent and never throws", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = normaliseKey(text);
        if (once.ok) expect(normaliseKey(once.key)).toEqual(once);
      }),
    );
  });

  it("KEY-1: every chosen key is found again as it is presented", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const chosen = chosenKey(text);
        if (chosen.ok) expect(normaliseKey(text)).toEqual(chosen);
      }),
    );
  });
});
