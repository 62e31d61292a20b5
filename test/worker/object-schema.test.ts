/** Objects sleep for years: every schema version comes up to the newest, and a newer one than the code knows still works. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";

import { idWithLocator, locatorOf } from "../../src/domain/identifier.ts";
import type { License } from "../../src/domain/license.ts";
import { SCHEMA_VERSIONS } from "../../src/license/schema.ts";
import { born, granted, patchCall, type Born } from "../support/born.ts";
import { call } from "../support/counted-object.ts";
import { sessionCall } from "../support/world.ts";

const LEASED = { type: "hosted-floating", allowedActivations: 2, leaseDuration: 86_400 } as const;
const DEVICE = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb".slice(0, 32);
const FACTS = { firstFingerprint: "a", fingerprint: "a", email: null, hostname: null, targetSoftwareVersion: null };

/** What the code of each version left behind: one license with one live seat of device `a`. A new version adds its own, none is ever changed. */
const LEFT_BY: Readonly<Record<number, (sql: SqlStorage, license: License, sessionId: string) => void>> = {
  1: (sql, { id, key, revision, terms: written }, sessionId) => {
    const now = Date.now();
    // There were no users yet.
    const { user: _user, expiringSoonEventOffset: _offset, ...terms } = written;
    sql.exec(
      "INSERT INTO license (one, id, key, birth_key, revision, terms) VALUES (1, ?, ?, ?, ?, ?)",
      ...[id, key, key, revision, JSON.stringify({ ...terms, activatedAt: now })],
    );
    sql.exec(
      `INSERT INTO tally (one, clock, fence, fence_confirmed, reproject_from, next_seq, dead_upto, seats_taken,
         activations_taken, deactivations, owned_dead_upto, owned_tidied_upto, owned_seats_taken,
         owned_activations_taken, event_seq, limit_event_at, last_used_at)
       VALUES (1, ?, 0, 0, NULL, 2, 0, 1, 1, 0, 0, 0, 0, 0, 2, 0, NULL)`,
      now,
    );
    sql.exec(
      `INSERT INTO activation (seq, id, lease_end, released, token_end, contact_at, lease, requested_lease, token_at,
         token_refresh_at, token_revision, gen, projected_at, created_at, renewals_before, period_months, period_seconds,
         anchor_at, device, holder, owner, over_limit, facts)
       VALUES (1, ?1, ?2, 0, ?2, ?3, 86400, NULL, ?3, NULL, 1, 1, ?3, ?3, 0, NULL, NULL, NULL, unhex(?4), NULL, NULL, 0, ?5)`,
      ...[sessionId, now + 86_400_000, now, DEVICE, JSON.stringify(FACTS)],
    );
  },
  2: (sql, { id, key, revision, terms: written }, sessionId) => {
    const now = Date.now();
    // Ends were not told of yet.
    const { expiringSoonEventOffset: _offset, ...terms } = written;
    sql.exec(
      "INSERT INTO license (one, id, key, birth_key, revision, terms) VALUES (1, ?, ?, ?, ?, ?)",
      ...[id, key, key, revision, JSON.stringify({ ...terms, activatedAt: now })],
    );
    sql.exec(
      `INSERT INTO tally (one, clock, fence, fence_confirmed, reproject_from, next_seq, dead_upto, seats_taken,
         activations_taken, deactivations, owner_epoch, owned_dead_upto, owned_tidied_upto, owned_seats_taken,
         owned_activations_taken, event_seq, limit_event_at, last_used_at)
       VALUES (1, ?, 0, 0, NULL, 2, 0, 1, 1, 0, 3, 0, 0, 0, 0, 2, 0, NULL)`,
      now,
    );
    sql.exec(
      `INSERT INTO activation (seq, id, lease_end, released, token_end, contact_at, lease, requested_lease, token_at,
         token_refresh_at, token_revision, gen, projected_at, created_at, renewals_before, period_months, period_seconds,
         anchor_at, device, holder, owner, owner_epoch, over_limit, facts)
       VALUES (1, ?1, ?2, 0, ?2, ?3, 86400, NULL, ?3, NULL, 1, 1, ?3, ?3, 0, NULL, NULL, NULL, unhex(?4), NULL, NULL, 2, 0, ?5)`,
      ...[sessionId, now + 86_400_000, now, DEVICE, JSON.stringify({ ...FACTS, userEmail: null })],
    );
  },
  3: (sql, { id, key, revision, terms }, sessionId) => {
    const now = Date.now();
    sql.exec(
      "INSERT INTO license (one, id, key, birth_key, revision, terms) VALUES (1, ?, ?, ?, ?, ?)",
      ...[id, key, key, revision, JSON.stringify({ ...terms, activatedAt: now })],
    );
    sql.exec(
      `INSERT INTO tally (one, clock, fence, fence_confirmed, reproject_from, next_seq, dead_upto, seats_taken,
         activations_taken, deactivations, owner_epoch, owned_dead_upto, owned_tidied_upto, owned_seats_taken,
         owned_activations_taken, event_seq, limit_event_at, last_used_at,
         expired_end, expiring_end)
       VALUES (1, ?, 0, 0, NULL, 2, 0, 1, 1, 0, 3, 0, 0, 0, 0, 2, 0, NULL, NULL, NULL)`,
      now,
    );
    sql.exec(
      `INSERT INTO activation (seq, id, lease_end, released, token_end, contact_at, lease, requested_lease, token_at,
         token_refresh_at, token_revision, gen, projected_at, created_at, renewals_before, period_months, period_seconds,
         anchor_at, device, holder, owner, owner_epoch, over_limit, facts)
       VALUES (1, ?1, ?2, 0, ?2, ?3, 86400, NULL, ?3, NULL, 1, 1, ?3, ?3, 0, NULL, NULL, NULL, unhex(?4), NULL, NULL, 2, 0, ?5)`,
      ...[sessionId, now + 86_400_000, now, DEVICE, JSON.stringify({ ...FACTS, userEmail: null })],
    );
  },
};

