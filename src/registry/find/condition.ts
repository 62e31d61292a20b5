/**
 * Filters as SQL (MGMT-1). A condition is a predicate on a list's row and, where an index knows its rows, a seek. What
 * has no seek only narrows: it is looked at in rows that something else has found.
 */

import { and, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Field } from "./field.ts";
import { METADATA_MEMBERS, metadataPredicate, metadataSeek, type MetadataItems } from "./filter-metadata.ts";
import { askedOf, negated, type Test } from "./filter-test.ts";
import type { Filter, Member, Operator, Search, Wanted } from "./filter.ts";
import type { Seek } from "./seek.ts";

export interface Sort {
  readonly column: SQLiteColumn;
  /** Begins with the column and ends in the id. Without one the table has to be small. */
  readonly index?: string;
}

/** SQL on a row, by the member that its value gets. */
export type Beside = Readonly<Record<string, SQL | SQLiteColumn>>;

/** What a list is searched and sorted by: a declaration per table. */
export interface Findable<T extends SQLiteTable = SQLiteTable, B extends Beside = Beside> {
  readonly table: T;
  /** What is shown with a row: names and the like, so that nobody has to ask again. */
  readonly beside?: B;
  /** What is read of a row; unless given, all. */
  readonly columns?: SQL;
  readonly id: SQLiteColumn;
  readonly fields: Readonly<Record<string, Field>>;
  readonly sorts: Readonly<Record<string, Sort>>;
  readonly metadata?: MetadataItems;
  readonly related?: Related;
  /** How one word of `search` (lower case) is found; beside it, the text that it is in. */
  readonly word?: (word: string, text: string) => Pick<Condition, "predicate" | "seek">;
}

/**
 * Rows of another table that belong to one of the list's: one and the same of them fulfils all that is asked of them,
 * `ne`, `nc` and `nin` too. No index finds by them: they only narrow.
 */
export interface Related {
  /** By the names that the query has for them. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Tables and `WHERE`, as they follow a `FROM`: those of the row of this id. */
  readonly rows: (id: SQLWrapper) => SQL;
  /** The same of what is gone through on the way to them. */
  readonly hops: readonly ((id: SQLWrapper) => SQL)[];
}

export interface Condition {
  /** Where a refusal points. */
  readonly parameter: string;
  /** A boolean: all rows, or none. */
  readonly predicate: SQL | boolean;
  readonly seek: Seek | null;
  /** Where it is a span of what the list is sorted by. */
  readonly span: Span | null;
  /** Where it is about rows that belong to the list's. */
  readonly related?: Related;
}

export interface Span {
  readonly sort: string;
  /** From the first, included, to the second, excluded; null = without end. */
  readonly from: number | null;
  readonly below: number | null;
}

/** What the list's query may name. */
export function membersOf(list: Findable): Readonly<Record<string, Member>> {
  return { ...list.fields, ...list.related?.fields, ...(list.metadata === undefined ? {} : METADATA_MEMBERS) };
}

/** All of which a row has to fulfil. `now` in epoch ms. */
export function conditionsOf(list: Findable, { filters, search }: Wanted, now: number): readonly Condition[] {
  const { own = [], items = [], related = [] } = Object.groupBy(filters, ({ member }) => placeOf(list, member));
  return [
    ...fieldConditions(list, own, now),
    ...metadataConditions(list, items),
    ...relatedConditions(list, related, now),
    ...searchConditions(list, search),
  ];
}

function placeOf({ metadata, related }: Findable, member: string): "own" | "items" | "related" {
  if (metadata !== undefined && Object.hasOwn(METADATA_MEMBERS, member)) return "items";
  return related !== undefined && Object.hasOwn(related.fields, member) ? "related" : "own";
}

/** What rows are filtered by; those that are not sorted by anything have no `sorts`. */
type Filtered = Pick<Findable, "fields"> & Partial<Pick<Findable, "sorts">>;

