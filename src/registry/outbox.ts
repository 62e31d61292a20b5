/**
 * Events of creations and of the catalogue, whole, until they are handed over (EVT-3). The operation that wrote one
 * hands over at once; the cron is the net.
 */

import { asc, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../domain/event.ts";
import { insertEvents } from "./event-log.ts";
import { outbox } from "./schema.ts";
import { insertWhere, prepared } from "./statement.ts";

/** For the batch of the change (EVT-1): the event is written if, and only if, `condition` holds, as its change is. */
export function insertEvent(db: D1Database, event: LeaseholdEvent, condition: SQL = sql`true`): D1PreparedStatement {
  return prepared(db, insertWhere(outbox, { id: event.id, event: JSON.stringify(event) }, condition));
}

/**
 * Moves at most `limit` events, oldest first, to the event log in redacted form; answers how many. One atomic batch,
 * idempotent by event id: two that run at once move the same events and log each once.
 */
export async function drainOutbox(db: D1Database, limit: number): Promise<number> {
  const waiting = await drizzle(db).select().from(outbox).orderBy(asc(outbox.id)).limit(limit);
  if (waiting.length === 0) return 0;
  const events = waiting.map((row) => JSON.parse(row.event) as LeaseholdEvent);
  await db.batch([
    insertEvents(db, events),
    db
      .prepare("DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?1))")
      .bind(JSON.stringify(waiting.map((row) => row.id))),
  ]);
  return waiting.length;
}
