/**
 * Events of creations and of the catalogue, whole, until they are handed over (EVT-3). After the answer to the call
 * that wrote one it is handed over at once (src/operations/webhook/hand-over.ts); the cron is the net.
 */

import { and, asc, eq, lte, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { insertEvents } from "./event-log.ts";
import { outbox } from "../db/schema.ts";
import { insertEach, insertWhere, prepared } from "../db/statement.ts";
import { liveWebhooksOf, selectLiveWebhooks, type LiveWebhook } from "../object/live-webhooks.ts";

/** For the batch of the change (EVT-1): the event is written if, and only if, `condition` holds, as its change is. */
export function insertEvent(db: D1Database, event: LeaseholdEvent, condition: SQL = sql`true`): D1PreparedStatement {
  return prepared(db, insertWhere(outbox, rowOf(event), condition));
}

/** The same of many, of a change that is all of theirs. */
export function insertAllEvents(
  db: D1Database,
  events: readonly LeaseholdEvent[],
  condition: SQL,
): D1PreparedStatement {
  return prepared(db, insertEach(outbox, events.map(rowOf), condition));
}

function rowOf(event: LeaseholdEvent): typeof outbox.$inferInsert {
  return { id: event.id, event: JSON.stringify(event) };
}

/** An event that waits. */
export interface WaitingEvent {
  readonly id: string;
  /** Null: what is stored is no event of this id. */
  readonly event: LeaseholdEvent | null;
  /** Hand-overs of it alone that failed. */
  readonly tries: number;
}

/** At most `limit` of those that are due at `now` (epoch ms): first those that nobody has tried, the oldest first. */
export async function dueEvents(db: D1Database, now: number, limit: number): Promise<readonly WaitingEvent[]> {
  const rows = await drizzle(db)
    .select()
    .from(outbox)
    .where(lte(outbox.dueAt, now))
    .orderBy(asc(outbox.dueAt), asc(outbox.id))
    .limit(limit);
  return rows.map(({ id, event, tries }) => ({ id, event: parsed(id, event), tries }));
}

/**
 * Logs the events in redacted form and answers which webhooks take events, in one atomic batch (EVT-3). Repeating is
 * free of effect.
 */
export async function logEvents(db: D1Database, events: readonly LeaseholdEvent[]): Promise<readonly LiveWebhook[]> {
  const [live] = await db.batch([selectLiveWebhooks(db), ...insertEvents(db, events)]);
  return liveWebhooksOf(live?.results ?? []);
}

/** They are handed over: the only mark of it. */
export async function endEvents(db: D1Database, ids: readonly string[]): Promise<void> {
  await db.prepare(`DELETE FROM outbox WHERE ${AMONG}`).bind(JSON.stringify(ids)).run();
}

/** A webhook did not answer: they wait until `dueAt` (epoch ms), and get in nobody's way. */
export async function putOffEvents(db: D1Database, ids: readonly string[], dueAt: number): Promise<void> {
  await db.prepare(`UPDATE outbox SET due_at = ?2 WHERE ${AMONG}`).bind(JSON.stringify(ids), dueAt).run();
}

/** D1 refuses the event: one try more, unless another run has counted this one, and the next at `dueAt` (epoch ms). */
export async function countFailure(db: D1Database, { id, tries }: WaitingEvent, dueAt: number): Promise<void> {
  await drizzle(db)
    .update(outbox)
    .set({ tries: tries + 1, dueAt })
    .where(and(eq(outbox.id, id), eq(outbox.tries, tries)));
}

/** One JSON parameter, since D1 binds at most 100. */
const AMONG = "id IN (SELECT value FROM json_each(?1))";

function parsed(id: string, text: string): LeaseholdEvent | null {
  try {
    const event = JSON.parse(text) as LeaseholdEvent | null;
    return event?.id === id ? event : null;
  } catch {
    return null;
  }
}
