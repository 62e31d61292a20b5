/** IN-3: what looks misspelt is told of, and what does not is ignored, for little. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { NOT_BUILT } from "../../src/domain/terms/not-built.ts";
import { SETTING_NAMES } from "../../src/domain/terms/settings.ts";
import { licenseCreation, licensePatch, licenseRenewal } from "../../src/http/management/license/license-bodies.ts";
import { formOf, strangersIn } from "../../src/http/members.ts";
import { edits, nearest } from "../../src/http/near-miss.ts";
import { prefersStrict } from "../../src/http/preference.ts";

const creation = formOf(licenseCreation)();
const patch = formOf(licensePatch)();
const renewal = formOf(licenseRenewal)();
const near = (body: unknown, form = creation) => strangersIn(body, form, "near");
const didYouMean = (pointer: string, name: string) => [{ pointer, detail: `did you mean \`${name}\`?` }];
const FILLER = Object.fromEntries(Array.from({ length: 64 }, (_, at) => [`somethingOfTheShop${at}`, at]));

/** By trying: the least number of edits that lead from one text to the other, up to two. */
function triedEdits(one: string, other: string): number | null {
  const alphabet = [...new Set(one + other)];
  const once = (text: string): string[] =>
    Array.from({ length: text.length + 1 }, (_, at) => [
      text.slice(0, at) + text.slice(at + 1),
      ...alphabet.flatMap((letter) => [
        text.slice(0, at) + letter + text.slice(at),
        text.slice(0, at) + letter + text.slice(at + 1),
      ]),
      text.slice(0, at) +
        text
          .slice(at, at + 2)
          .split("")
          .toReversed()
          .join("") +
        text.slice(at + 2),
    ]).flat();
  if (one === other) return 0;
  const first = once(one);
  if (first.includes(other)) return 1;
  return first.some((text) => once(text).includes(other)) ? 2 : null;
}

describe("how far names are apart", () => {
  it.each([
    ["validity", "validity", 0],
    ["validty", "validity", 1],
    ["vaildity", "validity", 1],
    ["validityy", "validity", 1],
    ["valitidy", "validity", 2],
    ["ca", "abc", 2],
    ["", "ab", 2],
    ["notes", "type", 4],
  ])("IN-3: from %j to %j it is %j", (one, other, expected) => {
    expect(edits(one, other)).toBe(expected);
    expect(edits(other, one)).toBe(expected);
  });

  it("IN-3: it is the least number of edits, whatever the texts", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    fc.assert(
      fc.property(word, word, (one, other) => {
        const found = edits(one, other);
        expect(found <= 2 ? found : null).toBe(triedEdits(one, other));
      }),
      { numRuns: 500 },
    );
  });

  it("IN-3: the nearest counts, case aside; short names are nearer, and lengths too far apart are not compared", () => {
    const names = ["validity", "notes", "key", "allowedIpRange", "allowedIpRanges"];
    const of = (name: string) => nearest(name, names)?.name ?? null;
    expect(of("Validity")).toBe("validity");
    expect(of("allowedIpRangs")).toBe("allowedIpRange");
    expect(of("note")).toBe("notes");
    expect(of("nodes")).toBe("notes");
    expect(of("nodez")).toBeNull();
    expect(of("keey")).toBe("key");
    expect(of("monkey")).toBeNull();
    const compared: string[] = [];
    nearest("eyk", names, (_, other) => compared.push(other));
    nearest("ekyx", ["key", "yxkeabc"], (_, other) => compared.push(other));
    expect(compared).toEqual(["key", "key"]);
  });
});

it("IN-3: nothing near is passed over unmeasured", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "D", "é"), maxLength: 9 });
  fc.assert(
    fc.property(word, word, (one, other) => {
      const away = edits(one.toLowerCase(), other.toLowerCase());
      const most = Math.min(one.length, other.length) <= 5 ? 1 : 2;
      expect(nearest(one, [other])?.edits ?? null).toBe(away <= most ? away : null);
    }),
    { numRuns: 2000 },
  );
});

