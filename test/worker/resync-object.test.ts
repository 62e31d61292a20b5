/**
 * An object that is asked to compare itself with D1 (OPS-1, 0027-an-empty-object-writes-nothing.md): what it writes,
 * and how far one call goes.
 */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Resynced } from "../../src/domain/commands/comparison.ts";
import { born, granted, patchCall, type Born } from "../support/born.ts";
import { call, countedObject } from "../support/counted-object.ts";
import { facetsOf } from "../support/facets.ts";

const VENDOR = { actor: { type: "token", id: "vendor" }, requestId: "test" } as const;

function told(answer: Outcome<Resynced>): Resynced {
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value;
}

async function forget({ license }: Born): Promise<void> {
  for (const table of ["license_keys", "activations"]) {
    await env.DB.prepare(`DELETE FROM ${table} WHERE license_id = ?`).bind(license.id).run();
  }
  await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(license.id).run();
}

async function rowOf({ license }: Born) {
  return await env.DB.prepare("SELECT key, born_at, fence FROM licenses WHERE id = ?").bind(license.id).first();
}

/** Everything that the object has stored, and its alarm. */
async function storedBy({ stub }: Born) {
  return await runInDurableObject(stub, async (_, { storage }) => {
    const tables = storage.sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'");
    const rows = tables.toArray().map(({ name }) => [name, storage.sql.exec(`SELECT * FROM ${name}`).toArray()]);
    return { tables: Object.fromEntries(rows) as Record<string, unknown>, alarm: await storage.getAlarm() };
  });
}

async function settled(license: Born): Promise<void> {
  await runInDurableObject(license.stub, async (object, { storage }) => {
    while (storage.sql.exec("SELECT 1 FROM outbox").toArray().length > 0) await object.alarm();
  });
}

describe("an empty object", () => {
  it("OPS-1, ID-5: stores nothing, arms nothing, is not born, and stays free to be", async () => {
    const license = await born({});
    const row = await rowOf(license);
    const nothing = { licenseId: null, deletedIds: [], isLevel: true, found: null, left: null, revived: [] };
    expect(told(await license.stub.resync())).toEqual(nothing);
    expect(await storedBy(license)).toEqual({ tables: {}, alarm: null });
    expect(await rowOf(license)).toEqual(row);
    granted(await license.stub.activate(license.address, call("device")));
  });
});

describe("an object that is level", () => {
  it("OPS-1: writes nothing, neither in its storage nor in D1", async () => {
    await countedObject({ seats: 130, members: { allowedActivations: 200 } }, async (object) => {
      await object.settled();
      let answer = told(await object.keeper.resync());
      while (!answer.isLevel) answer = told(await object.keeper.resync());
      const row = env.DB.prepare("SELECT * FROM licenses WHERE id = ?").bind(object.license.id);
      const before = await row.first();
      const cost = await object.costOf(async () => {
        answer = told(await object.keeper.resync());
      });
      expect(cost).toMatchObject({ written: 0, alarms: 0 });
      expect(answer).toMatchObject({ isLevel: true, found: { activations: 130 }, left: { activations: 130 } });
      expect(answer.found).toEqual(answer.left);
      expect(await row.first()).toEqual(before);
    });
  });
});

