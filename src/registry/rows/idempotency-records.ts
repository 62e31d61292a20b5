/** Kept answers of creations that only write D1 (MGMT-4): one row per call with an `Idempotency-Key`, encrypted. */

import { and, eq, gt, lte, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { idempotencyRecords } from "../db/schema.ts";
import { insertWhere, prepared } from "../db/statement.ts";

export type IdempotencyRow = typeof idempotencyRecords.$inferSelect;

/** The statements that keep an answer, in the creation's batch and under its condition; none: nothing is kept. */
export type Kept = (condition?: SQL) => readonly D1PreparedStatement[];

/** The answer kept after `after` (epoch ms); null = none. */
export async function findRecord(db: D1Database, scope: string, after: number): Promise<IdempotencyRow | null> {
  const live = and(eq(idempotencyRecords.scope, scope), gt(idempotencyRecords.createdAt, after));
  return (await drizzle(db).select().from(idempotencyRecords).where(live).get()) ?? null;
}

/** A live row of the same scope fails the whole batch: a parallel copy was first. One from before `after` gives way. */
export function keptBy(db: D1Database, row: IdempotencyRow, after: number): Kept {
  const isOver = and(eq(idempotencyRecords.scope, row.scope), lte(idempotencyRecords.createdAt, after));
  return (condition = sql`1`) => [
    prepared(db, drizzle(db).delete(idempotencyRecords).where(isOver)),
    prepared(db, insertWhere(idempotencyRecords, row, condition)),
  ];
}

/** For an answer that goes with no other statement. Fails like the batch of a creation. */
export async function keepAlone(db: D1Database, kept: Kept): Promise<void> {
  const statements = [...kept()];
  if (statements.length > 0) await db.batch(statements);
}

/** True if a batch failed because its answer, or another body's, is kept already. */
export function isKeptAlready(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: idempotency_records\.scope/.test(error.message);
}

/** Deletes at most `limit` answers that were kept up to `upto` (epoch ms), oldest first; answers how many. */
export async function forgetRecords(db: D1Database, upto: number, limit: number): Promise<number> {
  const { meta } = await db.prepare(FORGET).bind(upto, limit).run();
  return meta.changes;
}

const FORGET =
  "DELETE FROM idempotency_records WHERE scope IN (SELECT scope FROM idempotency_records WHERE created_at <= ?1 ORDER BY created_at LIMIT ?2)";
