/**
 * What a call costs in rows, measured in workerd: the same at 10 and at 10,000 live seats (SEAT-6,
 * 0025-count-by-reading.md).
 */

import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { call, countedObject, type Cost, type CountedObject } from "../support/counted-object.ts";
import { sessionCall, syncCall, VENDOR } from "../support/world.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const SLOW = { timeout: 120_000 };
const DAY = 86_400_000;
const FLOATING: Partial<NewLicense> = { type: "hosted-floating", allowedActivations: 0, leaseDuration: 3600 };

/** Where the next activation comes eleventh in its block of 64. */
const FEW = { seats: 10, members: FLOATING };
const A_BLOCK_MORE = { seats: 74, members: FLOATING };
const MANY = { seats: 10_000, gone: 58, members: FLOATING };

/** The device whose place in the index is followed by another one's, however many there are. */
function firstByDigest(devices: readonly string[]): string {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex");
  return devices.toSorted((one, other) => (digest(one) < digest(other) ? -1 : 1))[0] ?? "";
}

async function costs({ keeper, license, sessions, devices, costOf }: CountedObject): Promise<Record<string, Cost>> {
  const address = { key: license.key };
  const [first = "", second = ""] = sessions;
  return {
    "activate new": await costOf(() => keeper.activate(address, call("new"))),
    "activate same": await costOf(() => keeper.activate(address, call(firstByDigest(devices)))),
    renew: await costOf(() => keeper.renew(sessionCall(first))),
    sync: await costOf(() => keeper.sync(syncCall(first, devices[0] ?? "", license.key))),
    "check-in": await costOf(() => keeper.checkIn(sessionCall(first))),
    look: await costOf(() => keeper.session(sessionCall(first))),
    "check-out": await costOf(() => keeper.checkOut(sessionCall(second))),
    "unknown session": await costOf(() => keeper.session(sessionCall("0a1b2c3d-4e5f-8678-8abc-0123456789ab"))),
    "wrong key": await costOf(() => keeper.activate({ key: "another" }, call("new"))),
  };
}

/** Calls that have to count: on a full license, and the vendor's. */
async function countingCosts({ keeper, license, costOf, sessions }: CountedObject): Promise<Record<string, Cost>> {
  const address = { key: license.key };
  const patch = (change: object) => keeper.patch(license.id, { ...VENDOR, patch: change });
  return {
    "limit change": await costOf(() => patch({ allowedActivations: sessions.length })),
    refused: await costOf(() => keeper.activate(address, call("newer"))),
    "refused again": await costOf(() => keeper.activate(address, call("newest"))),
    describe: await costOf(() => keeper.describe(license.id)),
    revoke: await costOf(() => patch({ revoked: true })),
    delete: await costOf(() => keeper.deleteLicense(license.id, VENDOR)),
  };
}

describe("rows per call", () => {
  it("SEAT-6, LEASE-6: are the same at 10 and at 10,000 live seats", SLOW, async () => {
    const few = await countedObject(FEW, costs);
    const many = await countedObject(MANY, costs);
    expect(many).toEqual(few);
    expect(few).toEqual({
      // Read: the tally, once in the object's life, and what the three inserts look at. Written: the row, its two
      // indexes, event, tally.
      "activate new": { read: 4, written: 5, alarms: 1 },
      "activate same": { read: 3, written: 1, alarms: 0 },
      renew: { read: 2, written: 1, alarms: 0 },
      sync: { read: 2, written: 1, alarms: 0 },
      "check-in": { read: 2, written: 1, alarms: 0 },
      look: { read: 1, written: 0, alarms: 0 },
      "check-out": { read: 4, written: 3, alarms: 0 },
      "unknown session": { read: 0, written: 0, alarms: 0 },
      "wrong key": { read: 0, written: 0, alarms: 0 },
    });
  });

  it("SEAT-6: of calls that count do not grow with the number of blocks", SLOW, async () => {
    const few = await countedObject(FEW, countingCosts);
    const block = await countedObject(A_BLOCK_MORE, countingCosts);
    const many = await countedObject(MANY, countingCosts);
    expect(many).toEqual(block);
    for (const [name, { read, written }] of Object.entries(many)) {
      expect([name, written]).toEqual([name, few[name]?.written]);
      // A license of one block has no bounds, nor a table of them; any other reads two of them, and looks for more.
      expect([name, read - (few[name]?.read ?? 0) <= 3]).toEqual([name, true]);
    }
  });

  it("SEAT-6, LEASE-4: of a grant that meets 10,000 lapsed leases are those of a few", SLOW, async () => {
    const lapsed = async (object: CountedObject) => {
      object.clock += DAY;
      const cost = await object.costOf(() => object.keeper.activate({ key: object.license.key }, call("new")));
      return { cost, left: object.sessions.length - count(object, "activation") };
    };
    const block = await countedObject({ seats: 592, members: { ...FLOATING, allowedActivations: 592 } }, lapsed);
    const many = await countedObject({ seats: 10_000, members: { ...FLOATING, allowedActivations: 10_000 } }, lapsed);
    expect(many).toEqual(block);
    // Eight gone and one come.
    expect(many.left).toBe(7);
    expect(many.cost.written).toBeLessThanOrEqual(5 + 8 * 2 + 2);
    expect(many.cost.read).toBeLessThanOrEqual(4 * 64);
  });

  it("SEAT-6: where every bound is stale, a full license counts once and remembers", SLOW, async () => {
    const members = { ...FLOATING, allowedActivations: 2000 };
    await countedObject({ seats: 2000, members }, async (object) => {
      const refused = () => object.costOf(() => object.keeper.activate({ key: object.license.key }, call("new")));
      object.clock += 1800_000;
      for (const id of object.sessions) await object.keeper.renew(sessionCall(id));
      object.clock += 1800_000;
      expect((await refused()).read).toBeGreaterThan(1000);
      expect(await refused()).toEqual({ read: 0, written: 0, alarms: 0 });
      await object.keeper.alarm();
      object.clock += 1799_000;
      // SEAT-4: a minute later the event comes again, and the refusals along with it; the count still stands.
      expect(await refused()).toEqual({ read: 2, written: 3, alarms: 0 });
    });
  });
});

