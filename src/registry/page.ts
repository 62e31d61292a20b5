/** One page of a table for lists (MGMT-1): by number, or after a row (keyset). Every order ends in the id. */

import { and, asc, desc, getTableColumns, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** A row's place in an order: the value it is sorted by and its id. */
export interface Place {
  readonly value: number | string | null;
  readonly id: string;
}

export interface PageRequest<Sort extends string> {
  /** Member of the table; it should lead an index that ends in the id. */
  readonly sort: Sort;
  readonly descending: boolean;
  /** Rows, 1 to 100. */
  readonly limit: number;
  /** Rows to skip, or the place of the last row already seen. */
  readonly from: { readonly skip: number } | { readonly after: Place };
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** The place of the last row, if rows follow it. */
  readonly next: Place | null;
}

/** A list counts exactly to here. */
export const COUNT_LIMIT = 10_000;

interface Order {
  readonly column: SQLiteColumn;
  readonly id: SQLiteColumn;
  readonly descending: boolean;
}

/** `filter`: rows that the list has; undefined = all. */
export async function readPage<T extends SQLiteTable>(
  db: D1Database,
  table: T,
  request: PageRequest<string>,
  filter?: SQL,
): Promise<Page<T["$inferSelect"]>> {
  const order = orderOf(table, request);
  const skip = "skip" in request.from ? request.from.skip : 0;
  const wanted = request.limit + 1;
  const rows: T["$inferSelect"][] = [];
  for (const stretch of stretches(order, request.from)) {
    rows.push(...(await readStretch(db, table, order, and(filter, stretch), wanted - rows.length, skip)));
    if (rows.length === wanted) break;
  }
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  const next = rows.length <= request.limit || last === undefined ? null : placeOf(last, request.sort);
  return { rows: shown, next };
}

/** How many rows the list has, up to one more than `COUNT_LIMIT`. */
export async function countRows(db: D1Database, table: SQLiteTable, filter: SQL = sql`true`): Promise<number> {
  const counted = await drizzle(db).get<{ n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${filter} LIMIT ${COUNT_LIMIT + 1})`,
  );
  return counted.n;
}

function orderOf(table: SQLiteTable, { sort, descending }: PageRequest<string>): Order {
  const { [sort]: column, id } = getTableColumns(table);
  if (column === undefined || id === undefined) throw new Error(`no list is sorted by ${sort}`);
  return { column, id, descending };
}

function placeOf(row: object, sort: string): Place {
  return { value: Reflect.get(row, sort) as Place["value"], id: Reflect.get(row, "id") as string };
}

async function readStretch<T extends SQLiteTable>(
  db: D1Database,
  table: T,
  order: Order,
  condition: SQL | undefined,
  limit: number,
  skip: number,
): Promise<readonly T["$inferSelect"][]> {
  const direction = order.descending ? desc : asc;
  return await drizzle(db)
    .select()
    .from(table as SQLiteTable)
    .where(condition)
    .orderBy(direction(order.column), direction(order.id))
    .limit(limit)
    .offset(skip);
}

/**
 * What follows a place, as stretches to read one after the other. Voids (null) sort first, so a place among the voids
 * has values after it in ascending order, and a place among the values has voids after it in descending order. One
 * condition with OR would make SQLite sort the whole rest.
 */
function stretches({ column, id, descending }: Order, from: PageRequest<string>["from"]): readonly (SQL | undefined)[] {
  if ("skip" in from) return [undefined];
  const { value, id: lastId } = from.after;
  const beyond = descending ? sql`<` : sql`>`;
  if (value === null) {
    const voids = and(isNull(column), sql`${id} ${beyond} ${lastId}`);
    return descending ? [voids] : [voids, isNotNull(column)];
  }
  const values = sql`(${column}, ${id}) ${beyond} (${value}, ${lastId})`;
  return descending ? [values, isNull(column)] : [values];
}
