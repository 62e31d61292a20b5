/**
 * What licenses and users are found by (MGMT-1): pairs of a facet and a value, kept in a table of their own in D1. An
 * `eq` on one of them is a seek, `sw` a range; `search` looks for the beginnings of words.
 */

import { isPerpetual, type License, type MetadataItem } from "./license.ts";
import { settingFacets } from "./settings.ts";

export type Facet = readonly [facet: string, value: string];

/** Longer values are found by their beginning; the row itself decides. In UTF-16 code units. */
export const FACET_VALUE_LENGTH = 256;
/** A word that is searched for; longer ones are cut. */
export const WORD_LENGTH = 64;
/** Words of one license's or user's metadata that are searched; the first ones. */
const MOST_METADATA_WORDS = 100;

/**
 * Between the name and the value of a metadata item, which bind to the same item. No NUL, at which some exports end a
 * text.
 */
const BETWEEN = "\u001f";

/** The license's own product, and the others that its activations cover, stand apart. No facet twice. */
export function licenseFacets({ key, terms }: License): readonly Facet[] {
  return distinct([
    ["product", terms.productId],
    ...terms.licensedProductIds.filter((id) => id !== terms.productId).map((id): Facet => ["licensed-product", id]),
    ...settingFacets(terms),
    ["perpetual", String(isPerpetual(terms))],
    ...(terms.licenseTemplateId === null ? [] : [["template", terms.licenseTemplateId] satisfies Facet]),
    ...terms.tags.map(({ id }): Facet => ["tag", id]),
    ...terms.metadata.map(({ id }): Facet => ["metadata-id", id]),
    ...metadataFacets(terms.metadata),
    ...[key, ...wordsOf(key)].map(wordFacet),
  ]);
}

export interface FoundUser {
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly company: string | null;
  readonly tags: readonly string[];
  readonly metadata: readonly MetadataItem[];
}

/** `tags` are ids. `name` is the full name, as it is shown. No facet twice. */
export function userFacets({ email, firstName, lastName, company, tags, metadata }: FoundUser): readonly Facet[] {
  const names = given([firstName, lastName]);
  const companies = given([company]);
  return distinct([
    ...(names.length === 0 ? [] : [valueFacet("name", names.join(" "))]),
    ...companies.map((name) => valueFacet("company", name)),
    ...tags.map((id): Facet => ["tag", id]),
    ...metadataFacets(metadata),
    ...[email, ...wordsOf(email), ...[...names, ...companies].flatMap(wordsOf)].map(wordFacet),
  ]);
}

/** The value of the facet `metadata`: what an item's facet begins with, or is, whatever the case. */
export function metadataFacetValue(key: string, value: string): string {
  return facetValue(`${key}${BETWEEN}${value}`);
}

export function facetValue(value: string): string {
  return cut(value.toLowerCase(), FACET_VALUE_LENGTH);
}

/** The value of the facet `word`: of one that a text has, and of one, or a beginning, that is searched for. */
export function wordValue(word: string): string {
  return cut(word.toLowerCase(), WORD_LENGTH);
}

/** Runs of letters and digits, in lower case. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function metadataFacets(items: readonly MetadataItem[]): readonly Facet[] {
  const words = new Set(items.flatMap(({ value }) => wordsOf(value).slice(0, MOST_METADATA_WORDS)));
  return [
    ...items.flatMap(({ key, value }): Facet[] => [
      ["metadata", metadataFacetValue(key, value)],
      valueFacet("metadata-value", value),
    ]),
    ...[...words].slice(0, MOST_METADATA_WORDS).map(wordFacet),
  ];
}

function given(texts: readonly (string | null)[]): readonly string[] {
  return texts.flatMap((text) => text || []);
}

function valueFacet(facet: string, value: string): Facet {
  return [facet, facetValue(value)];
}

function wordFacet(word: string): Facet {
  return ["word", wordValue(word)];
}

/** No character is cut in two: D1 takes half of one differently as a parameter and from JSON, and would not find it. */
function cut(text: string, length: number): string {
  const isSplit = /[\ud800-\udbff]$/.test(text.slice(0, length)) && /^[\udc00-\udfff]/.test(text.slice(length));
  return text.slice(0, isSplit ? length - 1 : length).toWellFormed();
}

function distinct(facets: readonly Facet[]): readonly Facet[] {
  return [...new Map(facets.map((facet) => [facet.join(BETWEEN), facet])).values()];
}
