/**
 * EVT-4: the two tables that the event log is kept in, so that nobody outside the vendor pushes out what the vendor's
 * own people and tokens did; and both as one, for whoever reads.
 */

import type { Actor } from "../../domain/license/calls.ts";

export type EventTable = "event_log" | "management_log";

/** An actor of a newer object is taken for one of those whose events are many. */
const TABLES: Readonly<Record<string, EventTable | undefined>> = {
  token: "management_log",
  root: "management_log",
  user: "management_log",
  customer: "event_log",
  device: "event_log",
  system: "event_log",
} satisfies Record<Actor["type"], EventTable>;

/** What is stored may be no event at all: that is for D1 to refuse, alone, and must not stop those beside it. */
export function tableOf(actor: Actor | undefined): EventTable {
  return TABLES[actor?.type ?? ""] ?? "event_log";
}

/** What `actor=` finds events of management by: a token's id, a person's `sub`, or `root`. */
export function actorIdOf(actor: Actor): string {
  return "id" in actor ? actor.id : actor.type;
}

export const EVENT_COLUMNS = "id, type, at, subject_id, sequence, actor, request_id, body";

/**
 * SQL: all events, to stand after `FROM`. In the order of the ids, and within one subject or type, SQLite merges both
 * tables by their indexes, row for row, so that no more of either is read than is asked for (a test reads the plans).
 */
export const EVENTS = `(SELECT ${EVENT_COLUMNS} FROM event_log UNION ALL SELECT ${EVENT_COLUMNS} FROM management_log)`;
