import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  FACETS,
  FACET_VALUE_LENGTH,
  foldedList,
  foldedValue,
  licenseWords,
  metadataFacetValue,
  plainValue,
  userWords,
  WORD_LENGTH,
  wordsOf,
  type Folded,
  type FoundUser,
} from "../../src/domain/terms/facets.ts";
import { defaultKeyBeginning, generatedKey } from "../../src/domain/terms/license-key.ts";
import type { MetadataItem } from "../../src/domain/terms/license.ts";
import { CREATED } from "./samples.ts";

const KEY = "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF";
const NOBODY: FoundUser = { email: "a@b.test", firstName: null, lastName: null, company: null, metadata: [] };

function items(...pairs: readonly (readonly [key: string, value: string])[]): readonly MetadataItem[] {
  return pairs.map(([key, value], at) => ({
    id: `item-${at}`,
    key,
    value,
    viewPermissions: [],
    createdAt: CREATED,
    updatedAt: CREATED,
  }));
}

function valuesOf(folded: readonly Folded[], wanted: "word" | "name" | "company"): readonly string[] {
  return folded.flatMap(([facet, value]) => (facet === FACETS[wanted] ? [value] : []));
}

describe("the words of a license", () => {
  it("MGMT-1: are those of its metadata, none twice", () => {
    const words = licenseWords(KEY, items(["Order", "Nr 7"], ["plan", "nr 7 Größe"]));
    expect(valuesOf(words, "word")).toEqual(["nr", "7", "größe"]);
  });

  it("KEY-1, MGMT-1: a key in the default format has none: the table of keys has its beginnings", () => {
    const key = generatedKey(Uint8Array.from({ length: 18 }, (_, at) => at * 13));
    expect(licenseWords(key, [])).toEqual([]);
    expect(defaultKeyBeginning(key.toLowerCase())).toBe(key);
    for (const length of [1, 5, 6, 8, 20, 40]) {
      const beginning = key.slice(0, length);
      expect(defaultKeyBeginning(` ${beginning.toLowerCase().replaceAll("-", " ")}`)).toBe(beginning);
    }
  });

  it("KEY-3, MGMT-1: what no key in the default format begins with is the beginning of none", () => {
    for (const text of ["", "-", "order", "acme-1", `${KEY}0`]) expect(defaultKeyBeginning(text)).toBeNull();
    expect(defaultKeyBeginning("o1Il f")).toBe("0111F");
  });

  it("KEY-1, MGMT-1: a chosen key is found whole, cut if it is long, and by its words", () => {
    const words = valuesOf(licenseWords(`ACME/Größe 42 ${"x".repeat(100)}`, []), "word");
    const whole = `acme/größe 42 ${"x".repeat(100)}`.slice(0, WORD_LENGTH);
    expect(words).toEqual([whole, "acme", "größe", "42", "x".repeat(WORD_LENGTH)]);
  });

  it("LIM-2: those of fifty items of the longest kind stay bounded", () => {
    const long = Array.from({ length: 4096 }, (_, at) => (at % 5 === 0 ? " " : "é")).join("");
    const many = items(...Array.from({ length: 50 }, (_, at) => [`key ${at}`, `${at} ${long} ${at}`] as const));
    const words = licenseWords(KEY, many);
    expect(words.length).toBeLessThan(101);
    expect(foldedList(words).length).toBeLessThan(20_000);
  });
});

describe("the words of a user", () => {
  it("MGMT-1: are the full name, the company, and the words of all that is said of it", () => {
    const words = userWords({
      ...NOBODY,
      email: "Ada.Lovelace@Engines.test",
      firstName: "Ada",
      lastName: "King Lovelace",
      company: "Analytical Engines",
      metadata: items(["crm", "42"]),
    });
    expect(valuesOf(words, "name")).toEqual(["ada king lovelace"]);
    expect(valuesOf(words, "company")).toEqual(["analytical engines"]);
    const wanted = ["42", "ada.lovelace@engines.test", "ada", "lovelace", "engines", "test", "king", "analytical"];
    expect(valuesOf(words, "word").toSorted()).toEqual(wanted.toSorted());
  });

  it("MGMT-1: an empty or absent text is none", () => {
    const words = userWords({ ...NOBODY, firstName: "", company: "" });
    expect(words.map(([facet]) => facet)).toEqual(Array.from({ length: 4 }, () => FACETS.word));
  });
});

describe("values", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });

  it("MGMT-1: no word twice, none longer than it may be", () => {
    const pairs = fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 6 });
    fc.assert(
      fc.property(pairs, text, (metadata, key) => {
        const words = licenseWords(key, items(...metadata));
        expect(new Set(words.map((word) => JSON.stringify(word))).size).toBe(words.length);
        for (const [, value] of words) expect(value.length).toBeLessThanOrEqual(WORD_LENGTH);
      }),
    );
  });

  it("MGMT-1: the key of one item never meets the value of another", () => {
    expect(metadataFacetValue("ab", "c")).not.toBe(metadataFacetValue("a", "bc"));
  });

  it("MGMT-1: a value that SQL makes is folded in A to Z alone, and cut by whole characters", () => {
    expect(plainValue("ÄB\u{1F600}c")).toBe("Äb\u{1F600}c");
    expect(plainValue(`x${"\u{1F600}".repeat(300)}`)).toBe(`x${"\u{1F600}".repeat(255)}`);
  });

  it("MGMT-1: a value is well-formed, and begins as it is written, wherever it is cut", () => {
    const unit = fc.oneof(fc.constantFrom("\ud83d", "\ude00", "😀", "a", "É"), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 300 }), (units) => {
        const written = units.join("").toWellFormed();
        const value = foldedValue(units.join(""));
        expect(value.isWellFormed()).toBe(true);
        expect(written.toLowerCase().startsWith(value)).toBe(true);
        expect(value.length).toBeGreaterThanOrEqual(Math.min(written.toLowerCase().length, FACET_VALUE_LENGTH - 1));
      }),
    );
  });

  it("MGMT-1: words are runs of letters and digits of any script, in lower case", () => {
    expect(wordsOf("Straße 12a, Пример-例え/٣")).toEqual(["straße", "12a", "пример", "例え", "٣"]);
    expect(wordsOf(" -- ")).toEqual([]);
  });
});
