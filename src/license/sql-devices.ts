/**
 * What devices are found by beside their own digest, on SQLite: parts of fingerprints (FP-1), and the person whose seat
 * they share (SEAT-2). Most licenses have neither table.
 */

import type { FingerprintParts } from "../domain/turn/ledger.ts";
import { integer } from "../durable/sql.ts";
import type { RareTable } from "../durable/tables.ts";

export class SqlParts implements FingerprintParts {
  readonly #table: RareTable;

  constructor(table: RareTable) {
    this.#table = table;
  }

  carriers(part: string, after: number, most: number): readonly number[] {
    return this.#table
      .rows(
        "SELECT seq FROM fingerprint_part WHERE part = unhex(?) AND seq > ? ORDER BY seq LIMIT ?",
        part,
        after,
        most,
      )
      .map((row) => integer(row, "seq"));
  }

  add(seq: number, parts: readonly string[]): void {
    this.#table.write(
      "INSERT INTO fingerprint_part (part, seq) SELECT unhex(value), ? FROM json_each(?)",
      seq,
      JSON.stringify(parts),
    );
  }

  remove(seq: number, parts: readonly string[]): void {
    this.#table.rows(
      "DELETE FROM fingerprint_part WHERE part IN (SELECT unhex(value) FROM json_each(?)) AND seq = ?",
      JSON.stringify(parts),
      seq,
    );
  }

  areUsed(): boolean {
    return this.#table.isMade();
  }
}

/** By person and order of birth: an index of its own, which only licenses pay for that count by person. */
export class SqlSharedSeats {
  readonly #table: RareTable;

  constructor(table: RareTable) {
    this.#table = table;
  }

  seqs(holder: string, after: number, most: number): readonly number[] {
    return this.#table
      .rows("SELECT seq FROM shared_seat WHERE holder = unhex(?) AND seq > ? ORDER BY seq LIMIT ?", holder, after, most)
      .map((row) => integer(row, "seq"));
  }

  add(holder: string, seq: number): void {
    this.#table.write("INSERT INTO shared_seat (holder, seq) VALUES (unhex(?), ?)", holder, seq);
  }

  remove(holder: string, seq: number): void {
    this.#table.rows("DELETE FROM shared_seat WHERE holder = unhex(?) AND seq = ?", holder, seq);
  }
}
