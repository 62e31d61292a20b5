/** What the event log forgets (EVT-4), in bounded steps: the cron comes again. */

import { beginningAt } from "./event-log-seek.ts";
import { eventsOf, type EventTable } from "./event-tables.ts";

/** Deletes at most `limit` events from before `before` (epoch ms, by their ids); answers how many. */
export async function forgetOlder(db: D1Database, table: EventTable, before: number, limit: number): Promise<number> {
  const { meta } = await db.prepare(forgettingOlder(table)).bind(beginningAt(before), limit).run();
  return meta.changes;
}

/**
 * Deletes at most `limit` of the events that came first while there are more than `most`; answers how many. Their
 * number is told by the first and last rowid, which nothing has to count: gaps make it larger, never smaller.
 */
export async function forgetBeyond(db: D1Database, table: EventTable, most: number, limit: number): Promise<number> {
  const { meta } = await db.prepare(forgettingBeyond(table)).bind(most, limit).run();
  return meta.changes;
}

/** Exported for a test, which has them explained. */
export function forgettingOlder(table: EventTable): string {
  return `DELETE FROM ${table} WHERE rowid IN (${eventsOf(table, `${table}.rowid`, "id < ?1")} LIMIT ?2)`;
}

export function forgettingBeyond(table: EventTable): string {
  return `DELETE FROM ${table} WHERE rowid IN (
    SELECT rowid FROM ${table} WHERE rowid <= (SELECT max(rowid) FROM ${table}) - ?1 ORDER BY rowid LIMIT ?2)`;
}
