import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  FACET_VALUE_LENGTH,
  facetValue,
  licenseFacets,
  metadataFacetValue,
  userFacets,
  WORD_LENGTH,
  wordsOf,
  type Facet,
  type FoundUser,
} from "../../src/domain/terms/facets.ts";
import { generatedKey } from "../../src/domain/terms/license-key.ts";
import type { License, MetadataItem, Terms } from "../../src/domain/terms/license.ts";
import { CREATED, PRODUCT, terms } from "./samples.ts";

const OTHER = "0190a5d4-0000-7000-8000-000000000002";
const NOBODY: FoundUser = { email: "a@b.test", firstName: null, lastName: null, company: null, tags: [], metadata: [] };

function license(changed: Partial<Terms> = {}, key = "AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF"): License {
  return { id: "license", key, revision: 1, terms: terms({}, changed) };
}

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

function valuesOf(facets: readonly Facet[], wanted: string): readonly string[] {
  return facets.flatMap(([facet, value]) => (facet === wanted ? [value] : []));
}

describe("the facets of a license", () => {
  it("MGMT-1: are its product, its other products, and what it is", () => {
    const facets = licenseFacets(license({ licensedProductIds: [PRODUCT, OTHER], revoked: true }));
    const all = Object.fromEntries(facets.filter(([facet]) => facet !== "word"));
    expect(all).toEqual({
      product: PRODUCT,
      "licensed-product": OTHER,
      type: "node-locked",
      "expiration-strategy": "immediate",
      revoked: "true",
      suspended: "false",
      perpetual: "true",
    });
  });

  it("MGMT-1: name its tags by their ids", () => {
    const tags = [
      { id: "t1", name: "gold" },
      { id: "t2", name: "silver" },
    ];
    expect(valuesOf(licenseFacets(license({ tags })), "tag")).toEqual(["t1", "t2"]);
    expect(valuesOf(licenseFacets(license()), "tag")).toEqual([]);
  });

  it("MGMT-1: name a metadata item by its id, by its value, and by key and value together, whatever the case", () => {
    const facets = licenseFacets(license({ metadata: items(["Order", "Nr 7"], ["plan", "Nr 7"]) }));
    expect(valuesOf(facets, "metadata-id")).toEqual(["item-0", "item-1"]);
    expect(valuesOf(facets, "metadata-value")).toEqual(["nr 7"]);
    expect(valuesOf(facets, "metadata")).toEqual(["order", "plan"].map((key) => metadataFacetValue(key, "NR 7")));
    expect(valuesOf(facets, "word")).toEqual(expect.arrayContaining(["nr", "7"]));
  });

  it("MGMT-1: the key of one item never meets the value of another", () => {
    const facets = licenseFacets(license({ metadata: items(["a", "1"], ["b", "2"]) }));
    expect(valuesOf(facets, "metadata")).not.toContain(metadataFacetValue("a", "2"));
    expect(metadataFacetValue("ab", "c")).not.toBe(metadataFacetValue("a", "bc"));
  });

  it("KEY-1, MGMT-1: a key in the default format is found whole and by its groups", () => {
    const key = generatedKey(Uint8Array.from({ length: 18 }, (_, at) => at * 13));
    const words = valuesOf(licenseFacets(license({}, key)), "word");
    expect(words).toEqual([key.toLowerCase(), ...new Set(key.toLowerCase().split("-"))]);
  });

  it("KEY-1, MGMT-1: a chosen key is found whole, cut if it is long, and by its words", () => {
    const words = valuesOf(licenseFacets(license({}, `ACME/Größe 42 ${"x".repeat(100)}`)), "word");
    const whole = `acme/größe 42 ${"x".repeat(100)}`.slice(0, WORD_LENGTH);
    expect(words).toEqual([whole, "acme", "größe", "42", "x".repeat(WORD_LENGTH)]);
  });

  it("LIM-2: fifty items of the longest kind stay bounded", () => {
    const long = Array.from({ length: 4096 }, (_, at) => (at % 5 === 0 ? " " : "é")).join("");
    const many = items(...Array.from({ length: 50 }, (_, at) => [`key ${at}`, `${at} ${long} ${at}`] as const));
    const facets = licenseFacets(license({ metadata: many }));
    expect(valuesOf(facets, "metadata")).toHaveLength(50);
    expect(facets.length).toBeLessThan(300);
    expect(JSON.stringify(facets).length).toBeLessThan(60_000);
  });
});

describe("the facets of a user", () => {
  it("MGMT-1: are the full name, the company, the tags, the metadata, and the words of all of them", () => {
    const facets = userFacets({
      ...NOBODY,
      email: "Ada.Lovelace@Engines.test",
      firstName: "Ada",
      lastName: "King Lovelace",
      company: "Analytical Engines",
      tags: ["t1"],
      metadata: items(["crm", "42"]),
    });
    expect(facets.filter(([facet]) => facet !== "word")).toEqual([
      ["name", "ada king lovelace"],
      ["company", "analytical engines"],
      ["tag", "t1"],
      ["metadata", metadataFacetValue("crm", "42")],
      ["metadata-value", "42"],
    ]);
    const words = ["42", "ada.lovelace@engines.test", "ada", "lovelace", "engines", "test", "king", "analytical"];
    expect(valuesOf(facets, "word").toSorted()).toEqual(words.toSorted());
  });

  it("MGMT-1: an empty or absent text is none", () => {
    const facets = userFacets({ ...NOBODY, firstName: "", company: "" });
    expect(facets.map(([facet]) => facet)).toEqual(["word", "word", "word", "word"]);
  });
});

describe("values", () => {
  const text = fc.string({ unit: "binary", maxLength: 400 });

  it("MGMT-1: no facet twice, none longer than it may be, the same for the same license", () => {
    const pairs = fc.uniqueArray(fc.tuple(text, text), { selector: ([key]) => key, maxLength: 6 });
    fc.assert(
      fc.property(pairs, text, (metadata, key) => {
        const subject = license({ metadata: items(...metadata) }, key);
        const facets = licenseFacets(subject);
        expect(new Set(facets.map((facet) => JSON.stringify(facet))).size).toBe(facets.length);
        for (const [facet, value] of facets)
          expect(value.length).toBeLessThanOrEqual(facet === "word" ? WORD_LENGTH : FACET_VALUE_LENGTH);
        for (const [itemKey, value] of metadata)
          expect(facets).toContainEqual(["metadata", metadataFacetValue(itemKey, value)]);
        expect(licenseFacets(subject)).toEqual(facets);
      }),
    );
  });

  it("MGMT-1: a value is well-formed, and begins as it is written, wherever it is cut", () => {
    const unit = fc.oneof(fc.constantFrom("\ud83d", "\ude00", "😀", "a", "É"), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 300 }), (units) => {
        const written = units.join("").toWellFormed();
        const value = facetValue(units.join(""));
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