describe("members that nobody knows", () => {
  it("IN-3: a misspelt member is told of, wherever the body acts on it", () => {
    expect(near({ validty: 2_592_000 })).toEqual(didYouMean("/validty", "validity"));
    expect(near({ productID: "x" })).toEqual(didYouMean("/productID", "productId"));
    expect(near({ metadata: [{ key: "a", valeu: "b" }] })).toEqual(didYouMean("/metadata/0/valeu", "value"));
    expect(near({ allowedCountry: [] })).toEqual([]);
    expect(near({ allowedCountrys: [] })).toEqual(didYouMean("/allowedCountrys", "allowedCountries"));
    expect(near({ expiresat: null }, patch)).toEqual(didYouMean("/expiresat", "expiresAt"));
    expect(near({ form: "now" }, renewal)).toEqual(didYouMean("/form", "from"));
    expect(near({ "a/b~": 1, "valid~ty": 1 })).toEqual(didYouMean("/valid~0ty", "validity"));
  });

  it("IN-3: what is unlike, or a member of another body, is ignored; names of objects are names", () => {
    expect(near(JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "uid": 4, "stripeId": 5}'))).toEqual([]);
    expect(near({ fingerprint: 1, accountId: 2, licensePolicyId: 3, password: 4, visible: 5, updatedAt: 6 })).toEqual(
      [],
    );
    expect(near({ uid: 1 }, patch)).toEqual([]);
    expect(near({ metadata: "text", tags: [{ valu: 1 }] })).toEqual([]);
    expect(near({ ...FILLER })).toEqual([]);
    expect(strangersIn({ validty: 1 }, creation, "client")).toEqual([]);
  });

  it("IN-3: more than 64 of them are refused, wherever they stand", () => {
    const refused = [{ pointer: "", detail: "more than 64 members are none that anybody knows" }];
    expect(near({ ...FILLER, oneMoreThing: 1 })).toEqual(refused);
    expect(near({ ...FILLER, metadata: [{ key: "a", value: "b", somethingMore: 1 }] })).toEqual(refused);
  });

  it("IN-3: under handling=strict each of them is an error, of devices, too", () => {
    const strict = strangersIn({ stripeId: 1, validty: 2, metadata: [{ colour: 3 }] }, creation, "strict");
    expect(strict).toEqual([
      { pointer: "/stripeId", detail: "is not a known member" },
      ...didYouMean("/validty", "validity"),
      { pointer: "/metadata/0/colour", detail: "is not a known member" },
    ]);
  });

  it("IN-3: names are compared at most 64 times with those that the body has, however large it is", () => {
    let compared = 0;
    const counting = (one: string, other: string) => {
      compared += 1;
      return edits(one, other);
    };
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`sm${at}`, 0]));
    expect(strangersIn(many, creation, "near", counting)).toHaveLength(1);
    expect(compared).toBe(0);
    strangersIn({ ...FILLER, productId: "x", type: "y" }, creation, "strict", counting);
    expect(compared).toBeLessThanOrEqual(64 * creation.names.length);
    compared = 0;
    strangersIn(Object.fromEntries(creation.names.map((name) => [name, null])), creation, "near", counting);
    strangersIn({ ["x".repeat(1_000_000)]: 1 }, creation, "near", counting);
    expect(compared).toBe(0);
  });

  it("IN-3: the table knows every setting, all that is not built, and whatever a schema of a route brings", () => {
    const known = Object.fromEntries([...SETTING_NAMES, ...Object.keys(NOT_BUILT)].map((name) => [name, null]));
    expect(strangersIn(known, creation, "strict")).toEqual([]);
    const brought = z.object({ wholly: z.nullish(z.array(z.object({ novel: z.string() }))) });
    expect(strangersIn({ wholly: [] }, creation, "strict")).toHaveLength(1);
    expect(strangersIn({ wholly: [{ novel: "", novl: "" }] }, formOf(brought)(), "near")).toEqual(
      didYouMean("/wholly/0/novl", "novel"),
    );
    expect(strangersIn({ wholly: [], novel: 1 }, creation, "strict")).toEqual([]);
  });
});

describe("Prefer", () => {
  it.each([
    ["handling=strict", true],
    ['respond-async, HANDLING = "Strict"; x=1', true],
    ["handling=strict, handling=lenient", true],
    ["handling=lenient, handling=strict", false],
    ["handling=strictly", false],
    ["handling", false],
    ["xhandling=strict", false],
    ["handling=strict lenient, handling=strict", true],
    ['handling="strict, handling=strict', true],
    ["handling=strict=er", false],
    ["", false],
    [undefined, false],
  ])("IN-3: %j asks for strict handling: %j", (header, expected) => {
    expect(prefersStrict(header)).toBe(expected);
  });

  it.each([
    ["white space", " "],
    ["equals signs", "="],
    ["commas", ","],
    ["quotes", '"'],
    ["words", "x"],
  ])("LIM-2: a header of nothing but %s is read once, however long it is", (_, character) => {
    // Read again from each of its characters, it would outlast every patience of a test.
    const long = character.repeat(200_000);
    for (const header of [`handling=${long}(`, `a${long}=${long}(`, `${long}handling=strict(`]) {
      expect(prefersStrict(header)).toBe(false);
    }
  });
});
