/** The event log in D1: events in redacted form (EVT-3), bodies of at most 2 KB (EVT-4). Nothing else writes it. */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { HIDDEN_MEMBERS } from "./hidden-members.ts";

const LARGEST_BODY = 2048;

/**
 * Inserts events that the log does not have yet; repeating is free of effect, because the id decides.
 * They go as one JSON parameter, since D1 binds at most 100.
 */
export function insertEvents(db: D1Database, events: readonly LeaseholdEvent[]): D1PreparedStatement {
  return db
    .prepare(
      `INSERT INTO event_log (id, type, at, subject_id, sequence, actor, request_id, body)
       SELECT value ->> 'id', value ->> 'type', value ->> 'at', value ->> 'subjectId', value ->> 'sequence',
              value ->> 'actor', value ->> 'requestId', value ->> 'body'
       FROM json_each(?1) WHERE true
       ON CONFLICT (id) DO NOTHING`,
    )
    .bind(JSON.stringify(events.map(logEntry)));
}

function logEntry(event: LeaseholdEvent): Readonly<Record<string, string | number>> {
  const { changes, data, actor, ...rest } = event;
  return { ...rest, actor: JSON.stringify(actor), body: redactedBody(changes, data) };
}

/** What does not fit is left out, the resource first: what changed says more than what stayed. */
function redactedBody(changes: unknown, data: unknown): string {
  const whole = { changes: redacted(changes), data: redacted(data) };
  const candidates = [whole, { changes: whole.changes, data: {}, truncated: true }];
  const fitting = candidates.map((body) => JSON.stringify(body)).find(fits);
  return fitting ?? JSON.stringify({ changes: {}, data: {}, truncated: true });
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
