/** The event log read again for one webhook, in its order and in bounded steps (HOOK-4). */

import type { Actor } from "../../domain/license/calls.ts";
import type { Changes, EventType, LeaseholdEvent } from "../../domain/license/event.ts";
import { EVENT_COLUMNS, eventsFirst, eventsWith } from "./event-tables.ts";

export interface LoggedEvents {
  /** Those that the webhook wants, redacted as the log has them. */
  readonly wanted: readonly LeaseholdEvent[];
  /** Where the next step goes on; null = the log has no more. */
  readonly upto: string | null;
}

interface Row {
  readonly id: string;
  readonly type: EventType;
  readonly at: number;
  readonly subject_id: string;
  readonly sequence: number;
  readonly actor: string;
  readonly request_id: string;
  /** Null = it is not wanted. */
  readonly body: string | null;
}

/** Every id of an event at `at` (epoch ms) or later comes after this one. */
export function idBefore(at: number): string {
  const hex = Math.max(0, at).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

const AFTER = { above: "?2", below: "'~'", order: "ASC", most: "?3" } as const;

/** At most `most` events of the log beyond the id `after`. Patterns are matched, and its own suspensions
 * left out, as `wants` does. */
export async function loggedEvents(
  db: D1Database,
  webhookId: string,
  after: string,
  most: number,
): Promise<LoggedEvents> {
  const { results } = await db
    .prepare(
      `SELECT e.id, e.type, e.at, e.subject_id, e.sequence, e.actor, e.request_id,
         CASE WHEN EXISTS (SELECT 1 FROM webhooks w, json_each(w.events) p WHERE w.id = ?1
           AND NOT (e.type = 'webhook.suspended' AND e.subject_id = w.id)
           AND (p.value = e.type OR (p.value LIKE '%*' AND substr(e.type, 1, length(p.value) - 1) = substr(p.value, 1, length(p.value) - 1))))
         THEN e.body END AS body
       FROM ${eventsFirst(EVENT_COLUMNS, AFTER)} e ORDER BY e.id LIMIT ?3`,
    )
    .bind(webhookId, after, most)
    .all<Row>();
  const last = results.at(-1);
  return {
    wanted: results.flatMap(eventOf),
    upto: last === undefined || results.length < most ? null : last.id,
  };
}

/** One event of the log; empty if it is not there. */
export async function loggedEvent(db: D1Database, id: string): Promise<readonly LeaseholdEvent[]> {
  const row = await db
    .prepare(`SELECT * FROM ${eventsWith("id = ?1")}`)
    .bind(id)
    .first<Row>();
  return row === null ? [] : eventOf(row);
}

function eventOf({ id, type, at, subject_id, sequence, actor, request_id, body }: Row): readonly LeaseholdEvent[] {
  if (body === null) return [];
  const { changes, data } = JSON.parse(body) as { changes: Changes; data: LeaseholdEvent["data"] };
  const event = { id, type, at, subjectId: subject_id, sequence, requestId: request_id, changes, data };
  return [{ ...event, actor: JSON.parse(actor) as Actor }];
}
