/**
 * How a page of the event log is found. Every order is that of the ids, which are UUIDv7: so an instant is a place in
 * it, and each statement seeks in an index of ids, whatever it is filtered by.
 */

import { COUNT_LIMIT } from "../find/page.ts";
import { EVENT_TABLES, eventsFirst, eventsOf, type EventTable } from "./event-tables.ts";

export interface EventLogFilter {
  /** Any of these; null = all. */
  readonly types: readonly string[] | null;
  readonly subjectId: string | null;
  /** By id, or `root`: of events of management alone (EVT-4). */
  readonly actorId: string | null;
  /** UUIDv7 of a request: it has no index, and its events are looked for around its instant (page 64). */
  readonly requestId: string | null;
  /** Epoch ms by the id: from the first, included, to the second, excluded; null = without end. */
  readonly from: number | null;
  readonly below: number | null;
}

export interface EventLogRequest {
  readonly descending: boolean;
  /** Events, 1 to 100. */
  readonly limit: number;
  /** Events to skip, or the id of the last one seen. */
  readonly from: { readonly skip: number } | { readonly after: string };
}

/** How many events of one resource, of one actor, or around a request a page looks through for what else is asked. */
export const WALK = 10_000;

const PLACED = "id, type, subject_id, request_id, rowid AS place";
/** Of one subject or type SQLite merges both by their indexes. */
const EVERY = `(SELECT ${PLACED} FROM event_log UNION ALL SELECT ${PLACED} FROM management_log)`;
const MANAGEMENT = `(SELECT ${PLACED}, actor_id FROM management_log)`;

/** Of the machines that give requests and events their ids (ms). */
const MOST_SKEW = 60_000;
/** A request has an end long before (ms). */
const LONGEST_REQUEST = 900_000;

