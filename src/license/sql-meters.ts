/** What is counted of meter attributes, on SQLite (METER-1). A license that counts nothing has no such table. */

import type { MeterCount, MeterCounts } from "../domain/turn/ledger.ts";
import { integer, text } from "../durable/sql.ts";
import type { RareTable } from "../durable/tables.ts";

export class SqlMeters implements MeterCounts {
  readonly #table: RareTable;

  constructor(table: RareTable) {
    this.#table = table;
  }

  all(): readonly MeterCount[] {
    return this.#table.rows("SELECT id, total, owned, gross, round FROM meter ORDER BY id").map((row) => ({
      id: text(row, "id"),
      total: integer(row, "total"),
      owned: integer(row, "owned"),
      gross: integer(row, "gross"),
      round: integer(row, "round"),
    }));
  }

  save({ id, total, owned, gross, round }: MeterCount): void {
    this.#table.write(
      "INSERT OR REPLACE INTO meter (id, total, owned, gross, round) VALUES (?, ?, ?, ?, ?)",
      ...[id, total, owned, gross, round],
    );
  }

  remove(id: string): void {
    this.#table.rows("DELETE FROM meter WHERE id = ?", id);
  }
}
