/** The events that wait, in their order of arrival. SQL only; whoever calls keeps the counts (`Held`). */

import type { EventType, LeaseholdEvent } from "../domain/license/event.ts";
import { integer, text, type Row, type Sql } from "../durable/sql.ts";
import type { Waiting } from "./health.ts";

export interface QueuedEvent {
  readonly seq: number;
  readonly bytes: number;
  readonly tries: number;
  readonly strikes: number;
  readonly place: Place;
  readonly isRedacted: boolean;
  readonly event: LeaseholdEvent;
}

export type Place = "in-line" | "aside" | "given-up";

const PLACES: readonly Place[] = ["in-line", "aside", "given-up"];
const COLUMNS = "seq, place, tries, strikes, redacted, bytes, event";
/** HOOK-5: what waited when the URL was another goes out by a replay alone. */
const KEPT = "COALESCE((SELECT seen ->> '$.kept.upto' FROM webhook WHERE one = 1), 0)";
const FREE = `seq > ${KEPT}`;
/** Rows that have gone leave their numbers free, and one of those kept must not be given again. */
const NEXT = `MAX(${KEPT}, COALESCE((SELECT MAX(seq) FROM queue), 0)) + 1`;
/** A probe is chosen among so many of the oldest. */
const PROBED = 50;

export class Queue {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  has(eventId: string): boolean {
    return this.#sql.rows("SELECT 1 FROM queue WHERE id = ?", eventId).length > 0;
  }

  one(eventId: string): QueuedEvent | null {
    const row = this.#sql.rows(`SELECT ${COLUMNS} FROM queue WHERE id = ?`, eventId)[0];
    return row === undefined ? null : queuedOf(row);
  }

