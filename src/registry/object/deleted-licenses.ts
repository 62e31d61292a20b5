/**
 * D1's memory of deleted licenses (DEL-1): it keeps late batches from bringing rows back.
 * src/registry/object/commit.ts writes it.
 */

/** Longer than D1 can be set back (ms). */
const KEPT = 35 * 86_400_000;
/** Rows of one run; the cron comes again. */
const MOST = 1000;

/** Forgets ids whose time is over, in a bounded step. */
export async function forgetDeleted(db: D1Database, now: number): Promise<void> {
  await db
    .prepare(
      "DELETE FROM deleted_licenses WHERE id IN (SELECT id FROM deleted_licenses WHERE deleted_at <= ?1 LIMIT ?2)",
    )
    .bind(now - KEPT, MOST)
    .run();
}
