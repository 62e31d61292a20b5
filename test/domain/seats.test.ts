/** Who holds a seat and whether one is free (SEAT-1 to SEAT-6, SEAT-8, LEASE-4, LEASE-5, CNT-1). */

import { describe, expect, it } from "vitest";

import { inUse } from "../../src/domain/seats/seats.ts";
import { person } from "../support/world.ts";
import { refusal, value } from "./samples.ts";
import { fill, floating, HOUR, MINUTE, nodeLocked } from "./worlds.ts";

describe("a license's limit", () => {
  it("SEAT-1, SEAT-4: refuses the fourth device when three are allowed, and says why", () => {
    const world = floating({ allowedActivations: 3 });
    fill(world, 3);
    world.pass(10 * MINUTE);
    expect(refusal(world.activate("fourth"))).toEqual({
      code: "seats-exhausted",
      limit: 3,
      used: 3,
      retryAfterSeconds: 3000,
    });
    expect(world.view().totalActivations).toBe(3);
  });

  it.each([0, -1])("SEAT-1: %i is no limit", (allowedActivations) => {
    const world = nodeLocked({ allowedActivations });
    fill(world, 200);
    expect(world.glimpse(inUse)).toEqual({ seats: 200, activations: 200 });
  });

  it("SEAT-4: knows no wait where no lease runs", () => {
    const world = nodeLocked({ allowedActivations: 1 });
    fill(world, 1);
    expect(refusal(world.activate("second"))).toMatchObject({ used: 1, retryAfterSeconds: null });
  });

  it("SEAT-4: waits for the lease that ends first, a whole second at least", () => {
    const world = floating({ allowedActivations: 2, allowClientLeaseDuration: true });
    value(world.activate("long"));
    const short = value(world.activate("short", { requestedLeaseSeconds: 90 }));
    expect(refusal(world.activate("third"))).toMatchObject({ retryAfterSeconds: 90 });
    world.clock = (short.leaseExpiresAt ?? 0) - 1;
    expect(refusal(world.activate("third"))).toMatchObject({ retryAfterSeconds: 1 });
    world.pass(1);
    expect(world.activate("third").ok).toBe(true);
  });

  it("SEAT-4: tells of it at most once a minute, with limit and use", () => {
    const world = nodeLocked({ allowedActivations: 1 });
    fill(world, 1);
    const told = () => world.eventTypes().filter((type) => type === "license.activation.limit-reached").length;
    for (const expected of [1, 1, 1]) {
      world.activate("second");
      expect(told()).toBe(expected);
    }
    world.pass(MINUTE - 1);
    world.activate("second");
    expect(told()).toBe(1);
    world.pass(1);
    world.activate("third");
    expect(told()).toBe(2);
    expect(JSON.parse(world.events().at(-1)?.body ?? "")).toMatchObject({ data: { limit: 1, used: 1 } });
  });

  it("SEAT-4: a refusal changes nothing but the count of its event", () => {
    const world = floating({ allowedActivations: 1 });
    fill(world, 1);
    world.activate("second");
    world.pass(1000);
    const before = world.stored();
    const view = world.view();
    expect(refusal(world.activate("second")).code).toBe("seats-exhausted");
    expect(world.stored()).toEqual(before);
    expect(world.view()).toEqual(view);
  });

  it("SEAT-5: lowered below the seats in use, throws nobody out and lets renewals go on", () => {
    const world = floating({ allowedActivations: 5 });
    const sessions = fill(world, 5);
    value(world.patch({ allowedActivations: 2 }));
    expect(world.view().totalActivations).toBe(5);
    expect(refusal(world.activate("sixth"))).toMatchObject({ limit: 2, used: 5 });
    for (const id of sessions) expect(world.renew(id).ok).toBe(true);
    expect(world.activate("device 3").ok).toBe(true);
    for (const id of sessions.slice(0, 3)) value(world.checkOut(id));
    expect(refusal(world.activate("sixth"))).toMatchObject({ limit: 2, used: 2 });
    value(world.checkOut(sessions[3] ?? ""));
    expect(world.activate("sixth").ok).toBe(true);
  });

  it("SEAT-9: is passed by as many seats as the license allows, each told and marked for as long as it is", () => {
    const world = nodeLocked({ allowedActivations: 2, allowedOverage: 2 });
    const grants = ["a", "b", "c", "d"].map((device) => value(world.activate(device)));
    expect(grants.map(({ overLimit }) => overLimit)).toEqual([false, false, true, true]);
    expect(refusal(world.activate("e"))).toMatchObject({ code: "seats-exhausted", limit: 2, used: 4 });
    const told = world.events().filter(({ type }) => type === "license.activation.overage");
    expect(told.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { data: { limit: 2, used: 3 } },
      { data: { limit: 2, used: 4 } },
    ]);
    // What is decided stays: seats within the limit fall free, the limit moves, the device comes again.
    value(world.checkOut(grants[0]?.activationId ?? ""));
    value(world.patch({ allowedActivations: 5, allowedOverage: 0 }));
    expect(value(world.renew(grants[2]?.activationId ?? "")).overLimit).toBe(true);
    expect(value(world.activate("d")).overLimit).toBe(true);
    expect(value(world.activate("b")).overLimit).toBe(false);
    expect(value(world.activate("f")).overLimit).toBe(false);
    expect(world.eventTypes().filter((type) => type === "license.activation.overage")).toHaveLength(2);
  });

  it("SEAT-9, LEASE-4: a lapse that nobody swept has left its seat to the next device", () => {
    const world = floating({ allowedActivations: 1, allowedOverage: 1 });
    value(world.activate("a"));
    world.pass(HOUR);
    expect(value(world.activate("b")).overLimit).toBe(false);
    expect(value(world.activate("c")).overLimit).toBe(true);
  });

  it("SEAT-9, SEAT-10: a device that takes its hold over has the seat that it had", () => {
    const world = nodeLocked({ allowedActivations: 1, allowedOverage: 1, seatRelease: "after-token" });
    const first = value(world.activate("a"));
    const second = value(world.activate("b"));
    value(world.checkOut(second.activationId));
    value(world.checkOut(first.activationId));
    expect(value(world.activate("b")).overLimit).toBe(true);
    expect(value(world.activate("a")).overLimit).toBe(false);
  });

  it("SEAT-2, SEAT-9: is a person's seat, which a grant reads once", () => {
    const world = floating({ leasingStrategy: "per-user", allowedActivations: 1, allowedOverage: 1 });
    const heldBy = world.ledger.heldBy.bind(world.ledger);
    let reads = 0;
    world.ledger.heldBy = (holder, after, most) => {
      reads += most === 100 ? 1 : 0;
      return heldBy(holder, after, most);
    };
    for (const [device, name] of [["a", "ada"] as const, ["b", "bob"] as const, ["c", "bob"] as const])
      value(world.activate(device, { principal: person(name) }));
    expect(reads).toBe(3);
    expect(world.rows().map(({ facts }) => facts.overLimit === true)).toEqual([false, true, true]);
  });

  it("SEAT-1, SEAT-9: without a limit nothing is above it", () => {
    const world = nodeLocked({ allowedActivations: 0, allowedOverage: 5 });
    expect(fill(world, 3)).toHaveLength(3);
    expect(world.eventTypes()).not.toContain("license.activation.overage");
  });

  it("SEAT-1: raised, grants at once", () => {
    const world = nodeLocked({ allowedActivations: 1 });
    fill(world, 1);
    expect(world.activate("second").ok).toBe(false);
    value(world.patch({ allowedActivations: 2 }));
    expect(world.activate("second").ok).toBe(true);
  });

  it("SEAT-8: matching strategy and lease or none stand while seats are live, and move when all have lapsed", () => {
    const world = floating({ allowedActivations: 3 });
    fill(world, 2);
    for (const [patch, pointer] of [
      [{ fingerprintMatchingStrategy: "loose" }, "/fingerprintMatchingStrategy"],
      [{ leaseDuration: 0 }, "/leaseDuration"],
    ] as const) {
      expect(refusal(world.patch(patch))).toEqual({ code: "activations-live", pointer, live: 2 });
    }
    expect(world.patch({ leaseDuration: 60 }).ok).toBe(true);
    world.pass(HOUR);
    expect(world.patch({ fingerprintMatchingStrategy: "loose", leaseDuration: 0 }).ok).toBe(true);
    expect(value(world.activate("device 0")).leaseExpiresAt).toBeNull();
    expect(refusal(world.patch({ leaseDuration: 60 }))).toMatchObject({ code: "activations-live", live: 1 });
  });
});

