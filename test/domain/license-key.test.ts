import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chosenKey, defaultKey, generatedKey, isBlank, readKey, upperKey } from "../../src/domain/terms/license-key.ts";

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

  it("KEY-3: a default-format key is found however it is typed and pasted", () => {
    const gaps = ["", "-", " ", "\u2013", "\u2014", "\u2212", "\u2011", "\uff0d", "\u00a0", "\n", "\u200b", "\u00ad-"];
    const looks: Readonly<Record<string, readonly string[]>> = {
      "0": ["0", "O", "o", "\uff10", "\uff4f", "\u2070"],
      "1": ["1", "I", "i", "l", "\uff29", "\u2460"],
    };
    const stream = fc.infiniteStream(fc.nat());
    fc.assert(
      fc.property(keys, stream, stream, (key, choice, cut) => {
        const anyOf = (from: readonly string[]) => from[choice.next().value % from.length] ?? "";
        const wide = (c: string) => String.fromCharCode(c.charCodeAt(0) + 0xfee0);
        const spelt = [...key.replaceAll("-", "")].map((c) => {
          const gap = cut.next().value % 5 === 0 ? anyOf(gaps) : "";
          return gap + anyOf(looks[c] ?? [c, c.toLowerCase(), wide(c)]);
        });
        expect(readKey(`\ufeff \t${spelt.join("")}\u00a0\r\n\u2060`)).toEqual({ ok: true, key });
        expect(chosenKey(spelt.join(""))).toEqual({ ok: true, key });
      }),
    );
  });

  const KEY = "A10B2C-3D4E5F-001122-334455-667788-99AABB";
  it.each([
    ["as it is", KEY, KEY],
    ["in lower case", "a10b2c-3d4e5f-001122-334455-667788-99aabb", KEY],
    ["without dashes", "A10B2C3D4E5F00112233445566778899AABB", KEY],
    ["with dashes elsewhere", "A10B-2C3D-4E5F-0011-2233-4455-6677-8899-AABB", KEY],
    ["with spaces", "A10B2C 3D4E5F 001122 334455 667788 99AABB", KEY],
    ["over two lines", "A10B2C-3D4E5F-001122-\r\n334455-667788-99AABB", KEY],
    ["with the dashes of a word processor", KEY.replaceAll("-", "\u2013"), KEY],
    ["with minus signs", KEY.replaceAll("-", "\u2212"), KEY],
    ["with zero width spaces, as mail breaks lines", KEY.replaceAll("-", "-\u200b"), KEY],
    ["with soft hyphens inside of groups", "A10\u00adB2C-3D4E5F-001122-334455-667788-99AABB", KEY],
    ["between marks of direction", `\u202a${KEY}\u202c`, KEY],
    ["with O for 0 and I and l for 1", "Al0B2C-3D4E5F-OoII22-334455-667788-99AABB".replace("II", "1l"), KEY],
    ["in full-width characters", "\uff2110B2C\uff0d3D4E5F-001122-334455-667788-99AABB", KEY],
    ["one character short", "A10B2C-3D4E5F-001122-334455-667788-99AAB", "A10B2C-3D4E5F-001122-334455-667788-99AAB"],
    ["one too many", `${KEY}0`, `${KEY}0`],
    ["with L, which looks like no digit", `${KEY.slice(0, -1)}L`, `${KEY.slice(0, -1)}L`],
    ["with a dot for a dash", KEY.replace("-", "."), KEY.replace("-", ".")],
    ["a chosen key", " my-Chosen key\n", "my-Chosen key"],
    ["a chosen key from a mail", "\u200bac\u200bme\u00ad-1\u2060", "acme-1"],
    ["white space behind a format character", "acme-1 \u200b", "acme-1"],
    ["a dash that somebody chose", "acme\u20131", "acme\u20131"],
    ["full-width characters that somebody chose", "\uff21CME-1", "\uff21CME-1"],
    ["letters that fold to several", "\u00e9clair-Stra\u00dfe", "\u00e9clair-Stra\u00dfe"],
  ])("KEY-3: is read: %s", (_, sent, key) => {
    expect(readKey(sent)).toEqual({ ok: true, key });
    expect(chosenKey(sent)).toEqual({ ok: true, key });
    expect(defaultKey(sent)).toBe(key === KEY ? KEY : null);
  });

  it("KEY-3: the other spelling has a to z in upper case, and no other letter", () => {
    expect(upperKey("acme-1")).toBe("ACME-1");
    expect(upperKey("stra\u00dfe \u00e9 \u0131 \uff41")).toBe("STRA\u00dfE \u00e9 \u0131 \uff41");
    fc.assert(fc.property(keys, (key) => upperKey(key) === key));
  });

  it("KEY-3: at most 1024 code points are read, white space and all, and 256 are left", () => {
    expect(readKey(` ${"\u200b".repeat(900)}${"x".repeat(123)}`).ok).toBe(true);
    expect(readKey(` ${"\u200b".repeat(900)}${"x".repeat(124)}`).ok).toBe(false);
    expect(readKey(`${" ".repeat(900)}${KEY}`)).toEqual({ ok: true, key: KEY });
    for (const blank of ["", " ", "\u200b", "\t\ufeff \u2060"]) expect(isBlank(blank)).toBe(true);
    for (const other of ["x", " ".repeat(1025), "-"]) expect(isBlank(other)).toBe(false);
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
    expect(readKey(text)).toEqual({ ok: false });
    expect(chosenKey(text)).toEqual({ ok: false });
  });

  it("KEY-1: 256 code points are allowed, however many units they take", () => {
    expect(readKey("😀".repeat(256)).ok).toBe(true);
    expect(chosenKey(` ${"x".repeat(256)} `)).toEqual({ ok: true, key: "x".repeat(256) });
  });

  it.each([
    ["a line separator", "abc\u2028def"],
    ["a private character", "abc\ue000def"],
    ["an unassigned character", "abc\uffffdef"],
  ])("KEY-1: a chosen key is printable, so not with %s", (_, text) => {
    expect(chosenKey(text)).toEqual({ ok: false });
  });

  it("KEY-3: what was read is read again as it is, and nothing throws", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = readKey(text);
        if (once.ok) expect(readKey(once.key)).toEqual(once);
      }),
    );
  });

  it("KEY-1: every chosen key is found again as it is presented", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const chosen = chosenKey(text);
        if (chosen.ok) expect(readKey(text)).toEqual(chosen);
      }),
    );
  });
});
