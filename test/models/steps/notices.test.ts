/**
 * The object tells of its license's end, when the alarm rings in time, late, twice or never, and when nobody ever used
 * it (EVT-1, ID-5).
 */

import { afterEach, beforeEach, expect, it } from "vitest";

import { SHOP, START, Stage } from "./stage.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

const DAY = 86_400_000;
const TERM = { validity: 10 * 86_400, expiringSoonEventOffset: 3 * 86_400 } as const;
const END = START + 10 * DAY;

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  stage.webhook("all", ["license.expiring-soon", "license.expired"]);
});

afterEach(() => {
  stage.close();
});

/** Ids and types of what was told, as D1 and the webhook have it. */
function told(): readonly string[] {
  const logged = stage.d1
    .rows(`SELECT id, type FROM ${EVENTS} WHERE type IN ('license.expiring-soon', 'license.expired') ORDER BY id`)
    .map((row) => `${String(row["id"])} ${String(row["type"])}`);
  const taken = new Set(stage.taken.map(({ event }) => `${event.id} ${event.type}`));
  expect([...taken].toSorted()).toEqual(logged.toSorted());
  return logged.map((line) => line.split(" ")[1] ?? "");
}

/** Rings until nothing is to be done before this instant. */
async function until(at: number): Promise<void> {
  for (let rings = 0; rings < 50 && (stage.object.alarmAt ?? Infinity) <= at; rings += 1) await stage.ring();
  stage.now = Math.max(stage.now, at);
}

it("EVT-1: the alarm is set for the window and then for the end, and each is told of once", async () => {
  await stage.born(TERM);
  await until(START + DAY);
  expect(stage.object.alarmAt).toBe(END - 3 * DAY);
  await until(END - 3 * DAY + DAY);
  expect(told()).toEqual(["license.expiring-soon"]);
  expect(stage.object.alarmAt).toBe(END);
  await until(END + DAY);
  await stage.settled(stage.object.keeper.alarm());
  await stage.settled(stage.object.keeper.alarm());
  expect(told()).toEqual(["license.expiring-soon", "license.expired"]);
  expect(stage.object.alarmAt).toBeNull();
});

it("EVT-1: without any alarm the next request tells, and D1 and webhooks hear of it at once", async () => {
  await stage.born(TERM);
  stage.now = END + DAY;
  await stage.settled(stage.object.keeper.describe(stage.object.license()?.id ?? ""));
  await stage.activate("second");
  expect(told()).toEqual(["license.expiring-soon", "license.expired"]);
});

it("EVT-1: a crash between telling and handing over neither loses nor doubles", async () => {
  await stage.born(TERM);
  stage.now = END;
  stage.failsWith = "Network connection lost.";
  await stage.activate("second");
  stage.object.crash(stage.now);
  stage.failsWith = null;
  await until(END + DAY);
  expect(told()).toEqual(["license.expiring-soon", "license.expired"]);
});

it("ID-5, EVT-1: a license that nobody ever used is born by the sweep of ends, and tells", async () => {
  const id = stage.unborn(TERM);
  stage.now = END;
  await stage.settled(stage.object.keeper.bear(id));
  expect(told()).toEqual(["license.expiring-soon", "license.expired"]);
  await stage.settled(stage.object.keeper.bear(id));
  expect(told()).toHaveLength(2);
  expect(stage.d1.rows("SELECT fence > 0 AS projected FROM licenses")).toEqual([{ projected: 1 }]);
});

it("ID-5: a license that is born before its end, without a change, rings at its end", async () => {
  const id = stage.unborn({ ...TERM, expiringSoonEventOffset: 0 });
  await stage.settled(stage.object.keeper.bear(id));
  expect(stage.object.alarmAt).toBe(END);
  await until(END);
  expect(told()).toEqual(["license.expired"]);
});

it("LEASE-4: when alarms have stopped, the next request does their work after its answer", async () => {
  await stage.born({ type: "hosted-floating", leaseDuration: 3600 });
  await until(START + 60_000);
  const due = stage.object.alarmAt ?? 0;
  expect(due).toBeGreaterThan(START + 3_600_000);
  stage.now = due + 59_000;
  await stage.activate("second");
  expect(stage.logged()).not.toContain("activation.lease-expired");
  stage.now = due + 60_000;
  await stage.activate("third");
  expect(stage.logged().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
  expect(stage.object.rows("SELECT 1 FROM activation")).toHaveLength(2);
});

it("DEL-1: the alarm of an end does not ring in a circle for a license that is being deleted", async () => {
  const id = await stage.born(TERM);
  stage.webhookFailsWith.set("all", new Error("Network connection lost."));
  stage.d1.rows("UPDATE webhooks SET events = '[\"*\"]'");
  await stage.settled(stage.object.keeper.deleteLicense(id, SHOP));
  stage.now = END + DAY;
  for (let round = 0; round < 5; round += 1)
    expect(((await stage.ring()) ?? 0) - stage.now).toBeGreaterThanOrEqual(5000);
  expect(stage.logged()).not.toContain("license.expired");
});

it("OPS-1, EVT-1: an object that has lost its alarm gets it again from a resync, and tells", async () => {
  await stage.born(TERM);
  await until(START + 120_000);
  stage.object.alarmAt = null;
  stage.object.crash(stage.now);
  expect(stage.object.alarmAt).toBeNull();
  await stage.settled(stage.object.keeper.resync());
  await until(END);
  expect(told()).toEqual(["license.expiring-soon", "license.expired"]);
});