describe("a lapse", () => {
  it("LEASE-4: frees the seat in the same instant, without an alarm", () => {
    const world = floating();
    const { leaseExpiresAt } = value(world.activate("a"));
    world.clock = (leaseExpiresAt ?? 0) - 1;
    expect(world.activate("b").ok).toBe(false);
    world.clock += 1;
    expect(world.view().totalActivations).toBe(0);
    expect(world.activate("b").ok).toBe(true);
  });

  it("LEASE-4: has one event, of the call or the alarm that met it first", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    world.pass(HOUR);
    value(world.activate("b"));
    world.renew(activationId);
    world.tidy();
    world.tidy();
    const lapses = world.events().filter(({ type }) => type === "activation.lease-expired");
    expect(lapses.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([{ data: { id: activationId } }]);
  });

  it("LEASE-5: its id answers nothing any more, and the device gets a new one", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    world.pass(HOUR);
    const again = value(world.activate("a"));
    expect(again.activationId).not.toBe(activationId);
    expect(again.generation).toBe(1);
    for (const answer of [
      world.renew(activationId),
      world.checkIn(activationId),
      world.checkOut(activationId),
      world.look(activationId),
    ]) {
      expect(refusal(answer).code).toBe("session-unknown");
    }
    expect(world.renew(again.activationId).ok).toBe(true);
  });

  it("CNT-1: counts in no deactivation, and is no live activation", () => {
    const world = floating({ allowedActivations: 0 });
    fill(world, 3);
    world.pass(HOUR);
    world.tidy();
    expect(world.view()).toMatchObject({ totalActivations: 0, totalDeactivations: 0 });
  });

  it("SEAT-6: a grant pays for eight at most, the alarm for a hundred", () => {
    const world = floating({ allowedActivations: 300 });
    fill(world, 300);
    world.pass(HOUR);
    value(world.activate("new"));
    expect(world.rows()).toHaveLength(300 - 8 + 1);
    expect(world.glimpse(inUse)).toEqual({ seats: 1, activations: 1 });
    world.tidy();
    expect(world.rows()).toHaveLength(300 - 108 + 1);
    world.tidy();
    world.tidy();
    expect(world.rows()).toHaveLength(1);
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(300);
  });

  it("SEAT-6, SEAT-5: more lapses than one grant sweeps still count as free on a lowered limit", () => {
    const world = floating({ allowedActivations: 200, allowClientLeaseDuration: true });
    for (let index = 0; index < 150; index += 1) value(world.activate(`short ${index}`, { requestedLeaseSeconds: 60 }));
    fill(world, 9);
    value(world.patch({ allowedActivations: 10 }));
    expect(refusal(world.activate("new"))).toMatchObject({ used: 159 });
    world.pass(MINUTE);
    value(world.activate("new"));
    expect(refusal(world.activate("newer"))).toMatchObject({ used: 10 });
    expect(world.view().totalActivations).toBe(10);
  });

  it("SEAT-1, SEAT-10: switched to at-once, one whose token goes on keeps its seat, also where the seats were counted before", () => {
    const leases = { leaseDuration: 3600, allowClientLeaseDuration: true, seatRelease: "after-token" } as const;
    const world = floating({ ...leases, allowedActivations: 1 });
    value(world.checkOut(value(world.activate("a")).activationId));
    value(world.activate("a", { requestedLeaseSeconds: 60 }));
    world.pass(5 * MINUTE);
    expect(world.run(inUse)).toEqual({ seats: 1, activations: 0 });
    value(world.patch({ seatRelease: "at-once" }));
    expect(world.run(inUse)).toEqual({ seats: 1, activations: 0 });
    expect(world.glimpse(inUse)).toEqual({ seats: 1, activations: 0 });
    expect(world.activate("b").ok).toBe(false);
  });
});
