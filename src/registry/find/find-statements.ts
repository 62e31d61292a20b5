/**
 * The statements that find pages of lists (MGMT-1). Each seeks, or walks an index in its order up to a limit; nothing
 * here reads a table from end to end. CROSS JOIN keeps the order of the loops, whatever SQLite believes without
 * statistics.
 */

import { and, sql, type SQL } from "drizzle-orm";
import type { Findable, Sort, Span } from "./condition.ts";
import { indexedBy } from "./field.ts";
import { isWithin } from "./filter-test.ts";
import { inOrder, stretches, upTo, type Order } from "./order.ts";
import type { PageRequest, Place } from "./page.ts";
import { WALK, type Seek } from "./seek.ts";

export type Request = PageRequest<string>;

export function sortOf({ sorts }: Findable, { sort }: Request): Sort {
  const found = sorts[sort];
  if (found === undefined) throw new Error(`this list is not sorted by ${sort}`);
  return found;
}

/** A row's own, and what is shown beside it. */
export function columnsOf({ table, columns = sql`${table}.*`, beside = {} }: Findable): SQL {
  const more = Object.entries(beside).map(([member, what]) => sql`, ${what} AS ${sql.identifier(member)}`);
  return sql`${columns}${sql.join(more)}`;
}

/** The whole list in an order. */
export function entriesOf(list: Findable, request: Request): SQL {
  const { column, index } = sortOf(list, request);
  return sql`SELECT ${list.id} AS id, ${column} AS at FROM ${list.table} ${indexedBy(index)}`;
}

export function within(entries: SQL, span: Span | null): SQL {
  return span === null ? entries : sql`SELECT * FROM (${entries}) WHERE ${isWithin(sql`at`, span.from, span.below)}`;
}

/** Entries in an order: of the ids, or of their `bytes`. */
export interface Entries {
  readonly select: SQL;
  readonly hasBytes: boolean;
}

/** By entries. */
export function orderOf(list: Findable, request: Request, { hasBytes }: Pick<Entries, "hasBytes">): Order {
  const hasVoids = !sortOf(list, request).column.notNull;
  const id = hasBytes ? sql`place.bytes` : sql`place.id`;
  return { at: sql`place.at`, id, hasBytes, descending: request.descending, hasVoids };
}

/** D1 takes no more SELECTs in one. */
export const MOST_MERGED = 5;

/** Any number of them, as a tree of such. */
export function unionOf(arms: readonly SQL[]): SQL {
  if (arms.length <= MOST_MERGED) return sql.join([...arms], sql` UNION ALL `);
  const size = Math.ceil(arms.length / MOST_MERGED);
  const groups = Array.from({ length: MOST_MERGED }, (_, at) => arms.slice(at * size, (at + 1) * size));
  return unionOf(groups.filter((group) => group.length > 0).map((group) => sql`SELECT * FROM (${unionOf(group)})`));
}

/** Entries of several values in one order: SQLite merges them row by row, each seeking in its index. */
export function merged(each: readonly SQL[]): SQL {
  return sql.join([...each], sql` UNION ALL `);
}

/** How many entries there are, up to one more than `WALK`. To step over so many takes a third of counting them. */
export function countOf(entries: SQL): SQL {
  const beyond = sql`SELECT 1 FROM (${entries}) LIMIT 1 OFFSET ${WALK}`;
  const counted = sql`SELECT count(*) FROM (SELECT 1 FROM (${entries}) LIMIT ${WALK + 1})`;
  return sql`SELECT CASE WHEN (${beyond}) THEN ${WALK + 1} ELSE (${counted}) END AS n`;
}

/** The same of a seek and of all that is gone through on its way: the most of them. */
export function measureOf({ any, hops }: Pick<Seek, "any" | "hops">): SQL {
  const counts = [any, ...hops].map((entries) => sql`(${countOf(entries)})`);
  return counts.length === 1 ? countOf(any) : sql`SELECT max(${sql.join(counts, sql`, `)}) AS n`;
}

/** Rows of entries in their order: of what follows a place, or of all but the first ones. */
export function pagesOf(list: Findable, entries: Entries, request: Request): readonly SQL[] {
  const order = orderOf(list, request, entries);
  const columns = entries.hasBytes ? sql`id, bytes, at` : sql`id, at`;
  const { from, limit } = request;
  const [skip, parts] = "skip" in from ? [from.skip, [sql`true`]] : [0, stretches(order, from.after)];
  return parts.map(
    (stretch) =>
      sql`SELECT ${columnsOf(list)} FROM (SELECT ${columns} FROM (${entries.select}) AS place WHERE ${stretch} ${inOrder(order)} LIMIT ${limit + 1} OFFSET ${skip}) AS place
        CROSS JOIN ${list.table} ON ${list.id} = place.id ${inOrder(order)}`,
  );
}

/** The first places of entries, or those that follow a place. */
export function placesOf(list: Findable, entries: Entries, request: Request, most: number): readonly SQL[] {
  const order = orderOf(list, request, entries);
  const after = "after" in request.from ? request.from.after : null;
  return stretches(order, after).map(
    (stretch) => sql`SELECT id, at FROM (${entries.select}) AS place WHERE ${stretch} ${inOrder(order)} LIMIT ${most}`,
  );
}

/** A page of places that are each in order, but not together. */
export function mergedPage(list: Findable, places: readonly SQL[], request: Request): SQL {
  const { limit, from } = request;
  const order = orderOf(list, request, { hasBytes: false });
  const skip = "skip" in from ? from.skip : 0;
  const each = places.map((place) => sql`SELECT * FROM (${place})`);
  return sql`SELECT ${columnsOf(list)} FROM (SELECT id, at FROM (${unionOf(each)}) AS place ${inOrder(order)} LIMIT ${limit + 1} OFFSET ${skip}) AS place
    CROSS JOIN ${list.table} ON ${list.id} = place.id ${inOrder(order)}`;
}

/** The place at which a walk of so many entries has to stop, if it has to. */
export function walkEnd(entries: SQL, order: Order, stretch: SQL, steps: number): SQL {
  return sql`SELECT id, at FROM (${entries}) AS place WHERE ${stretch} ${inOrder(order)} LIMIT 1 OFFSET ${steps - 1}`;
}

/** How many entries the stretch has, if the walk does not have to stop in it. */
export function walkLength(entries: SQL, stretch: SQL, steps: number): SQL {
  return sql`SELECT count(*) AS n FROM (SELECT 1 FROM (${entries}) AS place WHERE ${stretch} LIMIT ${steps})`;
}

/** Places on a walk whose rows fulfil it all. */
export function walked(
  { table, id }: Findable,
  entries: SQL,
  order: Order,
  predicate: SQL | undefined,
  stretch: SQL,
  end: Place | null,
  most: number,
): SQL {
  const condition = and(stretch, end === null ? undefined : upTo(order, end), predicate);
  return sql`SELECT place.id AS id, place.at AS at FROM (${entries}) AS place CROSS JOIN ${table} ON ${id} = place.id
    WHERE ${condition} ${inOrder(order)} LIMIT ${most}`;
}

export function rowsOf(list: Findable, ids: readonly string[]): SQL {
  const { table, id } = list;
  return sql`SELECT ${columnsOf(list)} FROM ${table} WHERE ${id} IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`;
}