describe("an object that D1 has forgotten", () => {
  it("OPS-1, SEAT-6: hands a great many activations over in bounded calls, each from where the last one stopped", async () => {
    await countedObject({ seats: 2_250, members: { allowedActivations: 3_000 } }, async (object) => {
      const { id } = object.license;
      const activations = async () =>
        await env.DB.prepare("SELECT count(*) AS n FROM activations WHERE license_id = ?").bind(id).first("n");
      await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(id).run();
      const first = told(await object.keeper.resync());
      expect(first).toMatchObject({ licenseId: id, isLevel: false, found: { fence: null, activations: 0 } });
      const sent = Number(await activations());
      expect(sent).toBeGreaterThan(1_500);
      expect(sent).toBeLessThan(2_250);
      expect(first.left?.activations).toBe(sent);
      const second = told(await object.keeper.resync());
      expect(second).toMatchObject({ isLevel: true, found: { activations: sent }, left: { activations: 2_250 } });
      expect(await activations()).toBe(2_250);
    });
  });

  it("OPS-1: the alarm does the rest, if nobody asks again", async () => {
    await countedObject({ seats: 2_250, members: { allowedActivations: 3_000 } }, async (object) => {
      await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(object.license.id).run();
      expect(told(await object.keeper.resync()).isLevel).toBe(false);
      for (let alarms = 0; alarms < 10; alarms += 1) await object.keeper.alarm();
      expect(told(await object.keeper.resync())).toMatchObject({ isLevel: true, found: { activations: 2_250 } });
    });
  });

  it("OPS-1, ID-5: comes back also if it was born and never had anything to say", async () => {
    const license = await born({});
    await license.stub.bear(license.license.id);
    await forget(license);
    const answer = told(await license.stub.resync());
    expect(answer).toMatchObject({ isLevel: true, found: { fence: null }, left: { keys: 1 } });
    expect(await rowOf(license)).toMatchObject({ key: license.license.key, fence: answer.left?.fence });
  });

  it("OPS-1, DEL-1: comes back neither during its deletion nor after", async () => {
    const license = await born({ allowedActivations: 5 });
    granted(await license.stub.activate(license.address, call("a")));
    await settled(license);
    const shown = await rowOf(license);
    await license.stub.deleteLicense(license.license.id, VENDOR);
    await forget(license);
    const deleted = { licenseId: null, deletedIds: [license.license.id], isLevel: true };
    expect(told(await license.stub.resync())).toMatchObject({ ...deleted, revived: [] });
    expect(await rowOf(license)).toBeNull();
    // An older D1 shows it, and has not heard of its deletion.
    await env.DB.prepare("DELETE FROM deleted_licenses WHERE id = ?").bind(license.license.id).run();
    await env.DB.prepare(
      `INSERT INTO licenses (id, key, product_id, revision, terms, created_at, updated_at, fence) VALUES (?, ?, 'p', 1, '{}', 1, 1, ?)`,
    )
      .bind(license.license.id, license.license.key, shown?.["fence"])
      .run();
    await evictDurableObject(license.stub);
    expect(told(await license.stub.resync())).toMatchObject({ ...deleted, revived: [license.license.id] });
    expect(await rowOf(license)).toBeNull();
    const remembered = env.DB.prepare("SELECT 1 AS yes FROM deleted_licenses WHERE id = ?").bind(license.license.id);
    expect(await remembered.first("yes")).toBe(1);
    expect(told(await license.stub.resync())).toMatchObject({ ...deleted, revived: [] });
  });
});

describe("a D1 that is not older and finds a license by something else", () => {
  const OLD = `UPDATE license_facets SET value = value + 1 WHERE license_id = unhex(?, '-') AND facet = 4`;
  const OLD_TERMS = `UPDATE licenses SET terms = json_set(terms, '$.revoked', json('true')) WHERE id = ?`;

  it.each([
    ["what it was", [OLD, OLD_TERMS]],
    ["less than the row says", ["DELETE FROM license_facets WHERE license_id = unhex(?, '-') AND facet = 4"]],
  ])("OPS-1, MGMT-1: by %s: it is put right", async (_, damage) => {
    const license = await born({ allowedActivations: 5 });
    granted(await license.stub.activate(license.address, call("a")));
    await settled(license);
    expect(told(await license.stub.resync())).toMatchObject({ isLevel: true });
    const before = await facetsOf(license.license.id, "state");
    await env.DB.batch(damage.map((query) => env.DB.prepare(query).bind(license.license.id)));
    expect(await facetsOf(license.license.id, "state")).not.toEqual(before);
    expect(told(await license.stub.resync())).toMatchObject({ isLevel: true, left: { activations: 1 } });
    expect(await facetsOf(license.license.id, "state")).toEqual(before);
  });
});

describe("a D1 that is not older and lacks rows", () => {
  it.each([
    ["an activation", `DELETE FROM activations WHERE id = (SELECT max(id) FROM activations WHERE license_id = ?)`],
    ["all activations", "DELETE FROM activations WHERE license_id = ?"],
    ["the key", "DELETE FROM license_keys WHERE license_id = ?"],
  ])("OPS-1: gets %s back", async (_, loss) => {
    const license = await born({ allowedActivations: 5 });
    for (const device of ["a", "b", "c"]) granted(await license.stub.activate(license.address, call(device)));
    await license.stub.patch(license.license.id, patchCall({ notes: "told" }));
    await settled(license);
    const whole = told(await license.stub.resync());
    expect(whole).toMatchObject({ isLevel: true, found: { activations: 3 } });
    await env.DB.prepare(loss).bind(license.license.id).run();
    const { left, isLevel } = told(await license.stub.resync());
    expect(left).toMatchObject({ keys: whole.left?.keys, activations: 3 });
    expect(isLevel).toBe(true);
  });
});
