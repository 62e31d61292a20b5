/** The ledgers that every test of this folder runs against. */

import type { Ledger, OutboxRow } from "../../src/domain/turn/ledger.ts";
import { EMPTY_TALLY } from "../../src/domain/turn/ledger.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { outboxRowOf } from "../../src/license/rows.ts";
import { Tables } from "../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { SqlLedger } from "../../src/license/sql-ledger.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { nodeSql } from "../support/node-sql.ts";

export interface Subject {
  readonly ledger: Ledger;
  /** What was enqueued, by sequence. */
  outbox(): readonly OutboxRow[];
}

export function mapSubject(license: License): Subject {
  const ledger = new MapLedger(license);
  return { ledger, outbox: () => ledger.outbox() };
}

export function sqlSubject(license: License): Subject {
  const sql = nodeSql();
  const tables = new Tables(sql, LICENSE_TABLES);
  tables.migrate();
  const ledger = new SqlLedger(sql, tables);
  ledger.saveLicense(license);
  ledger.saveTally(EMPTY_TALLY);
  return {
    ledger,
    outbox: () => sql.rows("SELECT seq, id, type, body FROM outbox ORDER BY seq").map(outboxRowOf),
  };
}

export const subjects: readonly (readonly [string, (license: License) => Subject])[] = [
  ["maps", mapSubject],
  ["SQLite", sqlSubject],
];
