/** One device, one seat (SEAT-2), whatever it does. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inUse } from "../../src/domain/seats/seats.ts";
import { refusal, value } from "./samples.ts";
import { fill, floating, HOUR, nodeLocked, type MapWorld } from "./worlds.ts";

const DEVICES = ["ada", "bob", "eve"] as const;

/** Sessions that are live by the clock, by fingerprint. */
function liveDevices(world: MapWorld): readonly string[] {
  return world
    .rows()
    .filter(({ id }) => world.look(id).ok)
    .map(({ facts }) => facts.firstFingerprint);
}

describe("per-machine", () => {
  it.each([
    ["floating", floating],
    ["node-locked", nodeLocked],
  ] as const)("SEAT-2: a device that activates again and again holds one seat (%s)", (_, license) => {
    const world = license({ allowedActivations: 2 });
    const sessions = Array.from({ length: 5 }, () => value(world.activate("device")).activationId);
    expect(new Set(sessions).size).toBe(1);
    expect(world.view().totalActivations).toBe(1);
    value(world.activate("second"));
    expect(refusal(world.activate("third"))).toMatchObject({ code: "seats-exhausted", used: 2 });
  });

  it("SEAT-2: a full license knows its own devices, after the object was evicted too", () => {
    const world = floating({ allowedActivations: 3 });
    const sessions = fill(world, 3);
    world.evict();
    for (const [index, activationId] of sessions.entries())
      expect(value(world.activate(`device ${index}`)).activationId).toBe(activationId);
    expect(world.view().totalActivations).toBe(3);
  });

  it("SEAT-2: whatever devices do and however time goes, none is live twice", () => {
    const moves = fc.array(
      fc.record({ does: fc.constantFrom("in", "out", "wait"), device: fc.constantFrom(...DEVICES) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(moves, fc.constantFrom("at-once" as const, "after-token" as const), (life, seatRelease) => {
        const world = floating({ allowedActivations: 2, seatRelease });
        const sessions = new Map<string, string>();
        for (const { does, device } of life) {
          const session = sessions.get(device);
          if (does === "wait") world.pass(HOUR / 2);
          if (does === "out" && session !== undefined) world.checkOut(session);
          const granted = does === "in" ? world.activate(device) : null;
          if (granted?.ok === true) sessions.set(device, granted.value.activationId);
          const live = liveDevices(world);
          expect(new Set(live).size).toBe(live.length);
          expect(world.view().totalActivations).toBe(live.length);
        }
      }),
    );
  });
});

it("SEAT-2, SEAT-10: a device's own lapse ends with its next activation, so that no later terms make it a second seat", () => {
  const world = floating({
    seatRelease: "after-token",
    allowedActivations: 5,
    allowClientLeaseDuration: true,
    maxLeaseDuration: 86_400,
  });
  const long = value(world.activate("a", { requestedLeaseSeconds: 86_400 }));
  value(world.checkOut(long.activationId));
  // It takes its own hold over with a short lease, while its long token goes on.
  const short = value(world.activate("a", { requestedLeaseSeconds: 3600 }));
  value(world.patch({ seatRelease: "at-once" }));
  world.pass(2 * HOUR);
  const next = value(world.activate("a", { requestedLeaseSeconds: 3600 }));
  expect(next.activationId).not.toBe(short.activationId);
  value(world.patch({ seatRelease: "after-token" }));
  expect(world.run((turn) => inUse(turn))).toEqual({ seats: 1, activations: 1 });
  expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
});
