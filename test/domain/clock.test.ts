/** CLOCK-1: the object's `now` never goes back, whatever its machine does. */

import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { MapLedger } from "../support/map-ledger.ts";
import { World } from "../support/world.ts";
import { CREATED, license, refusal, value } from "./samples.ts";

const HOUR = 3_600_000;

function floating(members: Partial<NewLicense> = {}): World {
  const terms = { type: "hosted-floating", allowedActivations: 1, leaseDuration: 3600, ...members } as const;
  return new World(new MapLedger(license(terms)), CREATED + 10 * HOUR);
}

describe("the object's clock", () => {
  it("CLOCK-1: starts no earlier than the license's creation", () => {
    const world = floating();
    world.clock = CREATED - HOUR;
    expect(value(world.activate("a")).now).toBe(CREATED);
  });

  it("CLOCK-1, LEASE-5: an activation that lapsed for a new one stays gone when the machine's clock goes back", () => {
    const world = floating();
    const start = world.clock;
    const first = value(world.activate("a"));
    world.clock = start + HOUR;
    const second = value(world.activate("b"));
    world.clock = start;
    world.evict();
    expect(refusal(world.renew(first.activationId)).code).toBe("session-unknown");
    expect(value(world.renew(second.activationId)).now).toBe(start + HOUR);
    expect(refusal(world.activate("c"))).toMatchObject({ code: "seats-exhausted", used: 1 });
  });

  it("CLOCK-1, SEAT-1: a count that was made at a later instant grants no seat at an earlier one", () => {
    const world = floating();
    const start = world.clock;
    const first = value(world.activate("a"));
    world.clock = start + HOUR;
    expect(world.view().totalActivations).toBe(0);
    world.clock = start;
    const second = world.activate("b");
    expect([second.ok, world.renew(first.activationId).ok]).toEqual([true, false]);
  });

  it("CLOCK-1, LEASE-5: a session that was answered 404 stays so while the object lives", () => {
    const world = floating();
    const start = world.clock;
    const { activationId } = value(world.activate("a"));
    world.clock = start + HOUR;
    expect(refusal(world.look(activationId)).code).toBe("session-unknown");
    world.clock = start;
    expect(refusal(world.look(activationId)).code).toBe("session-unknown");
    expect(refusal(world.renew(activationId)).code).toBe("session-unknown");
  });

  it("CLOCK-1, LEASE-5: a renewal that met its lapse leaves nothing that a clock could bring back", () => {
    const world = floating();
    const start = world.clock;
    const { activationId } = value(world.activate("a"));
    world.clock = start + HOUR;
    expect(refusal(world.renew(activationId)).code).toBe("session-unknown");
    world.evict();
    world.clock = start;
    expect(world.rows()).toEqual([]);
    expect(refusal(world.checkIn(activationId)).code).toBe("session-unknown");
  });
});
