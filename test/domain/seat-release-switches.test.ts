/**
 * SEAT-10: the rule in force when a lease ended decides about its seat for good, whether the alarm has swept it or not.
 */

import { describe, expect, it } from "vitest";

import type { SeatRelease } from "../../src/domain/terms/license.ts";
import { inUse } from "../../src/domain/seats/seats.ts";
import { refusal, value } from "./samples.ts";
import { fill, floating, HOUR, MINUTE, type MapWorld } from "./worlds.ts";

function counts(world: MapWorld): { readonly seats: number; readonly activations: number } {
  return world.glimpse(inUse);
}

describe("a switch of the rule between a lapse and its sweep", () => {
  const TAKEN_OVER = {
    type: "hosted-floating",
    allowClientLeaseDuration: true,
    maxLeaseDuration: 30 * 86_400,
  } as const;
  const BORROWED = 30 * 86_400;

  /**
   * A device that took its own hold over with a shorter lease, which has lapsed by now, while its first token goes on.
   */
  function lapsed(seatRelease: SeatRelease, others = 0): MapWorld {
    const world = floating({ ...TAKEN_OVER, seatRelease: "after-token", allowedActivations: others + 1 });
    value(world.checkOut(value(world.activate("laptop", { requestedLeaseSeconds: BORROWED })).activationId));
    value(world.activate("laptop", { requestedLeaseSeconds: 60 }));
    if (others > 0) fill(world, others);
    if (seatRelease === "at-once") value(world.patch({ seatRelease }));
    world.pass(2 * HOUR);
    return world;
  }

  /** The same history, told where the alarm has run after the lapse and where it has not. */
  function told(first: SeatRelease, switches: readonly SeatRelease[]): readonly (readonly number[])[] {
    return [true, false].map((isSwept) => {
      const world = lapsed(first);
      if (isSwept) world.tidy();
      return [
        counts(world).seats,
        ...switches.map((seatRelease) => {
          value(world.patch({ seatRelease }));
          world.pass(MINUTE);
          return counts(world).seats;
        }),
      ];
    });
  }

  it("SEAT-10: a lapse under after-token stays a hold under at-once, swept or not", () => {
    expect(told("after-token", ["at-once"])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("SEAT-10: a lapse under at-once is no hold under after-token, swept or not", () => {
    expect(told("at-once", ["after-token"])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it("SEAT-10: nor do two switches in a row, or eight, bring another rule back", () => {
    const there: readonly SeatRelease[] = ["at-once", "after-token"];
    expect(told("after-token", there)).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    const back = there.toReversed();
    expect(told("at-once", back)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const eight = [...there, ...there, ...there, ...there];
    expect(told("after-token", eight)).toEqual([Array(9).fill(1), Array(9).fill(1)]);
  });

  it("SEAT-10: a lease that ends in the instant of the switch is over under the rule of before", () => {
    for (const isSwept of [true, false]) {
      const world = lapsed("after-token");
      const { leaseExpiresAt } = value(world.activate("laptop", { requestedLeaseSeconds: 60 }));
      world.clock = leaseExpiresAt ?? 0;
      if (isSwept) world.tidy();
      value(world.patch({ seatRelease: "at-once" }));
      expect(counts(world)).toEqual({ seats: 1, activations: 0 });
    }
  });

  it("SEAT-10: each lapse is judged by the rule of its own end", () => {
    for (const isSwept of [true, false]) {
      const world = floating({ ...TAKEN_OVER, seatRelease: "after-token", allowedActivations: 3 });
      for (const [device, seconds] of Object.entries({ a: 60, b: 600, c: 6000 })) {
        value(world.checkOut(value(world.activate(device, { requestedLeaseSeconds: BORROWED })).activationId));
        value(world.activate(device, { requestedLeaseSeconds: seconds }));
      }
      world.pass(300_000);
      if (isSwept) world.tidy();
      value(world.patch({ seatRelease: "at-once" }));
      world.pass(600_000);
      if (isSwept) world.tidy();
      value(world.patch({ seatRelease: "after-token" }));
      world.pass(2 * HOUR);
      expect(counts(world)).toEqual({ seats: 2, activations: 0 });
      expect(world.activate("a new device").ok).toBe(true);
      expect(refusal(world.activate("another")).code).toBe("seats-exhausted");
    }
  });

  it("SEAT-10: only switches that an unswept lapse may be older than are remembered", () => {
    const world = lapsed("after-token");
    value(world.patch({ seatRelease: "at-once" }));
    expect(world.maps.license().terms.seatReleaseSwitches).toEqual([{ at: world.clock, from: "after-token" }]);
    world.tidy();
    world.pass(MINUTE);
    value(world.patch({ seatRelease: "after-token" }));
    expect(world.maps.license().terms.seatReleaseSwitches).toEqual([]);
    const { changes } = JSON.parse(world.events().at(-1)?.body ?? "{}") as { changes: object };
    expect(Object.keys(changes)).toEqual(["seatRelease"]);
  });

  it("SEAT-10: the ninth switch sweeps", () => {
    const world = lapsed("after-token");
    for (let times = 0; times < 9; times += 1) {
      world.pass(MINUTE);
      expect(world.eventTypes()).not.toContain("activation.lease-expired");
      value(world.patch({ seatRelease: times % 2 === 0 ? "at-once" : "after-token" }));
    }
    expect(world.eventTypes()).toContain("activation.lease-expired");
    expect(world.maps.license().terms.seatReleaseSwitches).toEqual([]);
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
  });

  it("SEAT-10, SEAT-6: it sweeps a few, and is refused until the oldest lapses are swept", () => {
    const world = lapsed("after-token", 20);
    for (let times = 0; times < 8; times += 1) {
      world.pass(MINUTE);
      value(world.patch({ seatRelease: times % 2 === 0 ? "at-once" : "after-token" }));
    }
    const before = world.maps.license();
    world.pass(MINUTE);
    expect(refusal(world.patch({ seatRelease: "at-once" }))).toEqual({ code: "overloaded", what: "license" });
    expect(world.maps.license()).toEqual(before);
    expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(8);
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
    expect(refusal(world.patch({ seatRelease: "at-once" }))).toEqual({ code: "overloaded", what: "license" });
    value(world.patch({ seatRelease: "at-once" }));
    expect(counts(world)).toEqual({ seats: 1, activations: 0 });
  });
});
