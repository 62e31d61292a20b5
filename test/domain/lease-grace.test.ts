/** LEASE-8: a token outlives its lease, and the lease's end frees the seat, or leaves a hold (SEAT-10). */

import { describe, expect, it } from "vitest";

import { inUse } from "../../src/domain/seats/seats.ts";
import { DAY, refusal, value } from "./samples.ts";
import { floating, HOUR, type MapWorld } from "./worlds.ts";

function counts(world: MapWorld): { readonly seats: number; readonly activations: number } {
  return world.glimpse(inUse);
}

describe("a device that goes on after its lease", () => {
  const DAYS = { leaseGracePeriod: 86_400, serverSyncGracePeriod: -1 } as const;

  it("LEASE-8: under at-once the lease's end alone frees the seat, while the token goes on", () => {
    const world = floating(DAYS);
    const { activationId, leaseExpiresAt, token } = value(world.activate("a"));
    expect([leaseExpiresAt, token.expiresAt]).toEqual([world.clock + HOUR, world.clock + HOUR + DAY]);
    world.clock = (leaseExpiresAt ?? 0) - 1;
    expect(refusal(world.activate("b"))).toMatchObject({ used: 1, retryAfterSeconds: 1 });
    world.clock += 1;
    expect(refusal(world.renew(activationId)).code).toBe("session-unknown");
    expect(world.activate("b").ok).toBe(true);
    expect(refusal(world.activate("a"))).toMatchObject({ code: "seats-exhausted", used: 1 });
    expect(counts(world)).toEqual({ seats: 1, activations: 1 });
  });

  it.each([true, false])(
    "LEASE-8, SEAT-10: under after-token the seat counts until `exp`, swept (%s) or not",
    (isSwept) => {
      const world = floating({ ...DAYS, seatRelease: "after-token" });
      const { activationId, leaseExpiresAt, token } = value(world.activate("a"));
      world.clock = leaseExpiresAt ?? 0;
      if (isSwept) world.tidy();
      expect(refusal(world.renew(activationId)).code).toBe("session-unknown");
      expect(counts(world)).toEqual({ seats: 1, activations: 0 });
      expect(refusal(world.activate("b"))).toMatchObject({ used: 1 });
      world.clock = (token.expiresAt ?? 0) - 1;
      expect(refusal(world.activate("b"))).toMatchObject({ used: 1, retryAfterSeconds: 1 });
      world.clock += 1;
      expect(world.activate("b").ok).toBe(true);
      expect(world.eventTypes().filter((type) => type === "activation.lease-expired")).toHaveLength(1);
    },
  );

  it("LEASE-8, SEAT-10: who hid from the server under after-token takes its own seat again", () => {
    const world = floating({ ...DAYS, seatRelease: "after-token" });
    const first = value(world.activate("a"));
    world.pass(HOUR + DAY / 2);
    const again = value(world.activate("a"));
    expect(again.activationId).not.toBe(first.activationId);
    expect(counts(world)).toEqual({ seats: 1, activations: 1 });
    expect(world.rows()).toMatchObject([{ tokenEnd: again.token.expiresAt }]);
  });

  it("LEASE-8: a token of a longer grace counts on when the grace becomes shorter", () => {
    const world = floating({ ...DAYS, seatRelease: "after-token" });
    const { activationId, token } = value(world.activate("a"));
    value(world.patch({ leaseGracePeriod: 0 }));
    expect(value(world.renew(activationId)).token.expiresAt).toBe(world.clock + HOUR);
    world.clock = (token.expiresAt ?? 0) - 1;
    expect(world.activate("b").ok).toBe(false);
    world.clock += 1;
    expect(world.activate("b").ok).toBe(true);
  });
});