describe("10,000 seats that end at once", () => {
  it("SEAT-6, STAND-2: a revoke is one answer; rows follow 200 at a time, an event for each", SLOW, async () => {
    await countedObject(MANY, async (object) => {
      const { keeper, license } = object;
      await keeper.patch(license.id, { ...VENDOR, patch: { revoked: true } });
      expect(count(object, "activation")).toBe(10_000);
      expect(await keeper.describe(license.id)).toMatchObject({ outcome: { value: { totalActivations: 0 } } });
      await runsUntilGone(object);
      await object.settled();
      expect(await deletions(license.id)).toEqual({ events: 10_000, ids: 10_000, activations: 10_000 });
    });
  });

  it(
    "SEAT-6, DEL-1: a deletion is one answer; D1 forgets the license when every event is handed over",
    SLOW,
    async () => {
      await countedObject(MANY, async (object) => {
        const { keeper, license } = object;
        await keeper.deleteLicense(license.id, VENDOR);
        expect(count(object, "activation")).toBe(9800);
        expect(await keeper.renew(sessionCall(object.sessions[0] ?? ""))).toMatchObject({
          refusal: { code: "session-unknown" },
        });
        await runsUntilGone(object);
        const row = () => env.DB.prepare("SELECT 1 FROM licenses WHERE id = ?").bind(license.id).first();
        expect(await row()).not.toBeNull();
        await object.settled();
        await keeper.alarm();
        expect(await row()).toBeNull();
        expect(await deletions(license.id)).toEqual({ events: 10_000, ids: 10_000, activations: 10_000 });
      });
    },
  );

  it("SEAT-6, LEASE-4: lapses are swept 100 at a time, an event for each", SLOW, async () => {
    await countedObject({ seats: 1000, members: FLOATING }, async (object) => {
      object.clock += DAY;
      for (let runs = 0; runs < 10; runs += 1) {
        expect(count(object, "activation")).toBe(1000 - runs * 100);
        await object.keeper.alarm();
      }
      expect([count(object, "activation"), count(object, "lease_block")]).toEqual([0, 0]);
      await object.settled();
      expect(await deletions(object.license.id, "activation.lease-expired")).toEqual({
        events: 1000,
        ids: 1000,
        activations: 1000,
      });
    });
  });
});

function count({ rows }: CountedObject, table: string): number {
  return Number(rows(`SELECT count(*) AS n FROM ${table}`)[0]?.["n"]);
}

async function runsUntilGone(object: CountedObject): Promise<void> {
  let left = count(object, "activation");
  while (left > 0) {
    await object.keeper.alarm();
    const next = count(object, "activation");
    expect(next).toBe(Math.max(0, left - 200));
    left = next;
  }
}

/** What D1's event log knows of activations that ended. */
async function deletions(licenseId: string, type = "activation.deleted"): Promise<unknown> {
  return await env.DB.prepare(
    `SELECT count(*) AS events, count(DISTINCT id) AS ids, count(DISTINCT body ->> '$.data.id') AS activations
     FROM ${EVENTS} WHERE subject_id = ? AND type = ?`,
  )
    .bind(licenseId, type)
    .first();
}
