/** Objects sleep for years: an older schema comes up to the newest, and a newer one than the code knows still works. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";

import { Tables, type Schema } from "../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { born, granted, patchCall, type Born } from "../support/born.ts";
import { call } from "../support/counted-object.ts";
import { sessionCall } from "../support/world.ts";

const LEASED = { type: "hosted-floating", allowedActivations: 2, leaseDuration: 86_400 } as const;

/**
 * Made up, for want of a version before the first: today's tables without these columns, which second versions add.
 */
const OLDER = {
  lacks: [
    ["tally", "owner_epoch"],
    ["tally", "expired_end"],
    ["activation", "owner_epoch"],
  ],
  schema: {
    common: {
      ...LICENSE_TABLES.common,
      tally: [
        ...LICENSE_TABLES.common.tally,
        [
          "ALTER TABLE tally ADD COLUMN owner_epoch INTEGER NOT NULL DEFAULT 0",
          "ALTER TABLE tally ADD COLUMN expired_end INTEGER",
        ],
      ],
      activation: [
        ...LICENSE_TABLES.common.activation,
        ["ALTER TABLE activation ADD COLUMN owner_epoch INTEGER NOT NULL DEFAULT 0"],
      ],
    },
    rare: LICENSE_TABLES.rare,
  },
} as const;

async function inStorage({ stub }: Born, work: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(stub, (_, { storage }) => storage.transactionSync(() => work(storage.sql)));
}

/** What the object does when it wakes, had its code these versions. */
function migrateTo(schema: Schema, sql: SqlStorage): void {
  new Tables({ rows: (query, ...bindings) => sql.exec(query, ...bindings).toArray() }, schema).migrate();
}

/** As a newer version would leave a table, and say so. */
function isNewer(sql: SqlStorage, table: string): void {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS schema_version (name TEXT, version INTEGER, PRIMARY KEY (name, version)) STRICT",
  );
  sql.exec("INSERT INTO schema_version (name, version) VALUES (?, 2)", table);
}

async function versionsOf({ stub }: Born): Promise<readonly unknown[]> {
  return await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT name, version FROM schema_version ORDER BY name").toArray(),
  );
}

/** A seat taken, renewed, refused, given back; a change; a lapse of nobody. */
async function worksThroughout({ license, stub, address }: Born, activationId: string): Promise<void> {
  expect(await stub.renew(sessionCall(activationId))).toMatchObject({
    ok: true,
    value: { activationId, generation: 1 },
  });
  expect(granted(await stub.activate(address, call("a")))).toMatchObject({ activationId, generation: 2 });
  const second = granted(await stub.activate(address, call("b")));
  expect(await stub.activate(address, call("c"))).toMatchObject({
    outcome: { refusal: { code: "seats-exhausted", used: 2 } },
  });
  expect(await stub.checkIn(sessionCall(second.activationId))).toMatchObject({ ok: true });
  expect(await stub.checkOut(sessionCall(activationId))).toMatchObject({ ok: true });
  const patched = await stub.patch(license.id, patchCall({ allowedActivations: 7 }));
  expect(patched).toMatchObject({ outcome: { value: { license: { totalActivations: 1, totalDeactivations: 1 } } } });
  await runInDurableObject(stub, (object) => object.alarm());
  expect(await stub.describe(license.id)).toMatchObject({ outcome: { value: { terms: { allowedActivations: 7 } } } });
}

describe("the object's schema", () => {
  it("comes up from an older version with everything that it held", async () => {
    const object = await born(LEASED);
    const { activationId } = granted(await object.stub.activate(object.address, call("a")));
    await inStorage(object, (sql) => {
      for (const [table, column] of OLDER.lacks) sql.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
      migrateTo(OLDER.schema, sql);
    });
    await evictDurableObject(object.stub);
    await worksThroughout(object, activationId);
    expect(await versionsOf(object)).toEqual(["activation", "tally"].map((name) => ({ name, version: 2 })));
  });

  it("is brought up to date by the object itself when it wakes", async () => {
    const object = await born(LEASED);
    await object.stub.bear(object.license.id);
    await inStorage(object, (sql) => {
      for (const name of Object.keys(LICENSE_TABLES.common)) if (name !== "license") sql.exec(`DROP TABLE ${name}`);
      sql.exec("DELETE FROM license");
    });
    await evictDurableObject(object.stub);
    const { activationId } = granted(await object.stub.activate(object.address, call("a")));
    await worksThroughout(object, activationId);
  });

  it("has a rare table once it is written to, and finds it again when it wakes", async () => {
    const object = await born({ ...LEASED, allowedActivations: 1 });
    granted(await object.stub.activate(object.address, call("a")));
    const tables = () =>
      runInDurableObject(object.stub, (_, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('denial', 'tombstone')").toArray(),
      );
    expect(await tables()).toEqual([]);
    await object.stub.activate(object.address, call("b"));
    const usage = await object.stub.usage(object.license.id, 1);
    expect(usage).toMatchObject({ outcome: { value: { days: [{ denials: { "seats-exhausted": 1 } }] } } });
    expect(await tables()).toEqual([{ name: "denial" }]);
    await evictDurableObject(object.stub);
    expect(await object.stub.usage(object.license.id, 1)).toEqual(usage);
    await object.stub.activate(object.address, call("b"));
    const later = await object.stub.usage(object.license.id, 1);
    expect(later).toMatchObject({ outcome: { value: { days: [{ denials: { "seats-exhausted": 2 } }] } } });
  });

  it("works on with a newer version than the code knows, and leaves it alone", async () => {
    const object = await born(LEASED);
    const { activationId } = granted(await object.stub.activate(object.address, call("a")));
    await object.stub.renew(sessionCall(activationId));
    await runInDurableObject(object.stub, (_, { storage }) => {
      storage.transactionSync(() => {
        for (const table of ["license", "tally", "activation", "outbox"]) {
          storage.sql.exec(`ALTER TABLE ${table} ADD COLUMN of_the_future INTEGER NOT NULL DEFAULT 7`);
          isNewer(storage.sql, table);
        }
        storage.sql.exec("CREATE TABLE of_the_future (one INTEGER PRIMARY KEY) STRICT");
      });
    });
    await evictDurableObject(object.stub);
    await worksThroughout(object, activationId);
    expect(await versionsOf(object)).toHaveLength(4);
    const kept = await runInDurableObject(object.stub, (_, { storage }) =>
      storage.sql.exec("SELECT of_the_future AS kept FROM license").toArray(),
    );
    expect(kept).toEqual([{ kept: 7 }]);
  });

  it("DEL-1: a deletion empties what a newer version added to, without knowing it", async () => {
    const object = await born(LEASED);
    granted(await object.stub.activate(object.address, call("a")));
    await runInDurableObject(object.stub, (_, { storage }) => {
      storage.sql.exec("ALTER TABLE activation ADD COLUMN of_the_future TEXT");
      isNewer(storage.sql, "activation");
    });
    await evictDurableObject(object.stub);
    const caller = { actor: { type: "token", id: "vendor" }, requestId: "test" } as const;
    expect(await object.stub.deleteLicense(object.license.id, caller)).toMatchObject({ outcome: { ok: true } });
    expect(await object.stub.describe(object.license.id)).toMatchObject({
      outcome: { refusal: { code: "license-unknown" } },
    });
  });
});
