/** The object's own bookkeeping for D1: events that wait, rows that are stuck, tombstones (EVT-3, DEL-1). SQL only. */

import type { OutboxRow } from "../domain/turn/ledger.ts";
import { integer, text, type Sql } from "../durable/sql.ts";
import type { RareTable } from "../durable/tables.ts";
import type { LicenseTables } from "./license-schema.ts";
import { outboxRowOf } from "./rows.ts";

const BATCH_BYTES = 512 * 1024;
/** A stuck row is tried again after this (ms). */
const STUCK_RETRY = 86_400_000;
/** DEL-1: longer than D1 can be set back (ms). */
const TOMBSTONE_AGE = 35 * 86_400_000;

export class Outbox {
  readonly #sql: Sql;
  readonly #tables: LicenseTables;
  readonly #stuck: RareTable;
  readonly #tombstones: RareTable;

  constructor(sql: Sql, tables: LicenseTables) {
    this.#sql = sql;
    this.#tables = tables;
    this.#stuck = tables.rare("stuck");
    this.#tombstones = tables.rare("tombstone");
  }

  isEmpty(): boolean {
    return this.#sql.rows("SELECT 1 FROM outbox LIMIT 1").length === 0;
  }

  /** True if an event later than this one waits. */
  hasBeyond(seq: number): boolean {
    return this.#sql.rows("SELECT 1 FROM outbox WHERE seq > ? LIMIT 1", seq).length > 0;
  }

  /**
   * The oldest events with a seq in (after, upto], at most `most` and 512 KB; one that is larger goes alone. Bodies
   * beyond that are not read.
   */
  oldest(most: number, after = 0, upto: number = Number.MAX_SAFE_INTEGER): readonly OutboxRow[] {
    const sizes = this.#sql.rows(
      "SELECT seq, length(body) AS size FROM outbox WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
      after,
      upto,
      most,
    );
    let bytes = 0;
    const fitting = sizes.filter((row, index) => (bytes += integer(row, "size")) <= BATCH_BYTES || index === 0);
    const last = fitting.at(-1);
    if (last === undefined) return [];
    const query = "SELECT seq, id, type, body FROM outbox WHERE seq > ? AND seq <= ? ORDER BY seq";
    return this.#sql.rows(query, after, integer(last, "seq")).map(outboxRowOf);
  }

  one(seq: number): readonly OutboxRow[] {
    return this.#sql.rows("SELECT seq, id, type, body FROM outbox WHERE seq = ?", seq).map(outboxRowOf);
  }

  /**
   * EVT-3: this deletion is the only mark of a hand-over. Row by row: between them one that was stuck may be back in
   * line.
   */
  handedOver(rows: readonly OutboxRow[]): void {
    const seqs = JSON.stringify(rows.map(({ seq }) => seq));
    this.#sql.rows("DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?))", seqs);
  }

  /** Moves a row that D1 or a webhook keeps refusing out of the way of the others. */
  setAside(row: OutboxRow, error: string, now: number): void {
    this.#stuck.write(
      `INSERT INTO stuck (seq, next_at, id, type, body, error) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (seq) DO UPDATE SET next_at = excluded.next_at, error = excluded.error`,
      row.seq,
      now + STUCK_RETRY,
      row.id,
      row.type,
      row.body,
      error.slice(0, 500),
    );
    this.#sql.rows("DELETE FROM outbox WHERE seq = ?", row.seq);
  }

  /** Puts stuck rows whose time has come back in line. True if there were any. */
  retryStuck(now: number): boolean {
    const due = this.#stuck.rows("SELECT 1 FROM stuck WHERE next_at <= ? LIMIT 1", now).length > 0;
    if (!due) return false;
    this.#sql.rows(
      "INSERT OR IGNORE INTO outbox (seq, id, type, body) SELECT seq, id, type, body FROM stuck WHERE next_at <= ?",
      now,
    );
    this.#stuck.rows("DELETE FROM stuck WHERE next_at <= ?", now);
    return true;
  }

  stuckCount(): number {
    return integer(this.#stuck.rows("SELECT COUNT(*) AS n FROM stuck")[0] ?? { n: 0 }, "n");
  }

  nextStuck(): number | null {
    const row = this.#stuck.rows("SELECT MIN(next_at) AS at FROM stuck")[0];
    return row === undefined || row["at"] === null ? null : integer(row, "at");
  }

  birthKey(): string {
    const row = this.#sql.rows("SELECT birth_key FROM license")[0];
    if (row === undefined) throw new Error("no license is held here");
    return text(row, "birth_key");
  }

  holdsLicense(): boolean {
    return this.#sql.rows("SELECT 1 FROM license").length > 0;
  }

  hasActivations(): boolean {
    return this.#sql.rows("SELECT 1 FROM activation LIMIT 1").length > 0;
  }

  /** Ids whose deletion D1 has not been told of. */
  unfinishedTombstones(): readonly string[] {
    return this.#buried("WHERE handed_over = 0");
  }

  /** The youngest that D1 has been told of; more than a few there never are. */
  finishedTombstones(): readonly string[] {
    return this.#buried("WHERE handed_over = 1 ORDER BY at DESC LIMIT 100");
  }

  /** Told or not; the youngest. */
  tombstones(): readonly string[] {
    return this.#buried("ORDER BY at DESC LIMIT 100");
  }

  #buried(which: string): readonly string[] {
    return this.#tombstones.rows(`SELECT license_id FROM tombstone ${which}`).map((row) => text(row, "license_id"));
  }

  /** The youngest tombstones beside the license that is held; more than a few there never are. */
  tombstonesBeside(licenseId: string): readonly { readonly id: string; readonly at: number }[] {
    return this.#tombstones
      .rows("SELECT license_id, at FROM tombstone WHERE license_id <> ? ORDER BY at DESC LIMIT 20", licenseId)
      .map((row) => ({ id: text(row, "license_id"), at: integer(row, "at") }));
  }

  /** DEL-1: D1 has forgotten the license; what is left of it here goes, the tombstone stays its 35 days. */
  finishDeletion(licenseId: string): void {
    if (this.#sql.rows("SELECT 1 FROM license WHERE id = ?", licenseId).length > 0) this.#tables.empty("tombstone");
    this.#tombstones.rows("UPDATE tombstone SET handed_over = 1 WHERE license_id = ?", licenseId);
  }

  /** OPS-1: D1 was set back to before a deletion and shows the license again. True if there is something to do. */
  reopenTombstone(licenseId: string): boolean {
    const finished =
      this.#tombstones.rows("SELECT 1 FROM tombstone WHERE license_id = ? AND handed_over = 1", licenseId).length > 0;
    if (finished) this.#tombstones.rows("UPDATE tombstone SET handed_over = 0 WHERE license_id = ?", licenseId);
    return finished;
  }

  forgetOldTombstones(now: number): void {
    this.#tombstones.rows("DELETE FROM tombstone WHERE handed_over = 1 AND at <= ?", now - TOMBSTONE_AGE);
  }

  nextTombstoneEnd(): number | null {
    const row = this.#tombstones.rows("SELECT MIN(at) AS at FROM tombstone WHERE handed_over = 1")[0];
    return row === undefined || row["at"] === null ? null : integer(row, "at") + TOMBSTONE_AGE;
  }

  hasTombstones(): boolean {
    return this.#tombstones.rows("SELECT 1 FROM tombstone LIMIT 1").length > 0;
  }
}
