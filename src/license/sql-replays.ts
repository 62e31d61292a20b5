/** Kept outcomes of calls with an idempotency key (MGMT-4), on SQLite. */

import { OF_DEVICES, type Replay, type ReplayCounts, type Replays } from "../domain/turn/ledger.ts";
import { dayOf } from "../domain/turn/denials.ts";
import { integer, maybeInteger, text, type Sql } from "../durable/sql.ts";

export class SqlReplays implements Replays {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  find(day: number, key: string): Replay | null {
    const [row] = this.#sql.rows(
      "SELECT at, lower(hex(body_hash)) AS body_hash, outcome FROM replay WHERE day = ? AND key = unhex(?)",
      day,
      key,
    );
    if (row === undefined) return null;
    return { day, key, at: integer(row, "at"), bodyHash: text(row, "body_hash"), outcome: text(row, "outcome") };
  }

  save({ day, key, at, bodyHash, outcome }: Replay): void {
    this.#sql.rows(
      "INSERT OR REPLACE INTO replay (day, key, at, body_hash, outcome) VALUES (?, unhex(?), ?, unhex(?), ?)",
      day,
      key,
      at,
      bodyHash,
      outcome,
    );
  }

  remove({ day, key }: Pick<Replay, "day" | "key">): void {
    this.#sql.rows("DELETE FROM replay WHERE day = ? AND key = unhex(?)", day, key);
  }

  since(after: number): ReplayCounts {
    const [row = {}] = this.#sql.rows(
      `SELECT count(*) FILTER (WHERE of_device) AS devices, min(at) FILTER (WHERE of_device) AS devices_oldest,
         count(*) FILTER (WHERE NOT of_device) AS vendor, min(at) FILTER (WHERE NOT of_device) AS vendor_oldest
       FROM (SELECT at, substr(outcome, 1, ?) = ? AS of_device FROM replay WHERE day >= ? AND at > ?)`,
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
      `DELETE FROM replay WHERE (day, key) IN (SELECT day, key FROM replay WHERE day < ? ORDER BY day, key LIMIT ?)`,
      beforeDay,
      most,
    );
  }
}
