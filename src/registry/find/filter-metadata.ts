/**
 * `metadata.key` and `metadata.value` (MGMT-1): a row matches if one of its items fulfils all that is asked of either,
 * `ne`, `nc` and `nin` too. `sw`, `ew`, `cn` and `nc` ignore the case of A to Z.
 */

import { and, sql, type SQL } from "drizzle-orm";
import { metadataFacetValue, plainValue } from "../../domain/terms/facets.ts";
import type { Filter, Member } from "./filter.ts";
import { askedOf, matches, negated, type Test } from "./filter-test.ts";
import { facetSeek, facetStartSeek, type FacetTable, type Seek } from "./seek.ts";

export interface MetadataItems {
  /** The row's items as a JSON list. */
  readonly list: SQL;
  /** Null where the table is small. */
  readonly facets: FacetTable | null;
}

export const METADATA_MEMBERS: Readonly<Record<string, Member>> = {
  "metadata.key": { type: "text" },
  "metadata.value": { type: "text" },
};

/** Pairs of keys and values that are looked up as such. */
const MOST_PAIRS = 100;

export function metadataPredicate({ list }: MetadataItems, filters: readonly Filter[]): SQL {
  const asked = filters.map((filter) => {
    const { test, isNot } = askedOf({ type: "text" }, filter.operator, filter.values);
    const operand = filter.member === "metadata.key" ? sql`(item.value ->> '$.key')` : sql`(item.value ->> '$.value')`;
    const predicate = matches(operand, test);
    return isNot ? sql`${negated(predicate)}` : predicate;
  });
  return sql`EXISTS (SELECT 1 FROM json_each(${list}) AS item WHERE ${and(...asked)})`;
}

/** By what is asked first of the key and of the value, as far as the facets are in that order. */
export function metadataSeek({ facets }: MetadataItems, filters: readonly Filter[]): Seek | null {
  if (facets === null) return null;
  const key = sought(filters, "metadata.key");
  const value = sought(filters, "metadata.value");
  if (key.exact.length > 0) {
    const pairs = pairsOf(key.exact, value.exact);
    if (pairs.length > 0) return facetSeek(facets, "metadata", pairs, { isExact: false, isSingle: false });
    const beginnings = pairsOf(key.exact, value.start);
    return facetStartSeek(facets, "metadata", beginnings.length > 0 ? beginnings : pairsOf(key.exact, [""]));
  }
  if (value.exact.length > 0) {
    const values = distinct(value.exact.map(plainValue));
    return facetSeek(facets, "metadata-value", values, { isExact: false, isSingle: false });
  }
  if (value.start.length > 0) return facetStartSeek(facets, "metadata-value", value.start.map(plainValue));
  return key.start.length > 0 ? facetStartSeek(facets, "metadata", key.start.map(plainValue)) : null;
}

interface Sought {
  readonly exact: readonly string[];
  readonly start: readonly string[];
}

function sought(filters: readonly Filter[], member: string): Sought {
  const tests = filters
    .filter((filter) => filter.member === member)
    .map(({ operator, values }) => askedOf({ type: "text" }, operator, values))
    .flatMap(({ test, isNot }) => (isNot ? [] : [test]));
  const start = tests.find((test) => test.kind === "text" && test.where === "start");
  return { exact: textsOf(tests.find(({ kind }) => kind === "any")), start: textsOf(start) };
}

function textsOf(test: Test | undefined): readonly string[] {
  if (test === undefined || test.kind === "span") return [];
  return test.kind === "any" ? test.values.map(String) : test.texts;
}

/** None where they would be too many. */
function pairsOf(keys: readonly string[], values: readonly string[]): readonly string[] {
  if (keys.length * values.length > MOST_PAIRS) return [];
  return distinct(keys.flatMap((key) => values.map((value) => metadataFacetValue(key, value))));
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
