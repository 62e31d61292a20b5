/** Kept outcomes of calls with an idempotency key (MGMT-4), on SQLite. */

import {
  OF_DEVICES,
  type IdempotencyRecord,
  type IdempotencyCounts,
  type IdempotencyRecords,
} from "../domain/turn/ledger.ts";
import { dayOf } from "../domain/turn/denials.ts";
import { integer, maybeInteger, text, type Sql } from "../durable/sql.ts";

export class SqlIdempotency implements IdempotencyRecords {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  find(day: number, key: string): IdempotencyRecord | null {
    const [row] = this.#sql.rows(
      "SELECT at, lower(hex(body_hash)) AS body_hash, outcome FROM idempotency_record WHERE day = ? AND key = unhex(?)",
      day,
      key,
    );
    if (row === undefined) return null;
    return { day, key, at: integer(row, "at"), bodyHash: text(row, "body_hash"), outcome: text(row, "outcome") };
  }

  save({ day, key, at, bodyHash, outcome }: IdempotencyRecord): void {
    this.#sql.rows(
      "INSERT OR REPLACE INTO idempotency_record (day, key, at, body_hash, outcome) VALUES (?, unhex(?), ?, unhex(?), ?)",
      day,
      key,
      at,
      bodyHash,
      outcome,
    );
  }

  remove({ day, key }: Pick<IdempotencyRecord, "day" | "key">): void {
    this.#sql.rows("DELETE FROM idempotency_record WHERE day = ? AND key = unhex(?)", day, key);
  }

  since(after: number): IdempotencyCounts {
    const [row = {}] = this.#sql.rows(
      `SELECT count(*) FILTER (WHERE of_device) AS devices, min(at) FILTER (WHERE of_device) AS devices_oldest,
         count(*) FILTER (WHERE NOT of_device) AS vendor, min(at) FILTER (WHERE NOT of_device) AS vendor_oldest
       FROM (SELECT at, substr(outcome, 1, ?) = ? AS of_device FROM idempotency_record WHERE day >= ? AND at > ?)`,
      OF_DEVICES.length,
      OF_DEVICES,
      dayOf(after),
      after,
    );
    return {
      devices: { live: integer(row, "devices"), oldestAt: maybeInteger(row, "devices_oldest") },
      vendor: { live: integer(row, "vendor"), oldestAt: maybeInteger(row, "vendor_oldest") },
    };
  }

  forget(beforeDay: number, most: number): void {
    this.#sql.rows(
      `DELETE FROM idempotency_record WHERE (day, key) IN (SELECT day, key FROM idempotency_record WHERE day < ? ORDER BY day, key LIMIT ?)`,
      beforeDay,
      most,
    );
  }
}