export interface Statement {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

export interface Statements {
  /** Ids of the page and one more, from each seek, and their rowids. */
  readonly seeks: readonly Statement[];
  readonly counts: readonly Statement[];
  /** The id at which a page that walks has to stop, if it has to. */
  readonly walkEnd: readonly Statement[];
}

/** Separate, so that a test can have each one explained. */
export function eventLogStatements(request: EventLogRequest, filter: EventLogFilter): Statements {
  const { from, descending, limit } = request;
  const whole = rangeOf(filter);
  const rest = "after" in from ? beyond(whole, from.after, descending) : whole;
  const most = ("skip" in from ? from.skip : 0) + limit + 1;
  const place: Place = { whole, rest, most, order: descending ? "DESC" : "ASC" };
  const { subjectId, actorId, requestId, types } = filter;
  const source = actorId === null ? EVERY : MANAGEMENT;
  const others = { type: types, request_id: requestId === null ? null : [requestId] };
  if (subjectId !== null && actorId !== null) {
    return walking({ source, column: "subject_id", value: subjectId }, { ...others, actor_id: [actorId] }, place);
  }
  const one = subjectId !== null ? { column: "subject_id", value: subjectId } : { column: "actor_id", value: actorId };
  if (one.value === null) {
    if (requestId !== null) return walking({ source, column: null, value: "" }, others, place);
    return types === null ? seekingAll(place) : seeking(source, "type", types, place);
  }
  if (types === null && requestId === null) return seeking(source, one.column, [one.value], place);
  return walking({ source, column: one.column, value: one.value }, others, place);
}

interface Place {
  /** Of all pages, and from where this one begins. */
  readonly whole: Range;
  readonly rest: Range;
  /** Ids up to the end of the page, and one. */
  readonly most: number;
  readonly order: "ASC" | "DESC";
}

/** By one column, each of the values in its index. */
function seeking(
  source: string,
  column: string,
  values: readonly string[],
  { whole, rest, most, order }: Place,
): Statements {
  const seek = (range: Range, value: string) => ({
    text: `SELECT id, place FROM ${source} WHERE ${column} = ?3 AND id > ?1 AND id < ?2`,
    values: [range.above, range.below, value],
  });
  const each = [...new Set(values)];
  return {
    seeks: each.map((value) => wrap(seek(rest, value), (inner) => `${inner} ORDER BY id ${order} LIMIT ${most}`)),
    counts: each.map((value) =>
      wrap(seek(whole, value), (inner) => `SELECT count(*) AS n FROM (${inner} LIMIT ${COUNT_LIMIT + 1})`),
    ),
    walkEnd: [],
  };
}

/** By the ids alone. */
function seekingAll({ whole, rest, most, order }: Place): Statements {
  const first = eventsFirst("id", { above: "?1", below: "?2", order, most });
  const count = (table: EventTable) =>
    `SELECT count(*) AS n FROM (${eventsOf(table, "1", "id > ?1 AND id < ?2")} LIMIT ${COUNT_LIMIT + 1})`;
  return {
    seeks: [{ text: `SELECT * FROM ${first} ORDER BY id ${order} LIMIT ${most}`, values: [rest.above, rest.below] }],
    counts: EVENT_TABLES.map((table) => ({ text: count(table), values: [whole.above, whole.below] })),
    walkEnd: [],
  };
}

interface Walk {
  readonly source: string;
  /** Null = by the ids alone. */
  readonly column: string | null;
  readonly value: string;
}

/** By one column in its index, and among what that finds by others: any of each one's values; null = all. */
function walking(
  { source, column, value }: Walk,
  others: Readonly<Record<string, readonly string[] | null>>,
  { whole, rest, most, order }: Place,
): Statements {
  const asked = Object.entries(others).filter(([, values]) => values !== null);
  const matching = asked.map(([name], at) => `${name} IN (SELECT value FROM json_each(?${4 + at}))`).join(" AND ");
  const [above, below] = ["?2", "?3"];
  const names = ["id", ...asked.map(([name]) => name)].join(", ");
  const found =
    column === null
      ? eventsFirst(names, { above, below, order, most: WALK })
      : `${source} WHERE ${column} = ?1 AND id > ${above} AND id < ${below}`;
  const walk = (range: Range) => ({
    text: `SELECT ${names}, place FROM ${found} ORDER BY id ${order} LIMIT ${WALK}`,
    values: [value, range.above, range.below, ...asked.map(([, values]) => JSON.stringify(values))],
  });
  return {
    seeks: [
      wrap(
        walk(rest),
        (inner) => `SELECT id, place FROM (${inner}) WHERE ${matching} ORDER BY id ${order} LIMIT ${most}`,
      ),
    ],
    counts: [wrap(walk(whole), (inner) => `SELECT count(*) AS n FROM (${inner}) WHERE ${matching}`)],
    walkEnd: [
      {
        text: `SELECT id FROM ${found} ORDER BY id ${order} LIMIT 1 OFFSET ${WALK - 1}`,
        values: [value, rest.above, rest.below],
      },
    ],
  };
}

function wrap({ text, values }: Statement, outer: (inner: string) => string): Statement {
  return { text: outer(text), values };
}

/** Ids between the two, both excluded. */
interface Range {
  readonly above: string;
  readonly below: string;
}

/** Sorts before and after every id. */
const FIRST = "";
const LAST = "~";

function rangeOf({ from, below, requestId }: EventLogFilter): Range {
  const asked = { above: from === null ? FIRST : beginningAt(from), below: below === null ? LAST : beginningAt(below) };
  if (requestId === null) return asked;
  const at = Number.parseInt(requestId.replaceAll("-", "").slice(0, 12), 16);
  const around = { above: beginningAt(at - MOST_SKEW), below: beginningAt(at + LONGEST_REQUEST) };
  return {
    above: asked.above > around.above ? asked.above : around.above,
    below: asked.below < around.below ? asked.below : around.below,
  };
}

/** What UUIDv7s of this millisecond (epoch) begin with: it sorts before them and after all earlier ones. */
export function beginningAt(at: number): string {
  const hex = Math.max(0, at).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

function beyond({ above, below }: Range, after: string, descending: boolean): Range {
  if (descending) return { above, below: after < below ? after : below };
  return { above: after > above ? after : above, below };
}
