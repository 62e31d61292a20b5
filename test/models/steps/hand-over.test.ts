/**
 * Events between D1 and webhooks: what fails there keeps neither D1 nor other webhooks waiting, and loses nothing
 * (EVT-2, EVT-3).
 */

import { afterEach, beforeEach, expect, it } from "vitest";

import { activation, QUIET, SHOP, Stage } from "./stage.ts";
import { Tables } from "../../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../../src/license/license-schema.ts";
import { saying, syncCall } from "../../support/world.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  stage.webhook("all", ["*"]);
  stage.webhook("some", ["license.*"]);
});

afterEach(() => {
  stage.close();
});

const FIRST = ["license.first-activated", "activation.created"];

it("EVT-3: a whole event goes to each webhook that wants it, after D1 has logged it, and only then leaves the outbox", async () => {
  const id = stage.unborn();
  void stage.object.keeper.activate({ key: "K1", licenseId: id }, activation("first"));
  while (stage.d1.pending.length === 0) await stage.tick();
  stage.d1.pending.splice(0).forEach((call) => call.resolve(call.apply()));
  while (stage.d1.pending.length === 0) await stage.tick();
  expect([stage.taken, stage.object.rows("SELECT 1 FROM outbox").length]).toEqual([[], 2]);
  await stage.settle();
  expect([stage.typesTaken("all"), stage.typesTaken("some")]).toEqual([FIRST, ["license.first-activated"]]);
  expect(stage.taken[0]?.event).toMatchObject({ subjectId: id, sequence: 1, data: { key: "K1" } });
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
});

it("EVT-3: a webhook that does not take its events holds up neither D1 nor the others, and gets them all later", async () => {
  stage.webhookFailsWith.set("some", new Error("Network connection lost."));
  await stage.born();
  for (let device = 0; device < 3; device += 1) await stage.activate(`device ${device}`);
  expect(stage.logged()).toHaveLength(5);
  expect(stage.d1.rows("SELECT count(*) AS n FROM activations")).toEqual([{ n: 4 }]);
  expect(stage.object.rows("SELECT 1 FROM outbox")).toHaveLength(5);
  const waits: number[] = [];
  for (let round = 0; round < 10; round += 1) {
    const before = stage.now;
    await stage.ring();
    waits.push(stage.now - before);
  }
  expect(waits.at(-1)).toBe(300_000);
  stage.webhookFailsWith.clear();
  await stage.ring();
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
  expect(stage.typesTaken("some")).toEqual(["license.first-activated"]);
  expect(new Set(stage.typesTaken("all"))).toEqual(new Set(FIRST));
});

it("LEASE-6, MGMT-2: what many devices say of themselves goes to D1 in batches of a bounded number of rows", async () => {
  await stage.born({ type: "hosted-floating", leaseDuration: 3600 });
  const grants = [];
  for (let device = 0; device < 250; device += 1) {
    const reached = await stage.settled(stage.object.keeper.activate({ key: "K1" }, activation(`device ${device}`)));
    if (reached.reached === "license" && reached.outcome.ok) grants.push(reached.outcome.value);
  }
  await stage.pass(QUIET);
  const before = stage.calls;
  const syncs = grants.map(({ activationId, fingerprint }) =>
    stage.object.keeper.sync({ ...syncCall(activationId, fingerprint, "K1"), ...saying({ os: "linux" }) }),
  );
  const synced = await stage.settled(Promise.all(syncs));
  await stage.pass(QUIET);
  expect(synced.filter(({ ok }) => ok)).toHaveLength(250);
  const told = "SELECT count(*) AS n FROM activations WHERE facts ->> '$.shown.os' = 'linux'";
  expect(stage.d1.rows(told)).toEqual([{ n: 250 }]);
  expect(stage.calls - before).toBeGreaterThanOrEqual(3);
});

