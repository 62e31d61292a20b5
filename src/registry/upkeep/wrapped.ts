/**
 * Every ciphertext in D1 by the wrapping key that it is under (CFG-3): signing keys, the secrets of webhooks, kept
 * answers.
 */

import { and, asc, count, eq, gt, lt, or, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import { idempotencyRecords, webhooks } from "../db/schema.ts";
import { signingKeys } from "../db/schema-catalogue.ts";
import { prepared } from "../db/statement.ts";

export type WrappedKind = "signing-key" | "webhook" | "idempotency-record";

interface Columns {
  readonly table: SQLiteTable;
  readonly id: SQLiteColumn;
  readonly ciphertext: SQLiteColumn;
  readonly wrappingKey: SQLiteColumn;
}

const TABLES: Readonly<Record<WrappedKind, Columns>> = {
  "signing-key": {
    table: signingKeys,
    id: signingKeys.kid,
    ciphertext: signingKeys.privateKey,
    wrappingKey: signingKeys.wrappingKey,
  },
  webhook: { table: webhooks, id: webhooks.id, ciphertext: webhooks.secrets, wrappingKey: webhooks.wrappingKey },
  "idempotency-record": {
    table: idempotencyRecords,
    id: idempotencyRecords.scope,
    ciphertext: idempotencyRecords.answer,
    wrappingKey: idempotencyRecords.wrappingKey,
  },
};

export interface WrappedRow {
  readonly id: string;
  readonly ciphertext: string;
  readonly wrappingKey: string;
}

/** A row's new ciphertext in place of the one that was read. */
export interface RewrappedRow extends WrappedRow {
  readonly was: string;
}

/** Rows under `wrappingKey`, at most `limit`, in the order of their ids after `after` ("" = from the first). */
export async function wrappedUnder(
  db: D1Database,
  kind: WrappedKind,
  wrappingKey: string,
  after: string,
  limit: number,
): Promise<readonly WrappedRow[]> {
  const columns = TABLES[kind];
  return (await drizzle(db)
    .select({ id: columns.id, ciphertext: columns.ciphertext, wrappingKey: columns.wrappingKey })
    .from(columns.table)
    .where(and(eq(columns.wrappingKey, wrappingKey), gt(columns.id, after)))
    .orderBy(asc(columns.id))
    .limit(limit)) as readonly WrappedRow[];
}

/** Unless a row has another ciphertext by now: another run was faster, or a webhook's token was replaced. */
export async function saveWrapped(
  db: D1Database,
  kind: WrappedKind,
  [first, ...others]: readonly RewrappedRow[],
): Promise<void> {
  const { table, id, ciphertext, wrappingKey } = TABLES[kind];
  const save = (row: RewrappedRow) =>
    prepared(
      db,
      sql`UPDATE ${table} SET ${name(ciphertext)} = ${row.ciphertext}, ${name(wrappingKey)} = ${row.wrappingKey}
          WHERE ${and(eq(id, row.id), eq(ciphertext, row.was))}`,
    );
  if (first !== undefined) await db.batch([first, ...others].map(save));
}

/** How many are not under `wrappingKey`, by the wrapping key that they name. */
export async function wrappedUnderOthers(db: D1Database, wrappingKey: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const columns of Object.values(TABLES)) {
    const rows = await drizzle(db)
      .select({ name: columns.wrappingKey, rows: count() })
      .from(columns.table)
      // Two ranges of the index; for `<>` SQLite reads the whole table.
      .where(or(lt(columns.wrappingKey, wrappingKey), gt(columns.wrappingKey, wrappingKey)))
      .groupBy(columns.wrappingKey);
    for (const row of rows) {
      const key = row.name as string;
      counts.set(key, (counts.get(key) ?? 0) + row.rows);
    }
  }
  return counts;
}

/** For a statement that may only run when nothing is under `wrappingKey` any more. */
export function nothingUnder(wrappingKey: string): SQL {
  const conditions = Object.values(TABLES).map(
    (columns) => sql`NOT EXISTS (SELECT 1 FROM ${columns.table} WHERE ${eq(columns.wrappingKey, wrappingKey)})`,
  );
  return sql.join(conditions, sql` AND `);
}

function name(column: SQLiteColumn): SQL {
  return sql`${sql.identifier(column.name)}`;
}
