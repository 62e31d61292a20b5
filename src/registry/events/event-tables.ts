/**
 * EVT-4: the two tables that the event log is kept in, so that nobody outside the vendor pushes out what the vendor's
 * own people and tokens did; and both as one, for whoever reads.
 */

import type { Actor } from "../../domain/license/calls.ts";

export const EVENT_TABLES = ["event_log", "management_log"] as const;

export type EventTable = (typeof EVENT_TABLES)[number];

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
 * SQL: all events, to stand after `FROM`. Within one subject or type SQLite merges both tables by their indexes, in the
 * order of the ids and row for row, so that no more of either is read than is asked for (a test reads the plans).
 */
export const EVENTS = `(SELECT ${EVENT_COLUMNS} FROM event_log UNION ALL SELECT ${EVENT_COLUMNS} FROM management_log)`;

/** SQL, to stand before `SELECT`: the types of a table's events, a seek for each. */
function kindsOf(table: EventTable): string {
  return `WITH RECURSIVE kinds(kind) AS (SELECT min(type) FROM ${table}
    UNION ALL SELECT (SELECT min(type) FROM ${table} WHERE type > kinds.kind) FROM kinds WHERE kinds.kind IS NOT NULL)`;
}

/** SQL: events of one table for a condition on their ids, in no order: those of each type (page 76). */
export function eventsOf(table: EventTable, columns: string, ids: string): string {
  return `${kindsOf(table)} SELECT ${columns} FROM kinds CROSS JOIN ${table} INDEXED BY ${table}_type ON type = kind AND ${ids}`;
}

/** SQL, to stand after `FROM`: all events for a condition on their ids. */
export function eventsWith(ids: string): string {
  return ofBoth((table) => eventsOf(table, EVENT_COLUMNS, ids));
}

/** The ids are between these two, both excluded; no more than `most` are read of a table. SQL. */
export interface Stretch {
  readonly above: string;
  readonly below: string;
  readonly order: "ASC" | "DESC";
  readonly most: string | number;
}

/**
 * SQL, to stand after `FROM`: the first events of a stretch in its order, of each table, and the rowid there as
 * `place`. Those of a type are a line by its index, and what comes next is the first of all lines (page 76).
 */
export function eventsFirst(columns: string, stretch: Stretch): string {
  return ofBoth(
    (table) => `SELECT ${columns}, ${table}.rowid AS place FROM (${lineOf(table, stretch)}) CROSS JOIN ${table}
      ON ${table}.rowid = row`,
  );
}

function lineOf(table: EventTable, { above, below, order, most }: Stretch): string {
  const next = (kind: string, after: string, before: string) =>
    `CROSS JOIN ${table} INDEXED BY ${table}_type ON type = ${kind} AND id = (
       SELECT ${order === "ASC" ? "min" : "max"}(id) FROM ${table} INDEXED BY ${table}_type
       WHERE type = ${kind} AND id > ${after} AND id < ${before})`;
  const [after, before] = order === "ASC" ? ["line.key", below] : [above, "line.key"];
  return `${kindsOf(table)}, line(kind, key, row) AS (
      SELECT type, id, ${table}.rowid FROM kinds ${next("kinds.kind", above, below)}
      UNION ALL SELECT type, id, ${table}.rowid FROM line ${next("line.kind", after, before)}
      ORDER BY 2 ${order} LIMIT ${most}) SELECT row FROM line`;
}

function ofBoth(select: (table: EventTable) => string): string {
  return `(${EVENT_TABLES.map((table) => `SELECT * FROM (${select(table)})`).join(" UNION ALL ")})`;
}
