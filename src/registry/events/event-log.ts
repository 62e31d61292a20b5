/** The event log in D1: events in redacted form (EVT-3), bodies of at most 2 KB (EVT-4). Nothing else writes it. */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { shortTerms } from "../../domain/terms/stored-terms.ts";
import type { Terms } from "../../domain/terms/license.ts";
import { HIDDEN_MEMBERS } from "./hidden-members.ts";
import { actorIdOf, EVENT_COLUMNS, tableOf } from "./event-tables.ts";

const LARGEST_BODY = 2048;

/**
 * Inserts events that the log does not have yet, a statement for each table that takes some; repeating is free of
 * effect, because the id decides, and an event's actor is always the same. They go as one JSON parameter, since D1
 * binds at most 100.
 */
export function insertEvents(db: D1Database, events: readonly LeaseholdEvent[]): D1PreparedStatement[] {
  const ofManagement = events.filter(({ actor }) => tableOf(actor) === "management_log");
  const others = events.filter(({ actor }) => tableOf(actor) !== "management_log");
  return [
    ...(others.length === 0 ? [] : [insert(db, INSERT, others.map(logEntry))]),
    ...(ofManagement.length === 0 ? [] : [insert(db, INSERT_MANAGEMENT, ofManagement.map(managementEntry))]),
  ];
}

const VALUES = `value ->> 'id', value ->> 'type', value ->> 'at', value ->> 'subjectId', value ->> 'sequence',
  value ->> 'actor', value ->> 'requestId', value ->> 'body'`;
const REST = "FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING";
const INSERT = `INSERT INTO event_log (${EVENT_COLUMNS}) SELECT ${VALUES} ${REST}`;
const INSERT_MANAGEMENT = `INSERT INTO management_log (${EVENT_COLUMNS}, actor_id) SELECT ${VALUES}, value ->> 'actorId' ${REST}`;

type Entry = Readonly<Record<string, string | number>>;

function insert(db: D1Database, text: string, entries: readonly Entry[]): D1PreparedStatement {
  return db.prepare(text).bind(JSON.stringify(entries));
}

function managementEntry(event: LeaseholdEvent): Entry {
  return { ...logEntry(event), actorId: actorIdOf(event.actor) };
}

function logEntry(event: LeaseholdEvent): Entry {
  const { changes, data, actor, ...rest } = event;
  return { ...rest, actor: JSON.stringify(actor), body: redactedBody(changes, data) };
}

/** What does not fit is left out, the resource first: what changed says more than what stayed. */
function redactedBody(changes: unknown, data: unknown): string {
  const whole = { changes: redacted(changes), data: short(redacted(data)) };
  const candidates = [whole, { changes: whole.changes, data: {}, truncated: true }];
  const fitting = candidates.map((body) => JSON.stringify(body)).find(fits);
  return fitting ?? JSON.stringify({ changes: {}, data: {}, truncated: true });
}

/** A license's terms are mostly defaults: whole, they would hardly ever fit. */
function short(data: unknown): unknown {
  if (typeof data !== "object" || data === null || !("terms" in data)) return data;
  return { ...data, terms: shortTerms(data.terms as Terms) };
}

function fits(body: string): boolean {
  return new TextEncoder().encode(body).length <= LARGEST_BODY;
}

/**
 * A copy in which every hidden member is null. A metadata item's `key` is its name and stays: it has a `value` beside
 * it.
 */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== "object" || value === null) return value;
  const isNamedValue = "key" in value && "value" in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      // A person's full name, where the parts stand beside it.
      const isFullName = name === "name" && "firstName" in value;
      const hidden = isFullName || (HIDDEN_MEMBERS.has(name) && !(name === "key" && isNamedValue));
      return [name, hidden ? null : redacted(member)];
    }),
  );
}

/** Shorter ones are no secrets, and would be found in any text. */
const SHORTEST_SECRET = 4;

/** The texts that `redacted` leaves out, the longest first: for words about a value that may repeat parts of it. */
export function hiddenTexts(value: unknown): readonly string[] {
  const found = new Set<string>();
  collect(value, redacted(value), found);
  return [...found].toSorted((one, other) => other.length - one.length);
}

function collect(value: unknown, shown: unknown, found: Set<string>): void {
  if (typeof value === "string" && shown === null && value.length >= SHORTEST_SECRET) found.add(value);
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const shownMember: unknown = typeof shown === "object" && shown !== null ? Reflect.get(shown, name) : null;
    collect(member, shownMember, found);
  }
}
