import * as fc from "fast-check";
import { expect, it } from "vitest";

import { foldedEmail, isSameEmail } from "../../src/domain/terms/email.ts";
import { FOLDED } from "../support/email-cases.ts";

it.each(FOLDED)("EMAIL-1: %j folds to %j", (address, folded) => {
  expect(foldedEmail(address)).toBe(folded);
});

it("EMAIL-1: e-mails compare by their folded forms, and characters that only look alike are others", () => {
  expect(isSameEmail("Ada@Example.Test", "ada@example.TEST")).toBe(true);
  expect(isSameEmail("J\u00dcRGEN@firma.example", "j\u00fcrgen@firma.example")).toBe(true);
  expect(isSameEmail("mi\u212ae@example.test", "mike@example.test")).toBe(false);
  expect(isSameEmail("i\u0307d@example.test", "\u0130d@example.test")).toBe(false);
  expect(isSameEmail("ada@example.test.", "ada@example.test")).toBe(false);
});

it("EMAIL-1: no address of ASCII is the folded form of a local part that is not", () => {
  const outside = fc.integer({ min: 0x80, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff);
  fc.assert(
    fc.property(fc.string({ maxLength: 4 }), outside, fc.string({ maxLength: 4 }), (before, code, after) => {
      const local = `${before}${String.fromCodePoint(code)}${after}`.replaceAll("@", "");
      expect(foldedEmail(`${local}@example.test`)).toMatch(/[^\0-\u007f]/u);
    }),
    { numRuns: 2_000 },
  );
});

it("EMAIL-1: any text folds, and its case of A to Z does not matter", () => {
  const upper = (text: string) => text.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase());
  // A mark may join a small letter and not its capital (h and U+0331), and composing comes first.
  const unmarked = fc.string({ unit: "binary", maxLength: 40 }).map((text) => text.replaceAll(/\p{M}/gu, ""));
  fc.assert(
    fc.property(unmarked, (text) => {
      expect(foldedEmail(upper(text))).toBe(foldedEmail(text));
    }),
    { numRuns: 2_000 },
  );
});
