/**
 * What nobody waits for is told to D1 together, a moment later; what somebody waits for goes at once, and a crash in
 * between loses nothing (0035-the-hand-over-waits-a-moment.md).
 */

import { afterEach, beforeEach, expect, it } from "vitest";

import type { Reached } from "../../../src/domain/license/calls.ts";
import { activation, QUIET, SHOP, Stage } from "./stage.ts";

let stage: Stage;
let id: string;

beforeEach(async () => {
  stage = new Stage();
  stage.webhook("all", ["activation.*"]);
  id = await stage.born();
  await stage.pass(QUIET);
  stage.calls = 0;
  stage.taken.length = 0;
});

afterEach(() => {
  stage.close();
});

async function activate(fingerprint: string): Promise<void> {
  await stage.settled(stage.object.keeper.activate({ key: "K1" }, activation(fingerprint)));
}

const shown = () => Number(stage.d1.rows("SELECT count(*) AS n FROM activations")[0]?.["n"]);
const counted = () => Number(stage.d1.rows("SELECT total_activations AS n FROM licenses")[0]?.["n"]);
const left = () => stage.object.rows("SELECT 1 FROM outbox").length;

it("EVT-3: a busy license costs D1 at most one batch in ten new activations, and loses none", async () => {
  for (let device = 0; device < 300; device += 1) {
    await activate(`device ${device}`);
    await stage.pass(5);
  }
  expect(stage.calls).toBeLessThanOrEqual(30);
  await stage.pass(QUIET);
  expect([shown(), counted(), left()]).toEqual([301, 301, 0]);
});

it("EVT-3, MGMT-2: the first after some quiet is told at once, those that follow together and no later than a moment", async () => {
  await activate("first after quiet");
  expect([stage.calls, shown(), stage.taken.length]).toEqual([1, 2, 1]);
  await stage.pass(100);
  await activate("second");
  await stage.pass(100);
  await activate("third");
  expect([stage.calls, shown(), stage.taken.length]).toEqual([1, 2, 1]);
  await stage.pass(QUIET - 200);
  expect([stage.calls, shown(), stage.taken.length]).toEqual([2, 4, 3]);
  await stage.pass(QUIET);
  expect(stage.calls).toBe(2);
});

it("EVT-3: what comes while D1 takes its time is told when that time and the moment are over", async () => {
  void stage.object.keeper.activate({ key: "K1" }, activation("slow"));
  while (stage.d1.pending.length === 0) await stage.tick();
  const slow = stage.d1.pending.splice(0);
  void stage.object.keeper.activate({ key: "K1" }, activation("while it is slow"));
  await stage.pass(QUIET);
  expect([stage.calls, stage.d1.pending]).toEqual([0, []]);
  for (const call of slow) call.resolve(call.apply());
  await stage.settle();
  expect([stage.calls, shown(), left()]).toEqual([1, 3, 0]);
});

const WAITING: Record<string, () => Promise<Reached<unknown>>> = {
  "a change": () => stage.object.keeper.patch(id, { ...SHOP, patch: { notes: "n" } }),
  "the end of an activation": () =>
    stage.object.keeper.deleteActivation(String(stage.d1.rows("SELECT id FROM activations")[0]?.["id"]), {
      ...SHOP,
      hold: "none",
    }),
};

it.each(Object.entries(WAITING))("MGMT-2: %s waits for no moment, and takes along all before it", async (_, call) => {
  for (const device of ["first after quiet", "second", "third"]) await activate(device);
  expect([stage.calls, left()]).toEqual([1, 2]);
  const answer = await stage.settled(call());
  expect(answer).toMatchObject({ reached: "license", outcome: { ok: true } });
  expect([stage.calls, left(), counted()]).toEqual([2, 0, shown()]);
  await stage.pass(QUIET);
  expect(stage.calls).toBe(2);
});

it("MGMT-2: a change goes before what D1 refuses, though that has waited longer", async () => {
  await activate("first after quiet");
  await activate("poison");
  const [poison] = stage.object.rows("SELECT id FROM outbox");
  stage.d1.rows(
    `CREATE TRIGGER refusing BEFORE INSERT ON event_log WHEN NEW.id = '${String(poison?.["id"])}'
     BEGIN SELECT RAISE(ABORT, 'SQLITE_CONSTRAINT'); END`,
  );
  await stage.settled(stage.object.keeper.patch(id, { ...SHOP, patch: { notes: "n" } }));
  expect(stage.d1.rows("SELECT terms ->> '$.notes' AS notes FROM licenses")).toEqual([{ notes: "n" }]);
  expect(stage.logged()).toContain("license.updated");
  expect(left()).toBe(1);
  stage.d1.rows("DROP TRIGGER refusing");
  await stage.ring();
  expect([shown(), left()]).toEqual([3, 0]);
});

it.each(["at once", "after an alarm that rang meanwhile"])(
  "EVT-3: a crash in the wait, %s, loses nothing",
  async (when) => {
    for (const device of ["first after quiet", "second", "third"]) await activate(device);
    if (when !== "at once") {
      // It hands over what it finds; more comes, and waits.
      stage.object.alarmAt = null;
      const alarm = stage.object.keeper.alarm();
      while (stage.d1.pending.length === 0) await stage.tick();
      void stage.object.keeper.activate({ key: "K1" }, activation("fourth"));
      await stage.settled(alarm);
    }
    expect(left()).toBeGreaterThan(0);
    stage.object.crash(stage.now);
    await stage.pass(QUIET);
    expect(left()).toBeGreaterThan(0);
    expect((stage.object.alarmAt ?? Infinity) - stage.now).toBeLessThanOrEqual(60_000);
    await stage.ring();
    expect([counted(), left()]).toEqual([shown(), 0]);
    expect(new Set(stage.taken.map(({ event }) => event.id)).size).toBe(shown() - 1);
  },
);

it("DEL-1: a license that is deleted in the wait is gone when it ends, and its successor is told of", async () => {
  for (const device of ["first after quiet", "second"]) await activate(device);
  await stage.settled(stage.object.keeper.deleteLicense(id, SHOP));
  while (stage.object.license() !== null) await stage.ring();
  const next = await stage.born();
  await stage.pass(QUIET);
  expect(stage.d1.rows("SELECT id FROM licenses")).toEqual([{ id: next }]);
  expect([shown(), left()]).toEqual([1, 0]);
});

it("CLOCK-1: a machine whose clock was put back does not wait for it to catch up", async () => {
  await activate("first after quiet");
  stage.now -= 3_600_000;
  await activate("second");
  expect([shown(), left()]).toEqual([3, 0]);
});

it("EVT-3: while D1 fails, the end of a wait is no further try", async () => {
  await activate("first after quiet");
  await activate("second");
  stage.failsWith = "Network connection lost.";
  for (let moment = 0; moment < 10; moment += 1) {
    await stage.pass(QUIET);
    await activate(`device ${moment}`);
  }
  expect(stage.calls).toBe(2);
  stage.failsWith = null;
  await stage.ring();
  expect([shown(), left()]).toEqual([13, 0]);
});
