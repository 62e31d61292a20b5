/**
 * Finds a page of a list (MGMT-1) by filters, in an order, with bounded work whatever the table's size:
 * - all filters are what one index is in order of: the page is read where it lies in it, of a few values merged;
 * - else the filter with the fewest index entries leads, if it has at most `WALK`, and the others are looked at in its
 *   rows;
 * - else the order is walked for at most `WALK` rows, unless a filter has no index.
 */

import { and, getTableColumns, sql, type SQL } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { RowOf } from "../db/question.ts";
import { conditionsOf, type Beside, type Condition, type Findable, type Span } from "./condition.ts";
import {
  countOf,
  entriesOf,
  merged,
  mergedPage,
  MOST_MERGED,
  pagesOf,
  placesOf,
  rowsOf,
  sortOf,
  within,
  type Entries,
  type Request,
} from "./find-statements.ts";
import { walkTo } from "./find-walk.ts";
import type { Wanted } from "./filter.ts";
import type { Page, Place } from "./page.ts";
import { WALK, type Seek } from "./seek.ts";
import { atOnce, type Lead, type Told } from "./find-at-once.ts";
import { preparedOnce } from "../db/statement.ts";

export type Found<Row> =
  /** `total` up to one more than `COUNT_LIMIT`; null = counting would take too much. */
  { readonly found: true; readonly page: Page<Row>; readonly total: number | null } | NotFound;

export type NotFound =
  /** No index narrows enough: this parameter needs another one beside it. */
  | { readonly found: false; readonly why: "too-broad"; readonly parameter: string }
  /** The page is so far from the beginning that the rows of several values up to it are more than `WALK`. */
  | { readonly found: false; readonly why: "too-deep" };

export function mapped<Row, Resource>(result: Found<Row>, resource: (row: Row) => Resource): Found<Resource> {
  return result.found ? { ...result, page: { ...result.page, rows: result.page.rows.map(resource) } } : result;
}

type RawRow = Readonly<Record<string, unknown>>;

/** `now` in epoch ms. */
export async function find<T extends SQLiteTable, B extends Beside = Readonly<Record<never, never>>>(
  db: D1Database,
  list: Findable<T, B>,
  request: Request,
  wanted: Wanted,
  now: number,
): Promise<Found<T["$inferSelect"] & RowOf<B>>> {
  return mapped(await findRows(db, list, request, wanted, now), (row) => rowOf(list, row));
}

/** The same, without what else is in the rows. */
export async function findIds(
  db: D1Database,
  list: Findable,
  request: Request,
  wanted: Wanted,
  now: number,
): Promise<Found<string>> {
  const columns = sql`${list.id}, ${sortOf(list, request).column}`;
  return mapped(await findRows(db, { ...list, columns, beside: {} }, request, wanted, now), ({ id }) => String(id));
}

async function findRows(
  db: D1Database,
  list: Findable,
  request: Request,
  wanted: Wanted,
  now: number,
): Promise<Found<RawRow>> {
  const conditions = conditionsOf(list, wanted, now).filter(({ predicate }) => predicate !== true);
  if (conditions.some(({ predicate }) => predicate === false)) {
    return { found: true, page: { rows: [], next: null }, total: 0 };
  }
  const straight = straightEntries(list, request, conditions);
  if (straight !== null) {
    const { each, hasBytes } = straight;
    return each.length > 0 && each.length <= MOST_MERGED
      ? await readStraight(db, list, request, { select: merged(each), hasBytes })
      : await readMerged(db, list, request, straight);
  }
  const seeks = conditions.flatMap(({ seek }) => seek ?? []);
  const narrowing = conditions.find(({ seek, span }) => seek === null && span?.sort !== request.sort);
  const walk = narrowing === undefined ? walkEntries(list, request, conditions) : null;
  const few = seeks.find(({ isFew }) => isFew) ?? null;
  const leads = few === null ? leadsOf(list, seeks, conditions) : [];
  const plan = { list, request, conditions, few, leads, walk };
  const { results } = await preparedOnce(db, atOnce(plan)).all<Told & RawRow>();
  const [told] = results;
  if (told === undefined) throw new Error("what is told of a page comes without rows, too");
  const rows = results.filter((row) => row["id"] !== null);
  if (told.led === 1 || told.filled === 1) {
    const page = pageOf(list, rows, request, told.filled === 1 && told.cut === 1);
    return { found: true, page, total: told.total };
  }
  if (narrowing !== undefined) return { found: false, why: "too-broad", parameter: narrowing.parameter };
  const walked = walk === null ? null : await walkTo(db, list, request, walk, predicateOf(conditions));
  if (walked === null) return { found: false, why: "too-broad", parameter: conditions[0]?.parameter ?? "" };
  return { found: true, page: await readPlaces(db, list, request, walked.places, walked.hasMore), total: told.total };
}

interface Straight {
  /** Several SELECTs where several values are asked for. */
  readonly each: readonly SQL[];
  readonly hasBytes: boolean;
}

/** Entries in the order asked for, all rows and no others. */
function straightEntries(list: Findable, request: Request, conditions: readonly Condition[]): Straight | null {
  const span = spanOf(conditions, request.sort);
  const [only, ...more] = conditions.filter((condition) => condition.span === null || condition.span !== span);
  if (only === undefined) return { each: [within(entriesOf(list, request), span)], hasBytes: false };
  const { seek } = only;
  if (more.length > 0 || seek === null || !seek.isExact || seek.sort !== request.sort) return null;
  if (seek.each.length === 0 || (seek.each.length > 1 && !seek.isSingle)) return null;
  return { each: seek.each.map((entries) => within(entries, span)), hasBytes: seek.hasBytes };
}

