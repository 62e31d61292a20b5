/**
 * What happened to the webhook itself, until D1 has it (OBS-2): written in the transaction of the change, and handed
 * over by the announcer. SQL only.
 */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import { integer, text, type Sql } from "../durable/sql.ts";

export interface OutboxRow {
  readonly seq: number;
  readonly event: LeaseholdEvent;
}

export class Outbox {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  isEmpty(): boolean {
    return this.#sql.rows("SELECT 1 FROM outbox LIMIT 1").length === 0;
  }

  add(event: LeaseholdEvent): void {
    this.#sql.rows("INSERT INTO outbox (event) VALUES (?)", JSON.stringify(event));
  }

  oldest(most: number): readonly OutboxRow[] {
    return this.#sql
      .rows("SELECT seq, event FROM outbox ORDER BY seq LIMIT ?", most)
      .map((row) => ({ seq: integer(row, "seq"), event: JSON.parse(text(row, "event")) as LeaseholdEvent }));
  }

  /** D1 has them: the only mark of it. */
  handedOver(rows: readonly OutboxRow[]): void {
    for (const { seq } of rows) this.#sql.rows("DELETE FROM outbox WHERE seq = ?", seq);
  }
}
