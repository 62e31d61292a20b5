/** One page of a table for lists (MGMT-1): by number, or after a row (keyset). Every order ends in the id. */

import { and, asc, desc, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/** A row's place in an order: the value it is sorted by and its id. */
export interface Place {
  readonly value: number | string | null;
  readonly id: string;
}

export interface PageRequest<Sort extends string> {
  readonly sort: Sort;
  readonly descending: boolean;
  /** Rows, 1 to 100. */
  readonly limit: number;
  /** Rows to skip, or the place of the last row already seen. */
  readonly from: { readonly skip: number } | { readonly after: Place };
}

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** True if rows follow this page. */
  readonly more: boolean;
}

/** A list counts exactly to here. */
export const COUNT_LIMIT = 10_000;

interface Order {
  readonly column: SQLiteColumn;
  readonly id: SQLiteColumn;
  readonly descending: boolean;
}

/** The page's rows in order. `column` is what `request.sort` names; it should lead an index that ends in the id. */
export async function readPage<T extends SQLiteTable>(
  db: D1Database,
  table: T,
  column: SQLiteColumn,
  id: SQLiteColumn,
  request: PageRequest<string>,
): Promise<Page<T["$inferSelect"]>> {
  const order = { column, id, descending: request.descending };
  const wanted = request.limit + 1;
  const rows: T["$inferSelect"][] = [];
  for (const stretch of stretches(order, request.from)) {
    const skip = "skip" in request.from ? request.from.skip : 0;
    rows.push(...(await readStretch(db, table, order, stretch, wanted - rows.length, skip)));
    if (rows.length === wanted) break;
  }
  return { rows: rows.slice(0, request.limit), more: rows.length > request.limit };
}

/** How many rows the table has, up to one more than `COUNT_LIMIT`. */
export async function countRows(db: D1Database, table: SQLiteTable): Promise<number> {
  const counted = await drizzle(db).get<{ n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} LIMIT ${COUNT_LIMIT + 1})`,
  );
  return counted.n;
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
