/**
 * The object's alarm and its hand-over while D1 fails: it goes on trying, and never in a circle
 * (0026-what-one-alarm-does.md, MGMT-2).
 */

import { afterEach, beforeEach, expect, it } from "vitest";

import { activation, QUIET, SHOP, Stage } from "./stage.ts";

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.close();
});

it("DEL-1: a deletion that D1 does not take is tried again later and later, not at once", async () => {
  const id = await stage.born();
  stage.d1.rows("DELETE FROM licenses WHERE 0");
  void stage.object.keeper.deleteLicense(id, SHOP);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  // The relay still gets through, the last batch does not.
  for (const call of stage.d1.pending.splice(0)) call.resolve(call.apply());
  stage.failsWith = "Network connection lost.";
  await stage.settle();
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const next = await stage.ring();
    waits.push((next ?? 0) - stage.now);
  }
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5000);
  expect(waits.at(-1)).toBeLessThanOrEqual(300_000);
  stage.failsWith = null;
  while (stage.object.license() !== null) await stage.ring();
  expect(stage.d1.rows("SELECT 1 FROM licenses")).toEqual([]);
  expect(stage.d1.rows("SELECT id FROM deleted_licenses")).toEqual([{ id }]);
});

it("EVT-3: an event that D1 refuses moves aside after five lone tries; the deletion behind it waits a day, not in a circle", async () => {
  const id = await stage.born();
  stage.failsWith = "D1_ERROR: string or blob too big: SQLITE_TOOBIG";
  void stage.object.keeper.deleteLicense(id, SHOP);
  await stage.settle();
  for (let round = 0; round < 40 && stage.object.allOf("stuck").length === 0; round += 1) await stage.ring();
  expect(stage.object.allOf("stuck").length).toBeGreaterThan(0);
  stage.failsWith = null;
  const waits: number[] = [];
  while (waits.length < 5 && (waits.at(-1) ?? 0) < 3_600_000) waits.push(((await stage.ring()) ?? 0) - stage.now);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(3_600_000);
  expect(stage.object.license()).not.toBeNull();
  for (let round = 0; round < 10 && stage.object.license() !== null; round += 1) await stage.ring();
  expect(stage.object.license()).toBeNull();
});

it("MGMT-2: while D1 fails, twenty activations cost one try, and the next comes in time", async () => {
  await stage.born();
  await stage.pass(QUIET);
  stage.failsWith = "Network connection lost.";
  stage.calls = 0;
  for (let device = 0; device < 20; device += 1)
    await stage.settled(stage.object.keeper.activate({ key: "K1" }, activation(`device ${device}`)));
  expect(stage.calls).toBe(1);
  expect((stage.object.alarmAt ?? 0) - stage.now).toBeLessThanOrEqual(60_000);
  stage.failsWith = null;
  await stage.ring();
  expect(stage.d1.rows("SELECT count(*) AS n FROM activations")).toEqual([{ n: 21 }]);
});

it("EVT-3: a D1 that is only busy, full or behind its schema blames no event", async () => {
  await stage.born();
  for (const message of [
    "D1_ERROR: database is locked: SQLITE_BUSY",
    "D1_ERROR: no such column: user_id: SQLITE_ERROR",
  ]) {
    stage.failsWith = message;
    await stage.settled(stage.object.keeper.activate({ key: "K1" }, activation(message)));
    for (let round = 0; round < 10; round += 1) await stage.ring();
  }
  expect(stage.object.allOf("stuck")).toEqual([]);
});

it("EVT-3: who asks in the very moment in which a hand-over ends is not forgotten until the alarm", async () => {
  const id = await stage.born();
  for (let ticks = 0; ticks < 40; ticks += 1) {
    for (const other of ["a device", "a change"]) {
      await stage.pass(QUIET);
      void stage.object.keeper.activate({ key: "K1" }, activation(`first ${ticks} ${other}`));
      await stage.tick();
      for (const call of stage.d1.pending.splice(0)) call.resolve(call.apply());
      // So many turns of the queue later, somebody else.
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      if (other === "a device") void stage.object.keeper.activate({ key: "K1" }, activation(`second ${ticks}`));
      else void stage.object.keeper.patch(id, { ...SHOP, patch: { notes: `${ticks}` } });
      await stage.settle();
      // Nobody waits for a device: it may go with what comes after it.
      if (other === "a device") await stage.pass(QUIET);
      expect(stage.object.rows("SELECT 1 FROM outbox"), `${other}, after ${ticks} turns`).toEqual([]);
    }
  }
});

it("EVT-3, KEY-2: a reservation whose first note does not fit the disk arms the alarm when it is tried again", async () => {
  const id = await stage.born();
  while (stage.object.alarmAt !== null) await stage.ring();
  const { object } = stage;
  const whole = object.transact.bind(object);
  object.transact = (work) =>
    whole(() => {
      const answer = work();
      if (object.alarmAt !== null) throw new Error("database or disk is full: SQLITE_FULL");
      return answer;
    });
  const refused = expect(object.keeper.patch(id, { ...SHOP, patch: { key: "K2" } })).rejects.toThrow("full");
  await stage.settle();
  await refused;
  expect([object.alarmAt, stage.d1.pending]).toEqual([null, []]);
  object.transact = whole;
  // D1 says nothing, and the object may die: the alarm is all that is left to tidy what was reserved.
  void object.keeper.patch(id, { ...SHOP, patch: { key: "K2" } });
  await stage.tick();
  expect(stage.d1.pending).toHaveLength(1);
  expect(object.alarmAt).toBe(stage.now + 60_000);
});