/** Makes the object's storage as the code of this version left it, and wakes it with today's. */
async function asLeftBy(version: number, { license, stub }: Born): Promise<string> {
  const sessionId = idWithLocator(locatorOf(license.id) ?? "", new Uint8Array(8));
  await runInDurableObject(stub, (_, { storage }) => {
    storage.transactionSync(() => {
      SCHEMA_VERSIONS.slice(0, version).forEach((statements, index) => {
        for (const statement of statements) storage.sql.exec(statement);
        storage.sql.exec("INSERT INTO schema_version (version, applied_at) VALUES (?, 0)", index + 1);
      });
      LEFT_BY[version]?.(storage.sql, license, sessionId);
    });
  });
  await evictDurableObject(stub);
  return sessionId;
}

async function versionsOf({ stub }: Born): Promise<number[]> {
  return await runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ version: number }>("SELECT version FROM schema_version ORDER BY version")
      .toArray()
      .map((row) => row.version),
  );
}

/** A seat taken, renewed, refused, given back; a change; a lapse of nobody. */
async function worksThroughout({ license, stub, address }: Born, sessionId: string): Promise<void> {
  expect(await stub.renew(sessionCall(sessionId))).toMatchObject({ ok: true, value: { sessionId, generation: 1 } });
  expect(granted(await stub.activate(address, call("a")))).toMatchObject({ sessionId, generation: 2 });
  const second = granted(await stub.activate(address, call("b")));
  expect(await stub.activate(address, call("c"))).toMatchObject({
    outcome: { refusal: { code: "seats-exhausted", used: 2 } },
  });
  expect(await stub.checkIn(sessionCall(second.sessionId))).toMatchObject({ ok: true });
  expect(await stub.checkOut(sessionCall(sessionId))).toMatchObject({ ok: true });
  const patched = await stub.patch(license.id, patchCall({ allowedActivations: 7 }));
  expect(patched).toMatchObject({ outcome: { value: { license: { totalActivations: 1, totalDeactivations: 1 } } } });
  await runInDurableObject(stub, (object) => object.alarm());
  expect(await stub.describe(license.id)).toMatchObject({ outcome: { value: { terms: { allowedActivations: 7 } } } });
}

describe("the object's schema", () => {
  const versions = SCHEMA_VERSIONS.map((_, index) => index + 1);

  it("knows what each version left behind", () => {
    expect(Object.keys(LEFT_BY).map(Number)).toEqual(versions);
  });

  it.each(versions)("comes up from version %i with everything that it held", async (version) => {
    const object = await born(LEASED);
    const sessionId = await asLeftBy(version, object);
    await worksThroughout(object, sessionId);
    expect(await versionsOf(object)).toEqual(versions);
  });

  it("works on with a newer version than the code knows, and leaves it alone", async () => {
    const object = await born(LEASED);
    const { sessionId } = granted(await object.stub.activate(object.address, call("a")));
    await object.stub.renew(sessionCall(sessionId));
    await runInDurableObject(object.stub, (_, { storage }) => {
      storage.transactionSync(() => {
        for (const table of ["license", "tally", "activation", "outbox", "rolling_end"]) {
          storage.sql.exec(`ALTER TABLE ${table} ADD COLUMN of_the_future INTEGER NOT NULL DEFAULT 7`);
        }
        storage.sql.exec("CREATE TABLE of_the_future (one INTEGER PRIMARY KEY) STRICT");
        storage.sql.exec("INSERT INTO schema_version (version, applied_at) VALUES (?, 0)", versions.length + 1);
      });
    });
    await evictDurableObject(object.stub);
    await worksThroughout(object, sessionId);
    expect(await versionsOf(object)).toEqual([...versions, versions.length + 1]);
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
      storage.sql.exec("INSERT INTO schema_version (version, applied_at) VALUES (?, 0)", versions.length + 1);
    });
    await evictDurableObject(object.stub);
    const caller = { actor: { type: "token", id: "vendor" }, requestId: "test" } as const;
    expect(await object.stub.deleteLicense(object.license.id, caller)).toMatchObject({ outcome: { ok: true } });
    expect(await object.stub.describe(object.license.id)).toMatchObject({
      outcome: { refusal: { code: "license-unknown" } },
    });
  });
});
