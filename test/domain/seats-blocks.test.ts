/** Counting by blocks, and what a watermark ends (SEAT-6, STAND-2, 0025-count-by-reading.md). */

import { describe, expect, it } from "vitest";

import { blockOf, inUse } from "../../src/domain/seats/seats.ts";
import { MANAGER } from "../support/world.ts";
import { refusal, value } from "./samples.ts";
import { fill, floating, HOUR, type MapWorld } from "./worlds.ts";

describe("blocks of 64", () => {
  /** The bounds of all blocks but the youngest, each at or below what lives in it. */
  function checked(world: MapWorld): readonly (number | null)[] {
    const youngest = blockOf(world.tally().nextSeq - 1);
    return Array.from({ length: youngest }, (_, block) => {
      const ends = world.ledger.block(block).flatMap(({ leaseEnd }) => leaseEnd ?? []);
      const floor = world.ledger.floor(block);
      if (ends.length > 0) expect(floor ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(Math.min(...ends));
      return floor;
    });
  }

  it("SEAT-6: below 64 activations there are no bounds at all", () => {
    const world = floating({ allowedActivations: 0 });
    fill(world, 63);
    expect(world.ledger.nextFloor(0)).toBeNull();
    fill(world, 1, 63);
    expect(checked(world)).toEqual([world.clock + HOUR]);
  });

  it("SEAT-6: a renewal moves no bound, the sweep that meets a stale one does", () => {
    const world = floating({ allowedActivations: 0 });
    const sessions = fill(world, 130);
    const bounds = checked(world);
    world.pass(HOUR / 2);
    for (const id of sessions) value(world.renew(id));
    expect(checked(world)).toEqual(bounds);
    world.pass(HOUR / 2);
    expect(world.view().totalActivations).toBe(130);
    world.tidy();
    expect(checked(world)).toEqual([world.clock + HOUR / 2, world.clock + HOUR / 2]);
    expect(world.rows()).toHaveLength(130);
  });

  it("SEAT-6: staggered leases lapse one by one, counted exactly at every step", () => {
    const world = floating({ allowedActivations: 250, allowClientLeaseDuration: true, maxLeaseDuration: 7200 });
    for (let index = 0; index < 250; index += 1) {
      value(world.activate(`device ${index}`, { requestedLeaseSeconds: 60 + ((index * 37) % 250) }));
    }
    for (let second = 0; second <= 310; second += 10) {
      const live = world.rows().filter(({ leaseEnd }) => (leaseEnd ?? 0) > world.clock).length;
      expect(world.run(inUse)).toEqual({ seats: live, activations: live });
      if (second % 30 === 0) world.tidy();
      checked(world);
      world.pass(10_000);
    }
    world.tidy();
    world.tidy();
    expect(world.view().totalActivations).toBe(0);
  });

  it("SEAT-6: an emptied block loses its bound", () => {
    const world = floating({ allowedActivations: 0 });
    const sessions = fill(world, 70);
    for (const id of sessions.slice(0, 63)) value(world.checkOut(id));
    expect(world.ledger.floor(0)).not.toBeNull();
    world.pass(HOUR - 1);
    for (const id of sessions.slice(63)) value(world.renew(id));
    world.pass(1);
    world.tidy();
    expect(world.ledger.floor(0)).toBeNull();
    expect(world.view().totalActivations).toBe(7);
  });

  it("SEAT-4: a bound that belongs to nobody promises no wait", () => {
    const world = floating({ allowedActivations: 100 });
    for (const id of fill(world, 70)) value(world.checkOut(id, { principal: MANAGER }));
    value(world.patch({ leaseDuration: 0, allowedActivations: 1 }));
    value(world.activate("a"));
    expect(refusal(world.activate("b"))).toMatchObject({ used: 1, retryAfterSeconds: null });
  });
});

describe("a revoke", () => {
  it("STAND-2, SEAT-6: ends every activation by one number; rows and events follow, 200 at a time", () => {
    const world = floating({ allowedActivations: 0 });
    const sessions = fill(world, 450);
    const events = world.events().length;
    value(world.patch({ revoked: true }));
    expect(world.rows()).toHaveLength(450);
    expect(world.events()).toHaveLength(events + 1);
    expect(world.view()).toMatchObject({ totalActivations: 0, totalDeactivations: 0 });
    expect(refusal(world.renew(sessions[7] ?? "")).code).toBe("license-revoked");
    for (const left of [250, 50, 0]) {
      world.tidy();
      expect(world.rows()).toHaveLength(left);
    }
    expect(world.eventTypes().filter((type) => type === "activation.deleted")).toHaveLength(450);
  });

  it("STAND-2: un-revoked, its rows stay dead beside new ones, and a tidying takes only them", () => {
    const world = floating({ allowedActivations: 0 });
    const old = fill(world, 100);
    value(world.patch({ revoked: true }));
    value(world.patch({ revoked: false }));
    expect(refusal(world.renew(old[99] ?? "")).code).toBe("session-unknown");
    const fresh = fill(world, 100);
    expect(world.glimpse(inUse)).toEqual({ seats: 100, activations: 100 });
    expect(fresh.some((id) => old.includes(id))).toBe(false);
    world.tidy();
    expect(world.rows().map(({ id }) => id)).toEqual(fresh);
    world.pass(HOUR);
    world.tidy();
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(100);
  });
});
