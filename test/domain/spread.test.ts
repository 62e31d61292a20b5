/** LEASE-7: how much earlier each device comes back. */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { earlier, share, type Spread } from "../../src/domain/seats/spread.ts";
import { value } from "./samples.ts";
import { fill, floating, HOUR, START } from "./worlds.ts";

const SESSION = "0123abcd-4567-8ef0-a111-222233334444";

const holders: fc.Arbitrary<Spread> = fc.record({ activationId: fc.uuid(), generation: fc.integer({ min: 1 }) });

function counted(shares: readonly number[], parts: number): readonly number[] {
  const counts = Array.from({ length: parts }, () => 0);
  for (const one of shares) counts[Math.floor(one * parts)] = (counts[Math.floor(one * parts)] ?? 0) + 1;
  return counts;
}

describe("a device's share", () => {
  it("LEASE-7: is fixed for a session and a generation, whatever version runs", () => {
    const of = (activationId: string, generation: number) => share({ activationId, generation });
    expect(of(SESSION, 1)).toBe(0.6935168725904077);
    expect(of(SESSION, 2)).toBe(0.27470495109446347);
    expect(of(SESSION.replace(/4$/, "5"), 1)).toBe(0.8606663004029542);
  });

  it("LEASE-7: is in [0, 1) and even, over sessions that differ by one digit and over generations of one session", () => {
    const sessions = Array.from({ length: 10_000 }, (_, nth) => SESSION.slice(0, -4) + String(nth).padStart(4, "0"));
    const shares = [
      sessions.map((activationId) => share({ activationId, generation: 1 })),
      sessions.map((_, nth) => share({ activationId: SESSION, generation: nth + 1 })),
    ];
    for (const each of shares) {
      expect(Math.min(...each)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...each)).toBeLessThan(1);
      for (const count of counted(each, 20)) {
        expect(count).toBeGreaterThan(400);
        expect(count).toBeLessThan(600);
      }
    }
  });
});

describe("the earlier instant", () => {
  const instants = fc.integer({ min: 0, max: 4_102_444_800_000 });
  const intervals = fc.integer({ min: 0, max: 200 * 365 * 86_400_000 });

  it("LEASE-7: is on a second, in the last tenth of the interval, never later than the interval's end", () => {
    fc.assert(
      fc.property(holders, instants, intervals, (holder, from, interval) => {
        const at = earlier(holder, from, from + interval);
        expect(at % 1000).toBe(0);
        expect(at).toBeLessThanOrEqual(from + interval);
        expect(at).toBeGreaterThan(from + interval * 0.9 - 1000);
        expect(at).toBe(earlier({ ...holder }, from, from + interval));
        const exact = from + interval - (interval / 10) * share(holder);
        expect(Math.abs(at - exact)).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it("LEASE-7: a fleet that started in one instant comes back over a tenth of the interval", () => {
    const world = floating({ allowedActivations: 0 });
    const sessions = fill(world, 400);
    const refreshes = sessions.map((id) => value(world.renew(id)).token.refreshAt ?? Number.NaN);
    const tenth = HOUR / 20;
    const latest = START + HOUR / 2;
    expect(refreshes.every((at) => at > latest - tenth - 1000 && at <= latest)).toBe(true);
    for (const count of counted(
      refreshes.map((at) => (latest - at) / (tenth + 1000)),
      6,
    )) {
      expect(count).toBeGreaterThan(30);
    }
  });

  it("LEASE-7: whoever waits as many seconds as were told is told to renew, and comes no later than TOK-6 says", () => {
    const starts = fc.integer({ min: START, max: START + HOUR });
    fc.assert(
      fc.property(starts, fc.integer({ min: 2, max: 86_400 }), fc.uuid(), (start, lease, name) => {
        const world = floating({ leaseDuration: lease * 2 });
        world.clock = start;
        const { activationId } = value(world.activate(name));
        const { nextCheckInSeconds } = value(world.checkIn(activationId));
        expect(nextCheckInSeconds).toBeLessThanOrEqual(lease);
        world.pass((nextCheckInSeconds ?? 0) * 1000);
        expect(value(world.checkIn(activationId)).renewNow).toBe(true);
      }),
    );
  });

  it("LEASE-7: the same answer repeated tells the same instant, and renewNow turns at that", () => {
    const world = floating();
    const key = { key: "k", bodyHash: "b" };
    const first = value(world.activateOnce(key, "a"));
    expect(value(world.activateOnce(key, "a")).token).toEqual(first.token);
    expect(value(world.look(first.activationId)).lastRefreshAt).toBe(first.token.refreshAt);
    const { nextCheckInSeconds } = value(world.checkIn(first.activationId));
    expect((nextCheckInSeconds ?? 0) * 1000).toBe((first.token.refreshAt ?? 0) - START);
    world.clock = (first.token.refreshAt ?? 0) - 1;
    expect(value(world.checkIn(first.activationId)).renewNow).toBe(false);
    world.clock += 1;
    expect(value(world.checkIn(first.activationId)).renewNow).toBe(true);
    const renewed = value(world.renew(first.activationId));
    expect((renewed.token.refreshAt ?? 0) - renewed.now).toBe((first.token.refreshAt ?? 0) - first.now);
  });
});
