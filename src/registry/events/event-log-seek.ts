/**
 * How a page of the event log is found. Every order is that of the ids, which are UUIDv7: so an instant is a place in
 * it, and each statement seeks in the primary key or in an index of it, whatever it is filtered by.
 */

import { COUNT_LIMIT } from "../find/page.ts";

export interface EventLogFilter {
  /** Any of these; null = all. */
  readonly types: readonly string[] | null;
  readonly subjectId: string | null;
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

/** How many of one resource's events a page looks through for those of some types. */
export const WALK = 10_000;

export interface Statement {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

export interface Statements {
  /** Ids of the page and one more, from each seek. */
  readonly seeks: readonly Statement[];
  readonly counts: readonly Statement[];
  /** The id at which a page that walks has to stop, if it has to. */
  readonly walkEnd: readonly Statement[];
}

/** Separate, so that a test can have each one explained. */
export function eventLogStatements(request: EventLogRequest, filter: EventLogFilter): Statements {
  const { from, descending, limit } = request;
  const most = ("skip" in from ? from.skip : 0) + limit + 1;
  const whole = rangeOf(filter);
  const rest = "after" in from ? beyond(whole, from.after, descending) : whole;
  const order = descending ? "DESC" : "ASC";
  const { subjectId, types } = filter;
  if (subjectId !== null && types !== null) {
    const walk = (range: Range) => ({
      text: `SELECT id, type FROM event_log WHERE subject_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id ${order} LIMIT ${WALK}`,
      values: [subjectId, range.above, range.below, JSON.stringify(types)],
    });
    const matching = "type IN (SELECT value FROM json_each(?4))";
    return {
      seeks: [
        wrap(walk(rest), (inner) => `SELECT id FROM (${inner}) WHERE ${matching} ORDER BY id ${order} LIMIT ${most}`),
      ],
      counts: [wrap(walk(whole), (inner) => `SELECT count(*) AS n FROM (${inner}) WHERE ${matching}`)],
      walkEnd: [
        {
          text: `SELECT id FROM event_log WHERE subject_id = ?1 AND id > ?2 AND id < ?3 ORDER BY id ${order} LIMIT 1 OFFSET ${WALK - 1}`,
          values: [subjectId, rest.above, rest.below],
        },
      ],
    };
  }
  const seek = (range: Range, column: string | null, value: string) => ({
    text: `SELECT id FROM event_log WHERE ${column === null ? "" : `${column} = ?3 AND `}id > ?1 AND id < ?2`,
    values: [range.above, range.below, ...(column === null ? [] : [value])],
  });
  const values = subjectId === null ? (types ?? [""]) : [subjectId];
  const column = subjectId !== null ? "subject_id" : types === null ? null : "type";
  return {
    seeks: [...new Set(values)].map((value) =>
      wrap(seek(rest, column, value), (inner) => `${inner} ORDER BY id ${order} LIMIT ${most}`),
    ),
    counts: [...new Set(values)].map((value) =>
      wrap(seek(whole, column, value), (inner) => `SELECT count(*) AS n FROM (${inner} LIMIT ${COUNT_LIMIT + 1})`),
    ),
    walkEnd: [],
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

function rangeOf({ from, below }: EventLogFilter): Range {
  return { above: from === null ? FIRST : beginningAt(from), below: below === null ? LAST : beginningAt(below) };
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