  add(event: LeaseholdEvent, json: string, bytes: number, isRedacted: boolean): void {
    this.#sql.rows(
      `INSERT INTO queue (seq, id, place, tries, strikes, due_at, redacted, bytes, event)
       VALUES (${NEXT}, ?, 0, 0, 0, 0, ?, ?, ?)`,
      event.id,
      isRedacted ? 1 : 0,
      bytes,
      json,
    );
  }

  remove(seq: number): void {
    this.#sql.rows("DELETE FROM queue WHERE seq = ?", seq);
  }

  /** After a try that failed. `dueAt` (epoch ms) is of meaning aside alone. */
  keep(seq: number, row: { place: Place; tries: number; strikes: number; dueAt: number }): void {
    this.#sql.rows(
      "UPDATE queue SET place = ?, tries = ?, strikes = ?, due_at = ? WHERE seq = ?",
      PLACES.indexOf(row.place),
      row.tries,
      row.strikes,
      row.dueAt,
      seq,
    );
  }

  /** The oldest in line beside those on their way. */
  line(most: number, flying: ReadonlySet<number>): readonly QueuedEvent[] {
    return this.#pick(
      `SELECT ${COLUMNS} FROM queue WHERE place = 0 AND ${FREE} ORDER BY seq LIMIT ?`,
      [],
      most,
      flying,
    );
  }

  /** The first that may go out, wherever they stand; without the events themselves. */
  oldest(most: number): readonly Pick<QueuedEvent & LeaseholdEvent, "seq" | "bytes" | "place" | "type">[] {
    const query = `SELECT seq, bytes, place, event ->> '$.type' AS type FROM queue WHERE ${FREE} ORDER BY seq LIMIT ?`;
    return this.#sql.rows(query, most).map((row) => ({
      seq: integer(row, "seq"),
      bytes: integer(row, "bytes"),
      place: placeOf(integer(row, "place")),
      type: text(row, "type") as EventType,
    }));
  }

  /** Those that moved aside and are due, the longest due first. */
  aside(most: number, flying: ReadonlySet<number>, now: number): readonly QueuedEvent[] {
    const query = `SELECT ${COLUMNS} FROM queue WHERE place = 1 AND due_at <= ? AND ${FREE} ORDER BY due_at LIMIT ?`;
    return this.#pick(query, [now], most, flying);
  }

  /** Of the oldest in line the one with the fewest tries, so that probes rotate. */
  leastTried(flying: ReadonlySet<number>): QueuedEvent | null {
    const least = this.#leastTried(flying);
    return least === null ? null : queuedOf(this.#row(least.seq));
  }

  waiting(flying: ReadonlySet<number>): Waiting {
    const least = this.#leastTried(flying);
    const query = `SELECT due_at, seq FROM queue WHERE place = 1 AND ${FREE} ORDER BY due_at LIMIT ?`;
    const aside = this.#sql.rows(query, flying.size + 1).find((row) => !flying.has(integer(row, "seq")));
    return {
      untried: least?.tries === 0,
      inLine: least !== null,
      asideAt: aside === undefined ? null : integer(aside, "due_at"),
    };
  }

  /** The youngest's place in the order; 0 = none waits. */
  last(): number {
    return Number(this.#sql.rows("SELECT MAX(seq) AS seq FROM queue")[0]?.["seq"] ?? 0);
  }

  /** The last place of those whose id comes before this one; 0 = there is none. */
  lastBefore(eventId: string): number {
    return Number(this.#sql.rows("SELECT MAX(seq) AS seq FROM queue WHERE id < ?", eventId)[0]?.["seq"] ?? 0);
  }

  /** Events beyond `after` and up to `upto` that are not in line, at most `most`. */
  outOfLine(after: number, upto: number, most: number): readonly { readonly seq: number; readonly place: Place }[] {
    const query = "SELECT seq, place FROM queue WHERE place > 0 AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
    return this.#sql
      .rows(query, after, upto, most)
      .map((row) => ({ seq: integer(row, "seq"), place: placeOf(integer(row, "place")) }));
  }

  backInLine(seq: number): void {
    this.#sql.rows("UPDATE queue SET place = 0, tries = 0, strikes = 0, due_at = 0 WHERE seq = ?", seq);
  }

  /** As `backInLine`, behind all others. */
  toEnd(seq: number): void {
    this.backInLine(seq);
    this.#sql.rows(`UPDATE queue SET seq = ${NEXT} WHERE seq = ?`, seq);
  }

  /** Without the events themselves, which may be long. */
  #leastTried(flying: ReadonlySet<number>): { readonly seq: number; readonly tries: number } | null {
    const query = `SELECT seq, tries FROM queue WHERE place = 0 AND ${FREE} ORDER BY seq LIMIT ?`;
    return this.#sql
      .rows(query, PROBED + flying.size)
      .map((row) => ({ seq: integer(row, "seq"), tries: integer(row, "tries") }))
      .filter(({ seq }) => !flying.has(seq))
      .reduce<{ seq: number; tries: number } | null>(
        (least, row) => (least === null || row.tries < least.tries ? row : least),
        null,
      );
  }

  #row(seq: number): Row {
    const row = this.#sql.rows(`SELECT ${COLUMNS} FROM queue WHERE seq = ?`, seq)[0];
    if (row === undefined) throw new Error("the event does not wait here");
    return row;
  }

  #pick(query: string, bindings: readonly number[], most: number, flying: ReadonlySet<number>): readonly QueuedEvent[] {
    if (most <= 0) return [];
    const rows = this.#sql.rows(query, ...bindings, most + flying.size);
    return rows
      .filter((row) => !flying.has(integer(row, "seq")))
      .slice(0, most)
      .map(queuedOf);
  }
}

function queuedOf(row: Row): QueuedEvent {
  return {
    seq: integer(row, "seq"),
    bytes: integer(row, "bytes"),
    tries: integer(row, "tries"),
    strikes: integer(row, "strikes"),
    place: placeOf(integer(row, "place")),
    isRedacted: integer(row, "redacted") === 1,
    event: JSON.parse(text(row, "event")) as LeaseholdEvent,
  };
}

function placeOf(place: number): Place {
  return PLACES[place] ?? "in-line";
}
