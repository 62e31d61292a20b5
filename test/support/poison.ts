/** An eviction of a license's object whose memory was wrong in every part: it must answer by its storage alone. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";

import type { LicenseObject } from "../../src/license/license-object.ts";

type Row = Record<string, string | number | null>;

/** What it must not remember: nobody may activate, and no counter is right. */
const WRONG_LICENSE = `UPDATE license SET key = 'WRONG', revision = revision + 100,
  terms = json_set(terms, '$.revoked', json('true'), '$.allowedActivations', 1)`;
const WRONG_TALLY = `UPDATE tally SET next_seq = next_seq + 1000, dead_upto = next_seq + 900, seats_taken = seats_taken + 70,
  activations_taken = activations_taken + 70, deactivations = deactivations + 70, owner_epoch = owner_epoch + 1`;

export async function evictPoisoned(stub: DurableObjectStub<LicenseObject>): Promise<void> {
  // Nothing waits for a moment any more, which would put the eviction off.
  await runInDurableObject(stub, (object) => object.alarm());
  await evictDurableObject(stub);
  const right = await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const rows = [sql.exec<Row>("SELECT * FROM license").one(), sql.exec<Row>("SELECT * FROM tally").one()] as const;
    sql.exec(WRONG_LICENSE);
    sql.exec(WRONG_TALLY);
    return rows;
  });
  const [license, tally] = right;
  await evictDurableObject(stub);
  // It learns what is wrong,
  await stub.describe(String(license["id"]));
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    restore(sql, "license", license);
    restore(sql, "tally", tally);
  });
  // and asks nobody any more.
  expect(await stub.describe(String(license["id"]))).toMatchObject({
    outcome: {
      value: { key: "WRONG", terms: { revoked: true }, totalDeactivations: Number(tally["deactivations"]) + 70 },
    },
  });
  await evictDurableObject(stub);
}

function restore(sql: SqlStorage, table: string, row: Row): void {
  const columns = Object.keys(row);
  sql.exec(`UPDATE ${table} SET ${columns.map((column) => `${column} = ?`).join(", ")}`, ...Object.values(row));
}