it("MGMT-1, OPS-1: a host is the newest also where D1 had the birth already, and its answer was lost", async () => {
  await stage.born({ allowedActivations: 5 });
  await stage.pass(QUIET);
  const called = (hostname: string) => ({ ...activation("second"), ...saying({ hostname }) });
  const granting = stage.object.keeper.activate({ key: "K1" }, called("Before"));
  while (stage.d1.pending.length === 0) await stage.tick();
  for (const call of stage.d1.pending.splice(0)) {
    call.apply();
    call.reject(new Error("Network connection lost."));
  }
  const hosts = () => stage.d1.rows("SELECT host FROM activations WHERE host IS NOT NULL").map(({ host }) => host);
  expect(hosts()).toEqual(["before"]);
  const reached = await granting;
  if (reached.reached !== "license" || !reached.outcome.ok) throw new Error("not granted");
  const { activationId, fingerprint } = reached.outcome.value;
  const sync = { ...syncCall(activationId, fingerprint, "K1"), ...saying({ hostname: "After" }) };
  expect(await stage.settled(stage.object.keeper.sync(sync))).toMatchObject({ ok: true });
  for (let round = 0; round < 3; round += 1) await stage.ring();
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
  expect(hosts()).toEqual(["after"]);
});

it("EVT-3: a webhook's object that never answers is given up after a while, and asked again", async () => {
  let answers = false;
  const original = stage.webhookFailsWith;
  original.get = (webhook) => (answers || webhook !== "some" ? undefined : (new Promise(() => undefined) as never));
  await stage.born();
  answers = true;
  await stage.ring();
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
});

it("EVT-3: while webhooks fail, an urgent change still goes to D1 at once, before older ones", async () => {
  const id = await stage.born();
  stage.webhookFailsWith.set("all", new Error("Network connection lost."));
  await stage.activate("second");
  const answer = stage.object.keeper.patch(id, { ...SHOP, patch: { notes: "n" } });
  await stage.settled(answer);
  expect(stage.logged()).toContain("license.updated");
  expect(stage.d1.rows("SELECT terms ->> '$.notes' AS notes FROM licenses")).toEqual([{ notes: "n" }]);
  stage.webhookFailsWith.clear();
  await stage.ring();
  expect(stage.typesTaken("all").toSorted()).toEqual([...FIRST, "activation.created", "license.updated"].toSorted());
});

it("EVT-3: a webhook's object with a bug sets events aside after five tries, health learns of it, and a day later they go on", async () => {
  await stage.born();
  stage.webhookFailsWith.set("some", Object.assign(new Error("a bug"), { remote: true }));
  await stage.settled(stage.object.keeper.patch(stage.object.license()?.id ?? "", { ...SHOP, patch: { notes: "n" } }));
  for (let round = 0; round < 12 && stage.object.allOf("stuck").length === 0; round += 1) await stage.ring();
  expect(stage.object.allOf("stuck")).toMatchObject([{ type: "license.updated" }]);
  stage.webhookFailsWith.clear();
  await stage.activate("second");
  expect(stage.d1.rows("SELECT stuck_events FROM licenses")).toEqual([{ stuck_events: 1 }]);
  for (let round = 0; round < 5 && stage.object.allOf("stuck").length > 0; round += 1) await stage.ring();
  await stage.settle();
  expect(stage.typesTaken("some")).toEqual(["license.first-activated", "license.updated"]);
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
});

it("EVT-3, DEL-1: a deleted license leaves its object only when webhooks have taken its last event", async () => {
  const id = await stage.born();
  stage.webhookFailsWith.set("all", new Error("Network connection lost."));
  await stage.settled(stage.object.keeper.deleteLicense(id, SHOP));
  expect([stage.object.license()?.id, stage.d1.rows("SELECT id FROM licenses")]).toEqual([id, [{ id }]]);
  stage.webhookFailsWith.clear();
  for (let round = 0; round < 5 && stage.object.license() !== null; round += 1) await stage.ring();
  expect(stage.object.license()).toBeNull();
  expect(stage.typesTaken("all").at(-1)).toBe("activation.deleted");
  expect(stage.typesTaken("all")).toContain("license.deleted");
});

