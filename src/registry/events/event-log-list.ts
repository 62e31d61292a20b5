/** Reads the event log: one event, and pages of it in the order of the ids. */

import type { Actor } from "../../domain/license/calls.ts";
import type { Changes, EventType } from "../../domain/license/event.ts";
import { eventLogStatements, type EventLogFilter, type EventLogRequest, type Statement } from "./event-log-seek.ts";
import type { eventLog } from "../db/schema.ts";
import { EVENT_TABLES, eventsWith } from "./event-tables.ts";

/** As it was logged: without keys, secrets, tokens, devices and people. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: EventType;
  readonly subjectId: string;
  readonly sequence: number;
  readonly actor: Actor;
  readonly requestId: string;
  readonly changes: Changes;
  readonly data: Readonly<Record<string, unknown>>;
  /** Something had no room (EVT-4). */
  readonly truncated: boolean;
}

export interface EventLogPage {
  readonly events: readonly LoggedEvent[];
  /** From where to go on; null = there are no more. */
  readonly next: string | null;
  /** Up to one more than `COUNT_LIMIT`; null = that would take too much. */
  readonly total: number | null;
}

export async function findEvent(db: D1Database, id: string): Promise<LoggedEvent | null> {
  const statement = db.prepare(`SELECT ${SHOWN} FROM ${eventsWith("id = ?1")}`).bind(id);
  const row = await statement.first<typeof eventLog.$inferSelect>();
  return row === null ? null : loggedEventOf(row);
}

/**
 * A page may have fewer events than asked for and a `next` all the same: where it looked through `WALK` of a
 * resource's.
 */
export async function listEvents(
  db: D1Database,
  request: EventLogRequest,
  filter: EventLogFilter,
): Promise<EventLogPage> {
  const { seeks, counts, walkEnd } = eventLogStatements(request, filter);
  const prepare = ({ text, values }: Statement) => db.prepare(text).bind(...values);
  const results = await db.batch<Partial<Place> & { n?: number }>([...seeks, ...counts, ...walkEnd].map(prepare));
  const rowsOf = (first: number, number: number) => results.slice(first, first + number).flatMap((one) => one.results);
  const skip = "skip" in request.from ? request.from.skip : 0;
  const order = request.descending ? -1 : 1;
  const places = rowsOf(0, seeks.length)
    .flatMap(({ id, place }) => (id === undefined || place === undefined ? [] : { id, place }))
    .toSorted((one, other) => (one.id < other.id ? -order : order));
  const shown = places.slice(skip, skip + request.limit);
  const [end] = rowsOf(seeks.length + counts.length, walkEnd.length);
  return {
    events: await eventsAt(db, shown, request.descending),
    next: places.length > skip + shown.length ? (shown.at(-1)?.id ?? null) : (end?.id ?? null),
    total: end === undefined ? sumOf(rowsOf(seeks.length, counts.length)) : null,
  };
}

function sumOf(rows: readonly { readonly n?: number }[]): number {
  return rows.reduce((sum, { n = 0 }) => sum + n, 0);
}

/** An event, and its rowid in its table. */
interface Place {
  readonly id: string;
  readonly place: number;
}

const SHOWN = "id, type, at, subject_id AS subjectId, sequence, actor, request_id AS requestId, body";

async function eventsAt(
  db: D1Database,
  places: readonly Place[],
  descending: boolean,
): Promise<readonly LoggedEvent[]> {
  if (places.length === 0) return [];
  // An event's rowid leads to another event in the other table.
  const isIt =
    "rowid IN (SELECT value ->> 'place' FROM json_each(?1)) AND id IN (SELECT value ->> 'id' FROM json_each(?1))";
  const either = EVENT_TABLES.map((table) => `SELECT ${SHOWN} FROM ${table} WHERE ${isIt}`);
  const { results } = await db
    .prepare(`${either.join(" UNION ALL ")} ORDER BY id ${descending ? "DESC" : "ASC"}`)
    .bind(JSON.stringify(places))
    .all<typeof eventLog.$inferSelect>();
  return results.map(loggedEventOf);
}

interface Body {
  readonly changes: Changes;
  readonly data: Readonly<Record<string, unknown>>;
  readonly truncated?: boolean;
}

function loggedEventOf({ body, actor, at: _at, type, ...rest }: typeof eventLog.$inferSelect): LoggedEvent {
  const { changes, data, truncated } = JSON.parse(body) as Body;
  return {
    ...rest,
    type: type as EventType,
    actor: JSON.parse(actor) as Actor,
    changes,
    data,
    truncated: truncated === true,
  };
}
