/**
 * What licenses and users are found by (MGMT-1): pairs of a facet and a value, kept in a table of their own in D1. An
 * `eq` on one of them is a seek, `sw` a range; `search` looks for the beginnings of words. Most are plain values of the
 * row, which D1 reads there (src/registry/find/facets.ts); what only the domain can fold is made here.
 */

import type { MetadataItem } from "./license.ts";
import { defaultKey } from "./license-key.ts";

/** As D1 stores the kinds; never renumbered. */
export const FACETS = {
  product: 1,
  "licensed-product": 2,
  model: 3,
  state: 4,
  template: 5,
  tag: 6,
  "metadata-id": 7,
  metadata: 8,
  "metadata-value": 9,
  word: 10,
  name: 11,
  company: 12,
} as const;

export type FacetName = keyof typeof FACETS;

/** A text in the case that SQL cannot fold to: a pair of the kind's number and the value. */
export type Folded = readonly [facet: number, value: string];

/** Longer values are found by their beginning; the row itself decides. In code points, which are what SQL counts. */
export const FACET_VALUE_LENGTH = 256;
/** A word that is searched for; longer ones are cut. In UTF-16 code units. */
export const WORD_LENGTH = 64;
/** Words of one license's or user's metadata that are searched; the first ones. */
const MOST_METADATA_WORDS = 100;

/**
 * Between the name and the value of a metadata item, which bind to the same item. No NUL, at which some exports end a
 * text.
 */
export const BETWEEN = "\u001f";

/**
 * The words of a license: of its metadata, and of a key that is in no default format. One that is, is found by its
 * beginning in the table of keys. None twice.
 */
export function licenseWords(key: string, metadata: readonly MetadataItem[]): readonly Folded[] {
  const ofKey = defaultKey(key) === key ? [] : [key, ...wordsOf(key)];
  return distinct([...metadataWords(metadata), ...ofKey].map(wordFacet));
}

export interface FoundUser {
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly company: string | null;
  readonly metadata: readonly MetadataItem[];
}

/** `name` is the full name, as it is shown. None twice. */
export function userWords({ email, firstName, lastName, company, metadata }: FoundUser): readonly Folded[] {
  const names = given([firstName, lastName]);
  const companies = given([company]);
  const words = [...metadataWords(metadata), email, ...wordsOf(email), ...[...names, ...companies].flatMap(wordsOf)];
  return distinct([
    ...(names.length === 0 ? [] : [foldedFacet("name", names.join(" "))]),
    ...companies.map((name) => foldedFacet("company", name)),
    ...words.map(wordFacet),
  ]);
}

/** As the column `folded` has them. */
export function foldedList(folded: readonly Folded[]): string {
  return JSON.stringify(folded);
}

/** The value of the facet `metadata`: what an item's facet begins with, or is, whatever the case of A to Z. */
export function metadataFacetValue(key: string, value: string): string {
  return plainValue(`${key}${BETWEEN}${value}`);
}

/** The value of a facet that SQL makes of a text in the row: A to Z in lower case, cut. */
export function plainValue(value: string): string {
  const lower = value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return [...lower.slice(0, 2 * FACET_VALUE_LENGTH)].slice(0, FACET_VALUE_LENGTH).join("").toWellFormed();
}

/** The value of a facet that is folded here: all letters in lower case, cut. */
export function foldedValue(value: string): string {
  return cut(value.toLowerCase(), FACET_VALUE_LENGTH);
}

/**
 * What an activation is found by: its device's name for itself, whole, in lower case; null = it has none. DNS and
 * Windows take names for the same that differ in case alone.
 */
export function hostValue(hostname: string | undefined): string | null {
  return hostname?.toLowerCase() || null;
}

/** The value of the facet `word`: of one that a text has, and of one, or a beginning, that is searched for. */
export function wordValue(word: string): string {
  return cut(word.toLowerCase(), WORD_LENGTH);
}

/** Runs of letters and digits, in lower case. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function metadataWords(items: readonly MetadataItem[]): readonly string[] {
  const words = new Set(items.flatMap(({ value }) => wordsOf(value).slice(0, MOST_METADATA_WORDS)));
  return [...words].slice(0, MOST_METADATA_WORDS);
}

function given(texts: readonly (string | null)[]): readonly string[] {
  return texts.flatMap((text) => text || []);
}

function foldedFacet(facet: "name" | "company", value: string): Folded {
  return [FACETS[facet], foldedValue(value)];
}

function wordFacet(word: string): Folded {
  return [FACETS.word, wordValue(word)];
}

/** No character is cut in two: D1 takes half of one differently as a parameter and from JSON, and would not find it. */
function cut(text: string, length: number): string {
  const isSplit = /[\ud800-\udbff]$/.test(text.slice(0, length)) && /^[\udc00-\udfff]/.test(text.slice(length));
  return text.slice(0, isSplit ? length - 1 : length).toWellFormed();
}

function distinct(facets: readonly Folded[]): readonly Folded[] {
  return [...new Map(facets.map((facet) => [facet.join(BETWEEN), facet])).values()];
}
