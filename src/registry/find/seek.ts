/**
 * Ways to a list's rows that an index knows (MGMT-1). Each is a SELECT of entries with `id`, the row's, and `at`;
 * facets have `bytes` beside it, the id as their index has it.
 */

import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { FacetName } from "../../domain/terms/facets.ts";
import { kindOf } from "./facets.ts";
import { listed } from "./filter-test.ts";
import { tags } from "../db/schema-catalogue.ts";
import { bytesOf, uuidOf } from "../db/uuid.ts";

export interface Seek {
  /** The entries of all values. An id may be there more than once. */
  readonly any: SQL;
  /** For each value its entries, none twice, in the order of `at` and `id`; none where they have no such order. */
  readonly each: readonly SQL[];
  /** The list's order whose value is `at`, so that its index narrows to a span; null = `at` says nothing. */
  readonly sort: string | null;
  /** Every entry's row fulfils the condition, and no row without an entry does. */
  readonly isExact: boolean;
  /** No row has entries of two values. */
  readonly isSingle: boolean;
  /** At most an entry per value. */
  readonly isFew: boolean;
  /** Entries that are gone through on the way to these. */
  readonly hops: readonly SQL[];
  /** The entries of one value are in the order of `at` and `bytes`, which is that of the ids. */
  readonly hasBytes: boolean;
  /** Whether one of these entries has the same `bytes` and `at`. */
  readonly has?: (bytes: SQL, at: SQL) => SQL;
}

const NO_ORDER = {
  each: [],
  sort: null,
  isExact: false,
  isSingle: false,
  isFew: false,
  hops: [],
  hasBytes: false,
} as const;

/** How far anything is gone through. */
export const WALK = 10_000;

/** A table of facets (src/domain/terms/facets.ts), in the order of creation within each value. */
export interface FacetTable {
  readonly table: SQLiteTable;
  readonly facet: SQLiteColumn;
  readonly value: SQLiteColumn;
  readonly createdAt: SQLiteColumn;
  readonly id: SQLiteColumn;
  /** What the row lists of them: those that SQL cannot fold. */
  readonly folded: SQLiteColumn;
}

/** Facets whose values are ids, in 16 bytes. */
const IDS: ReadonlySet<FacetName> = new Set(["product", "licensed-product", "template", "tag", "metadata-id"]);

/** Names and paths of ours; nothing that was sent. */
export function literal(text: string): SQL {
  if (text.includes("'")) throw new Error(`not a name of ours: ${text}`);
  return sql.raw(`'${text}'`);
}

export function facetSeek(
  facets: FacetTable,
  facet: FacetName,
  values: readonly (string | number)[],
  is: Pick<Seek, "isExact" | "isSingle">,
): Seek {
  const { value } = facets;
  const isId = IDS.has(facet);
  const any = isId ? sql`(SELECT ${bytesOf(sql`value`)} FROM json_each(${JSON.stringify(values)}))` : listed(values);
  const each = distinct(values).map((one) => sql`= ${isId ? bytesOf(String(one)) : one}`);
  const [only, ...more] = each;
  const condition = only === undefined || more.length > 0 ? sql`IN ${any}` : only;
  return {
    ...NO_ORDER,
    ...is,
    any: facetEntries(facets, facet, sql`${value} ${condition}`),
    each: each.map((one) => facetEntries(facets, facet, sql`${value} ${one}`)),
    has: (bytes, at) =>
      sql`EXISTS (SELECT 1 FROM ${facets.table} WHERE ${facets.facet} = ${kindOf(facet)} AND ${value} ${condition} AND ${facets.createdAt} = ${at} AND ${facets.id} = ${bytes})`,
    sort: "createdAt",
    hasBytes: true,
  };
}

