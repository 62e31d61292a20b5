/** SEAT-10: the vendor ends an activation without a hold, or frees the hold that one has left. */

import { describe, expect, it } from "vitest";

import { inUse } from "../../src/domain/seats/seats.ts";
import { refusal, value } from "./samples.ts";
import { floating, nodeLocked, type MapWorld } from "./worlds.ts";

const TOKENS = { serverSyncInterval: 600, serverSyncGracePeriod: 1200 } as const;

/** Type, changes and id of the events since. */
function toldSince(world: MapWorld, count: number): readonly unknown[] {
  return world
    .events()
    .slice(count)
    .map(({ type, body }) => {
      const { changes, data } = JSON.parse(body) as {
        readonly changes: object;
        readonly data: { readonly id: string };
      };
      return [type, changes, data.id];
    });
}

describe("a hold that is given up", () => {
  it("SEAT-10: without a hold the seat is free at once, and the event says until when it would have counted", () => {
    const world = nodeLocked({ ...TOKENS, seatRelease: "after-token" });
    const { activationId, token } = value(world.activate("a"));
    const told = world.events().length;
    value(world.endActivation(activationId, "none"));
    const changes = { heldUntil: { before: token.expiresAt, after: null } };
    expect(toldSince(world, told)).toEqual([["activation.deleted", changes, activationId]]);
    expect([world.rows(), world.glimpse(inUse)]).toEqual([[], { seats: 0, activations: 0 }]);
    expect(refusal(world.endActivation(activationId, "none")).code).toBe("session-unknown");
    expect(world.activate("b").ok).toBe(true);
  });

  it("SEAT-10: nothing is told of a hold where there would have been none", () => {
    const world = nodeLocked(TOKENS);
    const { activationId } = value(world.activate("a"));
    const told = world.events().length;
    value(world.endActivation(activationId, "none"));
    expect(toldSince(world, told)).toEqual([["activation.deleted", {}, activationId]]);
  });

  it("SEAT-10: a hold is freed whoever has ended the activation, and told of once, in no standing refused", () => {
    const world = nodeLocked({ ...TOKENS, seatRelease: "after-token", allowedActivations: 2 });
    const [first, second] = ["a", "b"].map((device) => value(world.activate(device)));
    value(world.checkOut(first?.activationId ?? ""));
    value(world.endActivation(second?.activationId ?? ""));
    value(world.patch({ suspended: true }));
    expect(world.glimpse(inUse)).toEqual({ seats: 2, activations: 0 });
    const told = world.events().length;
    for (const { activationId = "" } of [{ ...first }, { ...second }]) {
      expect(refusal(world.endActivation(activationId)).code).toBe("session-unknown");
      value(world.endActivation(activationId, "none"));
      expect(refusal(world.endActivation(activationId, "none")).code).toBe("session-unknown");
    }
    const changes = { heldUntil: { before: first?.token.expiresAt, after: null } };
    expect(toldSince(world, told)).toEqual([
      ["activation.updated", changes, first?.activationId],
      ["activation.updated", changes, second?.activationId],
    ]);
    expect([world.rows(), world.glimpse(inUse)]).toEqual([[], { seats: 0, activations: 0 }]);
    expect(world.view()).toMatchObject({ totalActivations: 0, totalDeactivations: 1 });
  });

  it.each([true, false])(
    "SEAT-10, LEASE-8: frees the seat of a dead computer whose grace goes on, swept (%s) or not",
    (isSwept) => {
      const world = floating({ seatRelease: "after-token", leaseGracePeriod: 86_400, serverSyncGracePeriod: -1 });
      const { activationId, leaseExpiresAt } = value(world.activate("a"));
      world.clock = leaseExpiresAt ?? 0;
      if (isSwept) world.tidy();
      expect(refusal(world.activate("b")).code).toBe("seats-exhausted");
      value(world.endActivation(activationId, "none"));
      expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
      expect(world.glimpse(inUse)).toEqual({ seats: 0, activations: 0 });
      expect(world.activate("b").ok).toBe(true);
      value(world.endActivation(value(world.activate("b")).activationId, "none"));
      expect(world.rows()).toEqual([]);
    },
  );
});
