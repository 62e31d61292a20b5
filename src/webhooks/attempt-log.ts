/** The deliveries that were tried, the newest 10,000 (HOOK-4). SQL only. */

import { integer, maybeInteger, maybeText, text, type Row, type Sql } from "../durable/sql.ts";
import type { Attempt, AttemptQuery } from "./rpc.ts";

/** Rows that one insertion may remove: more than one, so that a lower limit is reached at last. */
const PRUNED = 10;

export class AttemptLog {
  readonly #sql: Sql;
  readonly #most: number;

  constructor(sql: Sql, most: number) {
    this.#sql = sql;
    this.#most = most;
  }

  add(attempt: Attempt): void {
    this.#sql.rows(
      `INSERT INTO attempt (id, at, event_id, event_type, sequence, number, url, request, status, delivered, response,
         error, duration_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      attempt.id,
      attempt.at,
      attempt.eventId,
      attempt.eventType,
      attempt.sequence,
      attempt.number,
      attempt.url,
      attempt.request,
      attempt.status,
      attempt.delivered ? 1 : 0,
      attempt.response,
      attempt.error,
      attempt.durationMs,
    );
    this.#sql.rows(
      `DELETE FROM attempt WHERE seq IN
         (SELECT seq FROM attempt WHERE seq <= (SELECT MAX(seq) FROM attempt) - ? ORDER BY seq LIMIT ?)`,
      this.#most,
      PRUNED,
    );
  }

  /** True if the event was delivered at that instant or later, as far back as the log goes. */
  wasDelivered(eventId: string, sinceAt: number): boolean {
    const query = "SELECT 1 FROM attempt WHERE event_id = ? AND delivered = 1 AND at >= ? LIMIT 1";
    return this.#sql.rows(query, eventId, sinceAt).length > 0;
  }

  /** How often the event was tried, as far back as the log goes. */
  count(eventId: string): number {
    return Number(this.#sql.rows("SELECT COUNT(*) AS n FROM attempt WHERE event_id = ?", eventId)[0]?.["n"] ?? 0);
  }

  one(webhookId: string, id: string): Attempt | null {
    const row = this.#sql.rows("SELECT * FROM attempt WHERE id = ?", id)[0];
    return row === undefined ? null : attemptOf(webhookId, row);
  }

  page(webhookId: string, { descending, after, most, eventId, delivered }: AttemptQuery): readonly Attempt[] {
    const conditions = [
      ...(after === null ? [] : [{ sql: `id ${descending ? "<" : ">"} ?`, value: after }]),
      ...(eventId === null ? [] : [{ sql: "event_id = ?", value: eventId }]),
      ...(delivered === null ? [] : [{ sql: "delivered = ?", value: delivered ? 1 : 0 }]),
    ];
    const where = conditions.length === 0 ? "" : `WHERE ${conditions.map(({ sql }) => sql).join(" AND ")}`;
    const query = `SELECT * FROM attempt ${where} ORDER BY id ${descending ? "DESC" : "ASC"} LIMIT ?`;
    return this.#sql.rows(query, ...conditions.map(({ value }) => value), most).map((row) => attemptOf(webhookId, row));
  }
}

function attemptOf(webhookId: string, row: Row): Attempt {
  return {
    id: text(row, "id"),
    webhookId,
    at: integer(row, "at"),
    eventId: text(row, "event_id"),
    eventType: text(row, "event_type"),
    sequence: integer(row, "sequence"),
    number: integer(row, "number"),
    url: text(row, "url"),
    request: text(row, "request"),
    status: maybeInteger(row, "status"),
    delivered: integer(row, "delivered") === 1,
    response: text(row, "response"),
    error: maybeText(row, "error"),
    durationMs: integer(row, "duration_ms"),
  };
}