function spanOf(conditions: readonly Condition[], sort: string | null): Span | null {
  return conditions.find(({ span }) => span !== null && span.sort === sort)?.span ?? null;
}

async function readStraight(
  db: D1Database,
  list: Findable,
  request: Request,
  entries: Entries,
): Promise<Found<RawRow>> {
  const pages = pagesOf(list, entries, request);
  const results = await batched<RawRow>(db, [...pages, countOf(entries.select)]);
  const rows = results.slice(0, pages.length).flat();
  return { found: true, page: pageOf(list, rows, request), total: numberIn(results.at(-1)) };
}

async function readMerged(
  db: D1Database,
  list: Findable,
  request: Request,
  { each, hasBytes }: Straight,
): Promise<Found<RawRow>> {
  const skip = "skip" in request.from ? request.from.skip : 0;
  const most = skip + request.limit + 1;
  if (each.length * (skip + request.limit) > WALK) return { found: false, why: "too-deep" };
  const places = each.flatMap((select) => placesOf(list, { select, hasBytes }, request, most));
  const [rows = [], ...counts] = await batched<RawRow>(db, [mergedPage(list, places, request), ...each.map(countOf)]);
  const total = counts.reduce((sum, counted) => sum + numberIn(counted), 0);
  return { found: true, page: pageOf(list, rows, request), total };
}

async function readPlaces(
  db: D1Database,
  list: Findable,
  request: Request,
  places: readonly Place[],
  hasMore: boolean,
): Promise<Page<RawRow>> {
  const shown = places.slice(0, request.limit);
  const ids = shown.map(({ id }) => id);
  const found = ids.length === 0 ? [] : (await batched<RawRow>(db, [rowsOf(list, ids)]))[0];
  const byId = new Map((found ?? []).map((row) => [row["id"], row] as const));
  const next = hasMore ? (shown.at(-1) ?? null) : null;
  const rows = ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
  return { rows, next };
}

/** What could lead, the list itself included. */
function leadsOf(list: Findable, seeks: readonly Seek[], conditions: readonly Condition[]): readonly Lead[] {
  const leads = seeks.map((seek) => ({ ...seek, any: narrowedEntries(seek, conditions) }));
  // A seek with an entry per row at most is no larger than the list.
  return seeks.some(({ isSingle }) => isSingle) ? leads : [...leads, { any: allEntries(list), hops: [] }];
}

/** Entries that are in the order of a span for each value are narrowed by it in their index. */
function narrowedEntries(seek: Seek, conditions: readonly Condition[]): SQL {
  return seek.each.length === 0 ? seek.any : within(seek.any, spanOf(conditions, seek.sort));
}

function allEntries(list: Findable): SQL {
  const [sort = ""] = Object.keys(list.sorts);
  return entriesOf(list, { sort, descending: false, limit: 1, from: { skip: 0 } });
}

/** Entries in the order asked for that no row is missing from: of a filter, or of the list. */
function walkEntries(list: Findable, request: Request, conditions: readonly Condition[]): Entries {
  const inOrder = conditions.find(({ seek }) => seek !== null && seek.sort === request.sort && seek.each.length === 1);
  const [entries = entriesOf(list, request)] = inOrder?.seek?.each ?? [];
  return {
    select: within(entries, spanOf(conditions, request.sort)),
    hasBytes: inOrder?.seek?.hasBytes === true,
  };
}

function predicateOf(conditions: readonly Condition[]): SQL | undefined {
  return and(...conditions.flatMap(({ predicate }) => (typeof predicate === "boolean" ? [] : [predicate])));
}

async function batched<Row>(db: D1Database, statements: readonly SQL[]): Promise<readonly (readonly Row[])[]> {
  const results = await db.batch<Row>(statements.map((statement) => preparedOnce(db, statement)));
  return results.map((result) => result.results);
}

/** `rows` in their order, one more than the page where there are more; `hasMore`: there may be even without that. */
function pageOf(list: Findable, rows: readonly RawRow[], request: Request, hasMore = false): Page<RawRow> {
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  const { column } = list.sorts[request.sort] ?? {};
  const isFull = rows.length > shown.length || (hasMore && shown.length === request.limit);
  const next = isFull && last !== undefined && column !== undefined;
  return { rows: shown, next: next ? placeIn({ id: last["id"], at: last[column.name] }) : null };
}

function placeIn({ id, at }: RawRow): Place {
  return { value: at as Place["value"], id: String(id) };
}

function numberIn(rows: readonly RawRow[] | undefined): number {
  return Number(rows?.[0]?.["n"] ?? 0);
}

/** As drizzle reads a row. */
function rowOf<T extends SQLiteTable, B extends Beside>(
  { table, beside }: Findable<T, B>,
  row: RawRow,
): T["$inferSelect"] & RowOf<B> {
  const members = Object.entries(getTableColumns(table)).map(([member, column]) => {
    const value = row[column.name] ?? null;
    return [member, value === null ? null : column.mapFromDriverValue(value)];
  });
  const more = Object.keys(beside ?? {}).map((member) => [member, row[member] ?? null]);
  return Object.fromEntries([...members, ...more]) as T["$inferSelect"] & RowOf<B>;
}