it("EVT-2: what was taken just before a crash is taken again under the same id", async () => {
  await stage.born();
  const id = stage.object.license()?.id ?? "";
  void stage.object.keeper.patch(id, { ...SHOP, patch: { notes: "n" } });
  for (let turn = 0; turn < 200 && !stage.typesTaken("all").includes("license.updated"); turn += 1) {
    for (const call of stage.d1.pending.splice(0)) call.resolve(call.apply());
    await Promise.resolve();
  }
  const before = stage.taken.filter(({ event }) => event.type === "license.updated").map(({ event }) => event.id);
  stage.object.crash(stage.now);
  // As if the deletion from the outbox had not been reached.
  await stage.ring();
  const after = stage.taken.filter(({ event }) => event.type === "license.updated").map(({ event }) => event.id);
  expect(new Set(after)).toEqual(new Set(before));
});

it("EVT-3, DEL-1: a successor under the same key tells D1 of everything, whatever its predecessor's numbers were", async () => {
  const id = await stage.born();
  for (let device = 0; device < 10; device += 1) await stage.activate(`device ${device}`);
  await stage.settled(stage.object.keeper.deleteLicense(id, SHOP));
  for (let round = 0; round < 5 && stage.object.license() !== null; round += 1) await stage.ring();
  stage.d1.rows("DELETE FROM event_log");
  stage.d1.rows("DELETE FROM management_log");
  stage.taken.length = 0;
  const next = stage.unborn();
  // The first batch is an urgent one, sent while a reservation has the queue.
  const patches = [{ notes: "n" }, { key: "K1B" }].map((patch) => stage.object.keeper.patch(next, { ...SHOP, patch }));
  await stage.settled(Promise.all(patches));
  for (let device = 0; device < 4; device += 1)
    await stage.settled(stage.object.keeper.activate({ key: "K1B" }, activation(`device ${device}`)));
  for (let round = 0; round < 5; round += 1) await stage.ring();
  expect(stage.object.rows("SELECT 1 FROM outbox")).toEqual([]);
  expect(stage.d1.rows("SELECT count(*) AS n FROM activations")).toEqual([{ n: 4 }]);
  expect(stage.d1.rows(`SELECT id FROM ${EVENTS} ORDER BY id`).map(({ id: logged }) => logged)).toEqual(
    stage.taken
      .filter(({ webhook }) => webhook === "all")
      .map(({ event }) => event.id)
      .toSorted(),
  );
});

it("EVT-3: an event that comes back from its day aside while a batch is on its way is logged, too", async () => {
  await stage.born();
  const aside = "0199f6a0-0000-7000-8000-0000000000ff";
  const body = { at: stage.now, subjectId: "s", actor: { type: "device" }, requestId: "r", changes: {}, data: {} };
  const stuck = new Tables(stage.object, LICENSE_TABLES).rare("stuck");
  stuck.write(
    "INSERT INTO stuck (seq, next_at, id, type, body, error) VALUES (2, ?, ?, 'license.updated', ?, '')",
    stage.now + 1000,
    aside,
    JSON.stringify(body),
  );
  stage.object.crash(stage.now);
  stage.now += 2000;
  void stage.object.keeper.activate({ key: "K1" }, activation("second"));
  while (stage.d1.pending.length === 0) await stage.tick();
  void stage.object.keeper.alarm();
  for (let turn = 0; turn < 5; turn += 1) await stage.tick();
  await stage.settle();
  for (let round = 0; round < 5; round += 1) await stage.ring();
  expect(stage.taken.filter(({ webhook, event }) => webhook === "all" && event.id === aside)).toHaveLength(1);
  expect(stage.d1.rows(`SELECT id FROM ${EVENTS} WHERE id = ?`, aside)).toHaveLength(1);
});