function fieldConditions(of: Filtered, filters: readonly Filter[], now: number): readonly Condition[] {
  const { spans = [], values = [] } = Object.groupBy(filters, (filter) => kindOf(of, filter));
  const spansOfMembers = Object.values(Object.groupBy(spans, ({ member }) => member));
  return [
    ...values.map((filter) => valueCondition(fieldOf(of, filter.member), filter, now)),
    ...spansOfMembers.flatMap((ofMember = []) => spanConditions(of, ofMember, now)),
  ];
}

const COMPARING: ReadonlySet<Operator> = new Set(["gt", "gte", "lt", "lte"]);
const EQUAL: ReadonlySet<Operator> = new Set(["eq", "in"]);

function kindOf(of: Filtered, { member, operator, values }: Filter): "spans" | "values" {
  const isOneInstant = EQUAL.has(operator) && values.length === 1 && values[0] !== null;
  if (isOneInstant && fieldOf(of, member).type === "instant") return "spans";
  return COMPARING.has(operator) ? "spans" : "values";
}

function fieldOf({ fields }: Filtered, member: string): Field {
  const field = fields[member];
  if (field === undefined) throw new Error(`this list is not filtered by ${member}`);
  return field;
}

function valueCondition(field: Field, { parameter, operator, values }: Filter, now: number): Condition {
  const { test, isNot } = askedOf(field, operator, values);
  const predicate = field.matches(test, now);
  if (isNot) return { parameter, predicate: negated(predicate), seek: null, span: null };
  return { parameter, predicate, seek: field.seek?.(test, now) ?? null, span: null };
}

/** Comparisons of one member are one span, which an index finds as a whole. */
function spanConditions(of: Filtered, filters: readonly Filter[], now: number): readonly Condition[] {
  const [first] = filters;
  if (first === undefined) return [];
  const { parameter, member } = first;
  const field = fieldOf(of, member);
  const bounds = filters.map(({ operator, values: [value] }) => boundsOf(operator, Number(value)));
  const froms = bounds.flatMap(({ from }) => from ?? []);
  const belows = bounds.flatMap(({ below }) => below ?? []);
  const from = froms.length === 0 ? null : Math.max(...froms);
  const below = belows.length === 0 ? null : Math.min(...belows);
  const test: Test = { kind: "span", from, below };
  const span = of.sorts !== undefined && Object.hasOwn(of.sorts, member) ? { sort: member, from, below } : null;
  return [{ parameter, predicate: field.matches(test, now), seek: field.seek?.(test, now) ?? null, span }];
}

/** Values are whole numbers, and so are the bounds. */
function boundsOf(operator: Operator, value: number): { readonly from?: number; readonly below?: number } {
  switch (operator) {
    case "gt":
      return { from: value + 1 };
    case "gte":
      return { from: value };
    case "lt":
      return { below: value };
    case "lte":
      return { below: value + 1 };
    default:
      return { from: value, below: value + 1 };
  }
}

function metadataConditions({ metadata }: Findable, filters: readonly Filter[]): readonly Condition[] {
  const [first] = filters;
  if (first === undefined || metadata === undefined) return [];
  const predicate = metadataPredicate(metadata, filters);
  return [{ parameter: first.parameter, predicate, seek: metadataSeek(metadata, filters), span: null }];
}

function relatedConditions({ id, related }: Findable, filters: readonly Filter[], now: number): readonly Condition[] {
  const [first] = filters;
  if (first === undefined || related === undefined) return [];
  const asked = fieldConditions(related, filters, now).map(({ predicate }) => predicate);
  const all = and(
    ...asked.map((predicate) => (typeof predicate === "boolean" ? sql.raw(String(predicate)) : predicate)),
  );
  const predicate = sql`EXISTS (SELECT 1 FROM ${related.rows(id)} AND ${all})`;
  return [{ parameter: first.parameter, predicate, seek: null, span: null, related }];
}

function searchConditions({ word }: Findable, search: Search | null): readonly Condition[] {
  if (search === null || word === undefined) return [];
  const { parameter, words, text } = search;
  if (words.length === 0) return [{ parameter, predicate: false, seek: null, span: null }];
  return words.map((one) => ({ parameter, span: null, ...word(one, text) }));
}
