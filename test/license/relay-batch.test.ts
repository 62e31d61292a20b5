/** What a batch to D1 holds, over plain maps: no D1, no clock of the relay's, no alarm. */

import { describe, expect, it } from "vitest";
import { applyPatch } from "../../src/domain/commands/change-license.ts";
import type { Tally } from "../../src/domain/turn/ledger.ts";
import { nextBatch, type Facts, type FilledBatch, type Told } from "../../src/license/relay/batch.ts";
import { value } from "../domain/samples.ts";
import { fill, floating, nodeLocked, type MapWorld } from "../domain/worlds.ts";
import { DEVICE } from "../support/world.ts";

const FACTS: Facts = {
  birthKey: () => "BIRTH-KEY",
  stuckCount: () => 0,
  tombstonesBeside: () => [{ id: "gone", at: 7 }],
};

/** As the relay asks: everything that waits, if not said otherwise. */
function next(world: MapWorld, told: Partial<Told> = {}, facts: Facts = FACTS): FilledBatch | null {
  const everything = { rows: world.events(), touched: [], mostRestored: 100 };
  return world.run((turn) => nextBatch(turn, facts, { ...everything, ...told }));
}

function filled(world: MapWorld, told: Partial<Told> = {}, facts: Facts = FACTS): FilledBatch {
  const batch = next(world, told, facts);
  if (batch === null) throw new Error("there is something to tell");
  return batch;
}

/** The relay's numbers, as D1's answers left them. */
function noted(world: MapWorld, change: Partial<Tally>): void {
  world.maps.saveTally({ ...world.maps.tally(), ...change });
}

describe("a batch to D1", () => {
  it("EVT-3: holds the events in their order, the activations that they tell of, and the license's row", () => {
    const world = floating({ allowedActivations: 2 });
    const sessions = fill(world, 2);
    const { batch, restoredUpto } = filled(world);
    expect(batch.events.map(({ type }) => type)).toEqual(world.eventTypes());
    expect(batch.activations.map(({ id }) => id)).toEqual(sessions);
    expect(batch.ended).toEqual([]);
    const { id, key } = world.maps.license();
    expect(batch.license).toMatchObject({ id, key, birthKey: "BIRTH-KEY", totalActivations: 2, stuckEvents: 0 });
    expect([batch.restore, batch.deleted, restoredUpto]).toEqual([null, [], null]);
  });

  it("EVT-3: takes the next fence, and says which one is confirmed", () => {
    const world = floating();
    fill(world, 1);
    noted(world, { fence: 4, fenceConfirmed: 4 });
    expect(filled(world).batch).toMatchObject({ fence: 5, fenceConfirmed: 4 });
    expect(world.maps.tally()).toMatchObject({ fence: 5, fenceConfirmed: 4 });
  });

  it("EVT-3: is not there, and takes no fence, where nothing is to be told", () => {
    const world = floating();
    fill(world, 1);
    noted(world, { fence: 4, fenceConfirmed: 4 });
    expect(next(world, { rows: [] })).toBeNull();
    expect(world.maps.tally().fence).toBe(4);
  });

  it("EVT-3: goes without events where nobody knows how the last one ended", () => {
    const world = floating();
    noted(world, { fence: 4, fenceConfirmed: 3 });
    expect(filled(world, { rows: [] }).batch).toMatchObject({ fence: 5, events: [], activations: [], ended: [] });
  });

  it("EVT-3: names activations that have ended, each once, however many events tell of it", () => {
    const world = nodeLocked();
    const activationId = value(world.activate("a")).activationId;
    value(world.checkOut(activationId));
    const { batch } = filled(world);
    expect(batch.events.length).toBeGreaterThan(1);
    expect([batch.activations, batch.ended]).toEqual([[], [activationId]]);
    expect(batch.license).toMatchObject({ totalActivations: 0, totalDeactivations: 1 });
  });

  it("LEASE-6: refreshes what was touched without an event", () => {
    const world = floating({ allowedActivations: 2 });
    const [first = ""] = fill(world, 2);
    noted(world, { fence: 1, fenceConfirmed: 1 });
    const { batch } = filled(world, { rows: [], touched: [first, "unknown"] });
    expect(batch.events).toEqual([]);
    expect(batch.activations.map(({ id }) => id)).toEqual([first]);
    expect(batch.ended).toEqual(["unknown"]);
  });

  it("MGMT-1: tells what the license is found by with changed terms, a re-projection or a stuck event alone", () => {
    const world = floating({ allowedActivations: 2 });
    fill(world, 1);
    const before = world.events();
    const ofSeats = { rows: before.filter(({ type }) => type.startsWith("activation.")) };
    expect(filled(world, ofSeats).batch.words).toBeNull();
    const stuck = { ...FACTS, stuckCount: () => 1 };
    expect(filled(world, ofSeats, stuck).batch).toMatchObject({
      words: expect.any(Array),
      license: { stuckEvents: 1 },
    });
    value(world.run((turn) => applyPatch(turn, { suspended: true }), DEVICE));
    const rows = world.events().slice(before.length);
    expect(filled(world, { rows }).batch.words).toEqual(expect.any(Array));
  });

  it("OPS-1: begins a re-projection with what was deleted beside, and goes on step by step", () => {
    const world = floating({ allowedActivations: 5 });
    const sessions = fill(world, 3);
    noted(world, { fence: 1, fenceConfirmed: 1, reprojectFrom: 0 });
    const step = { rows: [], mostRestored: 2 };
    const first = filled(world, step);
    expect(first.batch).toMatchObject({ restore: "from-start", deleted: [{ id: "gone", at: 7 }], events: [] });
    expect(first.batch.activations.map(({ id }) => id)).toEqual(sessions.slice(0, 2));
    expect(first.batch.words).toEqual(expect.any(Array));
    noted(world, { reprojectFrom: first.restoredUpto });
    const second = filled(world, step);
    expect(second.batch).toMatchObject({ restore: "go-on", deleted: [] });
    expect(second.batch.activations.map(({ id }) => id)).toEqual(sessions.slice(2));
    expect(second.restoredUpto).toBeNull();
  });
});
