/** Kept outcomes of calls with an idempotency key (MGMT-4), on SQLite. */

import {
  OF_DEVICES,
  type IdempotencyRecord,
  type IdempotencyCounts,
  type IdempotencyRecords,
} from "../domain/turn/ledger.ts";
import { dayOf } from "../domain/turn/denials.ts";
import { integer, maybeInteger, text } from "../durable/sql.ts";
import type { RareTable } from "../durable/tables.ts";

const NONE = { live: 0, oldestAt: null } as const;

export class SqlIdempotency implements IdempotencyRecords {
  readonly #table: RareTable;

  constructor(table: RareTable) {
    this.#table = table;
  }

  find(day: number, key: string): IdempotencyRecord | null {
    const [row] = this.#table.rows(
      "SELECT at, lower(hex(body_hash)) AS body_hash, outcome FROM idempotency_record WHERE day = ? AND key = unhex(?)",
      day,
      key,
    );
    if (row === undefined) return null;
    return { day, key, at: integer(row, "at"), bodyHash: text(row, "body_hash"), outcome: text(row, "outcome") };
  }

  save({ day, key, at, bodyHash, outcome }: IdempotencyRecord): void {
    this.#table.write(
      "INSERT OR REPLACE INTO idempotency_record (day, key, at, body_hash, outcome) VALUES (?, unhex(?), ?, unhex(?), ?)",
      day,
      key,
      at,
      bodyHash,
      outcome,
    );
  }

  remove({ day, key }: Pick<IdempotencyRecord, "day" | "key">): void {
    this.#table.rows("DELETE FROM idempotency_record WHERE day = ? AND key = unhex(?)", day, key);
  }

  since(after: number): IdempotencyCounts {
    const [row] = this.#table.rows(
      `SELECT count(*) FILTER (WHERE of_device) AS devices, min(at) FILTER (WHERE of_device) AS devices_oldest,
         count(*) FILTER (WHERE NOT of_device) AS vendor, min(at) FILTER (WHERE NOT of_device) AS vendor_oldest
       FROM (SELECT at, substr(outcome, 1, ?) = ? AS of_device FROM idempotency_record WHERE day >= ? AND at > ?)`,
      OF_DEVICES.length,
      OF_DEVICES,
      dayOf(after),
      after,
    );
    if (row === undefined) return { devices: NONE, vendor: NONE };
    return {
      devices: { live: integer(row, "devices"), oldestAt: maybeInteger(row, "devices_oldest") },
      vendor: { live: integer(row, "vendor"), oldestAt: maybeInteger(row, "vendor_oldest") },
    };
  }

  forget(beforeDay: number, most: number): void {
    this.#table.rows(
      `DELETE FROM idempotency_record WHERE (day, key) IN (SELECT day, key FROM idempotency_record WHERE day < ? ORDER BY day, key LIMIT ?)`,
      beforeDay,
      most,
    );
  }
}
