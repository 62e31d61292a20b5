/** Members of rows that lists are filtered by (MGMT-1), of which src/registry/find/condition.ts makes SQL. */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { foldedValue, type FacetName } from "../../domain/terms/facets.ts";
import type { FilterValue, Member, ValueType } from "./filter.ts";
import { hasFolded, isAny, isTrueOf, isWithin, matches, type Test } from "./filter-test.ts";
import { tags } from "../db/schema-catalogue.ts";
import { kindOf } from "./facets.ts";
import { facetSeek, facetStartSeek, fewSeek, tagSeek, unorderedSeek, type FacetTable, type Seek } from "./seek.ts";

export interface Field extends Member {
  /** On the row; null counts as false. A boolean: all rows, or none. `now` in epoch ms. */
  readonly matches: (test: Test, now: number) => SQL | boolean;
  /** Null: no index knows. */
  readonly seek?: (test: Test, now: number) => Seek | null;
}

type Options = Pick<Field, "nullable" | "operators" | "seek">;

/** A value of the row. Where it may be void, an empty text is no value either. */
export function column(type: ValueType, operand: SQLWrapper, options: Options = {}): Field {
  const value = type === "text" && options.nullable === true ? sql`NULLIF(${operand}, '')` : operand;
  return { type, ...options, matches: (test) => matches(value, test) };
}

/** What all rows have: members whose rule is not built, at their default. */
export function constant(type: ValueType, value: FilterValue): Field {
  return { type, ...(value === null ? { nullable: true } : {}), matches: (test) => isTrueOf(value, test) };
}

interface FacetOptions extends Options {
  /** The value in the row, for the one of the wire. */
  readonly stored?: (value: FilterValue) => FilterValue;
  /** The facet's values of rows that have one of these; the same ones, if not said otherwise. */
  readonly said?: (values: readonly FilterValue[]) => readonly (string | number)[];
}

/** What a facet says exactly. */
export function facetField(
  type: ValueType,
  facets: FacetTable,
  facet: FacetName,
  operand: SQLWrapper,
  { stored = (value) => value, said = (values) => values.map(String), ...options }: FacetOptions = {},
): Field {
  return {
    type,
    ...options,
    matches: (test) => matches(operand, test.kind === "any" ? { ...test, values: test.values.map(stored) } : test),
    seek: (test) =>
      test.kind === "any"
        ? facetSeek(facets, facet, said(test.values.map(stored)), { isExact: true, isSingle: true })
        : null,
  };
}

/**
 * A text with a facet of its folded beginning. `sw`, `ew` and `cn` ignore the case of all letters in the first 256
 * UTF-16 units, and that of A to Z beyond.
 */
export function foldedField(facets: FacetTable, facet: "name" | "company", operand: SQLWrapper): Field {
  const value = sql`NULLIF(${operand}, '')`;
  return {
    type: "text",
    nullable: true,
    matches: (test) => {
      const byRow = matches(value, test);
      if (test.kind !== "text") return byRow;
      const texts = test.texts.map((text) => text.toLowerCase());
      return sql`(${byRow} OR ${inFolded(facets, facet, (found) => hasFolded(found, test.where, texts))})`;
    },
    seek: (test) => {
      if (test.kind === "text") {
        return test.where === "start" ? facetStartSeek(facets, facet, test.texts.map(foldedValue)) : null;
      }
      if (test.kind !== "any" || test.values.includes(null)) return null;
      const values = test.values.map((one) => foldedValue(String(one)));
      return facetSeek(facets, facet, values, { isExact: false, isSingle: true });
    },
  };
}

/** One of the row's folded texts of this name fulfils it. */
export function inFolded({ folded }: FacetTable, facet: FacetName, condition: (value: SQL) => SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM json_each(${folded}) AS facet WHERE facet.value ->> 0 = ${kindOf(facet)} AND ${condition(sql`(facet.value ->> 1)`)})`;
}

/** An instant that the list is sorted by. */
export function sortedField(table: SQLiteTable, id: SQLiteColumn, instant: SQLiteColumn, index: string): Field {
  const entries = (condition: SQL) =>
    unorderedSeek(sql`SELECT ${id} AS id, ${instant} AS at FROM ${table} ${indexedBy(index)} WHERE ${condition}`, true);
  return {
    type: "instant",
    ...(instant.notNull ? {} : { nullable: true }),
    matches: (test) => matches(instant, test),
    seek: (test) => {
      if (test.kind === "span") return entries(isWithin(instant, test.from, test.below));
      if (test.kind !== "any") return null;
      const isVoid = test.values.every((value) => value === null);
      return isVoid || !test.values.includes(null) ? entries(isAny(instant, test.values)) : null;
    },
  };
}

/** A boolean that the clock decides: `isSo` on the row, `those` finds the rows where it is, `others` the rest. */
export function clockField(
  isSo: (now: number) => SQL,
  those: (now: number) => Seek,
  others: (now: number) => Seek,
): Field {
  const wanted = (test: Test) => (test.kind === "any" ? test.values : []);
  return {
    type: "boolean",
    matches: (test, now) => {
      const values = wanted(test);
      if (values.includes(true) && values.includes(false)) return true;
      if (values.includes(true)) return isSo(now);
      return values.includes(false) && sql`NOT COALESCE(${isSo(now)}, 0)`;
    },
    seek: (test, now) => {
      const values = wanted(test);
      if (values.includes(true)) return values.includes(false) ? null : those(now);
      return values.includes(false) ? others(now) : null;
    },
  };
}

/** The row's own id. */
export function idField(table: SQLiteTable, id: SQLiteColumn, createdAt: SQLiteColumn): Field {
  return uniqueField(
    "uuid",
    id,
    (condition) => sql`SELECT ${id} AS id, ${createdAt} AS at FROM ${table} WHERE ${id} ${condition}`,
  );
}

/** A value that no two rows share; `entries` finds by a condition on it. */
function uniqueField(type: ValueType, operand: SQLWrapper, entries: (condition: SQL) => SQL): Field {
  return {
    type,
    matches: (test) => matches(operand, test),
    seek: (test) => (test.kind === "any" ? fewSeek(test.values.map(String), entries) : null),
  };
}

/** Names of tags: a row matches if one of its tags does. `ids`: the row's JSON list; `idOf`: in an entry of it. */
export function tagField(facets: FacetTable, ids: SQL, idOf: (entry: SQL) => SQL): Field {
  return {
    type: "text",
    matches: (test) =>
      sql`EXISTS (SELECT 1 FROM json_each(${ids}) AS tag CROSS JOIN ${tags} ON ${tags.id} = ${idOf(sql`tag.value`)} WHERE ${matches(tags.name, test)})`,
    seek: (test) => (test.kind === "any" ? tagSeek(facets, test.values.map(String)) : null),
  };
}

export function indexedBy(index: string | undefined): SQL {
  return index === undefined ? sql`` : sql.raw(`INDEXED BY ${index}`);
}
