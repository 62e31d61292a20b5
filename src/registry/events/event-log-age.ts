/** What the event log forgets (EVT-4), in bounded steps: the cron comes again. */

import { beginningAt } from "./event-log-seek.ts";

/** Deletes at most `limit` events from before `before` (epoch ms, by their ids), oldest first; answers how many. */
export async function forgetOlder(db: D1Database, before: number, limit: number): Promise<number> {
  const { meta } = await db.prepare(FORGET_OLDER).bind(beginningAt(before), limit).run();
  return meta.changes;
}

/**
 * Deletes at most `limit` of the events that came first while there are more than `most`; answers how many. Their
 * number is told by the first and last rowid, which nothing has to count: gaps make it larger, never smaller.
 */
export async function forgetBeyond(db: D1Database, most: number, limit: number): Promise<number> {
  const { meta } = await db.prepare(FORGET_BEYOND).bind(most, limit).run();
  return meta.changes;
}

/** Exported for a test, which has them explained. */
export const FORGET_OLDER =
  "DELETE FROM event_log WHERE id IN (SELECT id FROM event_log WHERE id < ?1 ORDER BY id LIMIT ?2)";
export const FORGET_BEYOND = `DELETE FROM event_log WHERE rowid IN (
  SELECT rowid FROM event_log WHERE rowid <= (SELECT max(rowid) FROM event_log) - ?1 ORDER BY rowid LIMIT ?2)`;
