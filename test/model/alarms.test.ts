/** The object's alarm and its hand-over while D1 fails: it goes on trying, and never in a circle (decision 10, MGMT-2). */

import { afterEach, beforeEach, expect, it } from "vitest";

import { licenseOf } from "../support/license-fixture.ts";
import type { ActivateCall, Caller } from "../../src/domain/calls.ts";
import type { Host } from "../../src/license/host.ts";
import { ModelD1 } from "./d1.ts";
import { ModelObject } from "./object.ts";

const SHOP: Caller = { actor: { type: "token", id: "shop" }, requestId: "test" };
const LOCATOR = "000000000000001";
const START = Date.UTC(2026, 5, 1);

let d1: ModelD1;
let object: ModelObject;
let now: number;
let failsWith: string | null;
let calls: number;

beforeEach(() => {
  d1 = new ModelD1();
  now = START;
  failsWith = null;
  calls = 0;
  const hostOf = (of: ModelObject, owner: object): Host => ({
    sql: { rows: (query, ...bindings) => of.rows(query, ...bindings) },
    db: d1.for(owner),
    transact: (work) => of.transact(work),
    setAlarm: (at) => {
      of.alarmAt = at;
    },
    wipe: () => of.wipe(),
    clock: () => now,
    timer: () => ({ over: new Promise(() => undefined), cancel: () => undefined }),
    report: () => undefined,
  });
  object = new ModelObject(LOCATOR, hostOf);
});

afterEach(() => {
  d1.close();
  object.close();
});

/** Lets everything run that can, D1 answering as it does now. */
async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    for (const call of d1.pending.splice(0)) {
      quiet = 0;
      calls += 1;
      if (failsWith === null) call.resolve(call.apply());
      else call.reject(new Error(failsWith));
    }
  }
}

async function settled<T>(call: Promise<T>): Promise<T> {
  await settle();
  return await call;
}

/** Rings when it is time; the instant at which it will ring next. */
async function ring(): Promise<number | null> {
  now = Math.max(now, object.alarmAt ?? now);
  object.alarmAt = null;
  await settled(object.keeper.alarm());
  return object.alarmAt;
}

function activation(fingerprint: string): ActivateCall {
  const nothing = { requestedLeaseSeconds: null, email: null, targetSoftwareVersion: null, hostname: null };
  return { principal: { kind: "anonymous" }, requestId: "test", fingerprint, ...nothing };
}

async function born(): Promise<string> {
  const license = licenseOf({ allowedActivations: 0 }, LOCATOR, "K1", START);
  const { id, key, revision, terms } = license;
  d1.rows(
    "INSERT INTO licenses (id, key, product_id, fence, revision, terms, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
    ...[id, key, terms.productId, revision, JSON.stringify(terms), START, START],
  );
  await settled(object.keeper.activate({ key, licenseId: id }, activation("first")));
  return id;
}

it("DEL-1: a deletion that D1 does not take is tried again later and later, not at once", async () => {
  const id = await born();
  d1.rows("DELETE FROM licenses WHERE 0");
  void object.keeper.deleteLicense(id, SHOP);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  // The relay still gets through, the last batch does not.
  for (const call of d1.pending.splice(0)) call.resolve(call.apply());
  failsWith = "Network connection lost.";
  await settle();
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const next = await ring();
    waits.push((next ?? 0) - now);
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5000);
  expect(waits.at(-1)).toBeLessThanOrEqual(300_000);
  failsWith = null;
  while (object.license() !== null) await ring();
  expect(d1.rows("SELECT 1 FROM licenses")).toEqual([]);
  expect(d1.rows("SELECT id FROM deleted_licenses")).toEqual([{ id }]);
});

it("EVT-3: an event that D1 refuses moves aside after five lone tries; the deletion behind it waits a day, not in a circle", async () => {
  const id = await born();
  failsWith = "D1_ERROR: string or blob too big: SQLITE_TOOBIG";
  void object.keeper.deleteLicense(id, SHOP);
  await settle();
  for (let round = 0; round < 40 && object.rows("SELECT 1 FROM stuck").length === 0; round += 1) await ring();
  expect(object.rows("SELECT 1 FROM stuck").length).toBeGreaterThan(0);
  failsWith = null;
  const waits: number[] = [];
  while (waits.length < 5 && (waits.at(-1) ?? 0) < 3_600_000) waits.push(((await ring()) ?? 0) - now);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(3_600_000);
  expect(object.license()).not.toBeNull();
  for (let round = 0; round < 10 && object.license() !== null; round += 1) await ring();
  expect(object.license()).toBeNull();
});

it("MGMT-2: while D1 fails, twenty activations cost one try, and the next comes in time", async () => {
  await born();
  failsWith = "Network connection lost.";
  calls = 0;
  for (let device = 0; device < 20; device += 1)
    await settled(object.keeper.activate({ key: "K1" }, activation(`device ${device}`)));
  expect(calls).toBe(1);
  expect((object.alarmAt ?? 0) - now).toBeLessThanOrEqual(60_000);
  failsWith = null;
  await ring();
  expect(d1.rows("SELECT count(*) AS n FROM activations")).toEqual([{ n: 21 }]);
});

it("EVT-3: a D1 that is only busy, full or behind its schema blames no event", async () => {
  await born();
  for (const message of [
    "D1_ERROR: database is locked: SQLITE_BUSY",
    "D1_ERROR: no such column: user_id: SQLITE_ERROR",
  ]) {
    failsWith = message;
    await settled(object.keeper.activate({ key: "K1" }, activation(message)));
    for (let round = 0; round < 10; round += 1) await ring();
  }
  expect(object.rows("SELECT 1 FROM stuck")).toEqual([]);
});

it("EVT-3: who asks in the very moment in which a hand-over ends is not forgotten until the alarm", async () => {
  await born();
  for (let ticks = 0; ticks < 40; ticks += 1) {
    void object.keeper.activate({ key: "K1" }, activation(`first ${ticks}`));
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    for (const call of d1.pending.splice(0)) call.resolve(call.apply());
    // So many turns of the queue later, somebody else.
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    void object.keeper.activate({ key: "K1" }, activation(`second ${ticks}`));
    await settle();
    expect(object.rows("SELECT 1 FROM outbox"), `after ${ticks} turns`).toEqual([]);
  }
});