/** Tags are asked for by name; the facets have their ids (REF-1). */
export function tagSeek(facets: FacetTable, names: readonly string[]): Seek {
  const { value } = facets;
  const named = (condition: SQL) => sql`(SELECT ${bytesOf(tags.id)} FROM ${tags} WHERE ${tags.name} ${condition})`;
  return {
    ...NO_ORDER,
    any: facetEntries(facets, "tag", sql`${value} IN ${named(sql`IN ${listed(names)}`)}`),
    each: distinct(names).map((name) => facetEntries(facets, "tag", sql`${value} = ${named(sql`= ${name}`)}`)),
    sort: "createdAt",
    isExact: true,
    hasBytes: true,
  };
}

/** A value that is asked for twice has its entries once. */
function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

function facetEntries({ table, id, createdAt, facet }: FacetTable, name: FacetName, condition: SQL): SQL {
  return sql`SELECT ${uuidOf(id)} AS id, ${id} AS bytes, ${createdAt} AS at FROM ${table} WHERE ${facet} = ${kindOf(name)} AND ${condition}`;
}

/** Sorts after all that begins alike. */
const LAST = sql`char(1114111)`;

export function facetStartSeek(facets: FacetTable, facet: FacetName, beginnings: readonly string[]): Seek {
  const { table, id, createdAt, value } = facets;
  return startSeek(
    value,
    beginnings,
    (begun, condition) =>
      sql`SELECT ${uuidOf(id)} AS id, ${createdAt} AS at FROM ${begun} CROSS JOIN ${table} WHERE ${facets.facet} = ${kindOf(facet)} AND ${condition}`,
  );
}

/** `entries`: by what comes first in their `FROM`, and a condition, that their `value` begins with one of these. */
export function startSeek(
  value: SQLWrapper,
  beginnings: readonly string[],
  entries: (begun: SQL, condition: SQL) => SQL,
): Seek {
  const begun = sql`json_each(${JSON.stringify(beginnings)}) AS beginning`;
  const condition = sql`${value} >= beginning.value AND ${value} < beginning.value || ${LAST}`;
  return { ...NO_ORDER, any: entries(begun, condition) };
}

/** `entries`: of a unique index, for a condition on its column. */
export function fewSeek(values: readonly string[], entries: (condition: SQL) => SQL): Seek {
  return { ...orderedSeek("createdAt", values, entries), isFew: true };
}

/**
 * Values whose entries, by a condition on the column that has them, are in the order of `sort`. `stored`: a value as
 * the column has it.
 */
export function orderedSeek(
  sort: string,
  values: readonly (string | number)[],
  entries: (condition: SQL) => SQL,
  stored = (value: SQL) => value,
): Seek {
  return {
    ...NO_ORDER,
    any: entries(sql`IN (SELECT ${stored(sql`value`)} FROM json_each(${JSON.stringify(values)}))`),
    each: distinct(values).map((value) => entries(sql`= ${stored(sql`${value}`)}`)),
    sort,
    isExact: true,
    isSingle: true,
  };
}

/** Each row at most once. */
export function unorderedSeek(any: SQL, isExact = false): Seek {
  return { ...NO_ORDER, any, isSingle: true, isExact };
}

/** Rows of any of a few. */
export function eitherSeek(seeks: readonly Seek[]): Seek {
  const entries = seeks.map(({ any }) => sql`SELECT id, at FROM (${any})`);
  return { ...NO_ORDER, any: sql.join(entries, sql` UNION ALL `), hops: seeks.flatMap(({ hops }) => hops) };
}

/**
 * The entries that other entries lead to: `onward` selects them from `hop`, which has the others' ids. Where there are
 * more than `WALK` of the others, they are not all there; then the hops are too many, and nobody goes this way.
 */
export function throughSeek(inner: Seek, onward: (hop: SQL) => SQL): Seek {
  const hop = sql`(SELECT DISTINCT id FROM (${inner.any} LIMIT ${WALK + 1}))`;
  return { ...NO_ORDER, any: onward(hop), hops: [...inner.hops, inner.any] };
}
