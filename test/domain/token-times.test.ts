/** TOK-6, LEASE-8: when a token ends, and when it should be fetched anew, but for the spread (LEASE-7). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { earlier } from "../../src/domain/seats/spread.ts";
import { offlineSeconds, tokenTimes } from "../../src/domain/seats/token-times.ts";
import { DAY, terms, value } from "./samples.ts";
import { floating, HOUR, nodeLocked, START } from "./worlds.ts";

const NOW = START;
const HOLDER = { activationId: "0123abcd-4567-8ef0-a111-222233334444", generation: 1 };

function sync(serverSyncInterval: number, serverSyncGracePeriod: number): Partial<NewLicense> {
  return { serverSyncInterval, serverSyncGracePeriod };
}

function times(members: Partial<NewLicense>, leaseSeconds = 0, endsAt: number | null = null) {
  const leaseEnd = leaseSeconds === 0 ? null : NOW + leaseSeconds * 1000;
  return tokenTimes(terms(members), { ...HOLDER, leaseSeconds, leaseEnd, endsAt }, NOW);
}

/** LEASE-7: the holder's instant where TOK-6 says one so many ms from now. */
function spread(ms: number): number {
  return earlier(HOLDER, NOW, NOW + ms);
}

describe("a token's end", () => {
  it("TOK-6: sync plus grace, unless the grace is without end or both are 0", () => {
    expect(offlineSeconds(terms(sync(3600, 7200)))).toBe(10_800);
    expect(offlineSeconds(terms(sync(3600, 0)))).toBe(3600);
    expect(offlineSeconds(terms(sync(0, 7200)))).toBe(7200);
    expect(offlineSeconds(terms(sync(0, 0)))).toBeNull();
    expect(offlineSeconds(terms(sync(3600, -1)))).toBeNull();
  });

  it("TOK-6: is the least of lease, license and sync plus grace", () => {
    expect(times(sync(3600, 7200), 20_000, NOW + 30_000_000).expiresAt).toBe(NOW + 10_800_000);
    expect(times(sync(3600, 7200), 600, NOW + 30_000_000).expiresAt).toBe(NOW + 600_000);
    expect(times(sync(3600, 7200), 600, NOW + 300_000).expiresAt).toBe(NOW + 300_000);
  });

  it("TOK-6: is absent where there is none", () => {
    expect(times(sync(3600, -1)).expiresAt).toBeNull();
    expect(times(sync(0, 0))).toEqual({ issuedAt: NOW, expiresAt: null, refreshAt: null });
  });
});

describe("the grace of a lease", () => {
  const grace = (leaseGracePeriod: number, serverSyncGracePeriod = -1): Partial<NewLicense> => ({
    ...sync(3600, serverSyncGracePeriod),
    seatRelease: "after-token",
    type: "hosted-floating",
    leaseGracePeriod,
  });

  it("LEASE-8: is added to the lease's end, within the license's end and sync plus grace", () => {
    expect(times(grace(86_400), 600).expiresAt).toBe(NOW + 87_000_000);
    expect(times(grace(86_400, 7200), 600).expiresAt).toBe(NOW + 10_800_000);
    expect(times(grace(86_400), 600, NOW + 700_000).expiresAt).toBe(NOW + 700_000);
    expect(times(grace(0), 600).expiresAt).toBe(NOW + 600_000);
  });

  it("LEASE-8: is ignored without a lease, and moves no refresh", () => {
    expect(times(grace(86_400), 0)).toEqual(times({ ...grace(0) }, 0));
    expect(times(grace(86_400), 600).refreshAt).toBe(spread(300_000));
  });

  it("LEASE-8: of a node-locked license is stored, and no token is longer for it", () => {
    const world = nodeLocked({ serverSyncInterval: 600, serverSyncGracePeriod: 600, leaseGracePeriod: 86_400 });
    expect(world.view().terms.leaseGracePeriod).toBe(86_400);
    expect(value(world.activate("a")).token.expiresAt).toBe(START + 1_200_000);
  });
});

describe("a token's refresh", () => {
  it("TOK-6: with a lease, is half the shorter of lease and sync plus grace away", () => {
    expect(times(sync(3600, 7200), 600).refreshAt).toBe(spread(300_000));
    expect(times(sync(600, 1200), 7200).refreshAt).toBe(spread(900_000));
    expect(times(sync(3600, -1), 7200).refreshAt).toBe(spread(3600_000));
    expect(times(sync(0, 0), 7201).refreshAt).toBe(spread(3600_500));
  });

  it("TOK-6: without one, is a sync interval away, absent at 0", () => {
    expect(times(sync(3600, 7200)).refreshAt).toBe(spread(3600_000));
    expect(times(sync(3600, -1)).refreshAt).toBe(spread(3600_000));
    expect(times(sync(0, 7200)).refreshAt).toBeNull();
  });

  it("TOK-6: never comes after the end", () => {
    expect(times(sync(3600, 7200), 0, NOW + 60_000)).toEqual({
      issuedAt: NOW,
      expiresAt: NOW + 60_000,
      refreshAt: spread(60_000),
    });
    const seconds = fc.integer({ min: 0, max: 10_000_000 });
    const grace = fc.oneof(fc.constant(-1), seconds);
    const end = fc.option(fc.integer({ min: NOW, max: NOW + 1000 * DAY }));
    fc.assert(
      fc.property(seconds, grace, seconds, end, (interval, graceSeconds, lease, endsAt) => {
        const { issuedAt, expiresAt, refreshAt } = times(sync(interval, graceSeconds), lease, endsAt);
        const bounds = [endsAt, lease > 0 ? NOW + lease * 1000 : null];
        for (const bound of bounds) if (bound !== null) expect(expiresAt ?? Number.NaN).toBeLessThanOrEqual(bound);
        if (refreshAt !== null) expect(refreshAt).toBeGreaterThanOrEqual(issuedAt - 1000);
        if (refreshAt !== null && expiresAt !== null) expect(refreshAt).toBeLessThanOrEqual(expiresAt);
      }),
    );
  });
});

describe("a grant", () => {
  it("CLOCK-1, TOK-6: issues its token at the object's now, which never goes back", () => {
    const world = floating();
    const first = value(world.activate("a"));
    const refreshAt = earlier(first, START, START + HOUR / 2);
    expect(first.token).toEqual({ issuedAt: START, expiresAt: START + HOUR, refreshAt });
    world.clock = START - DAY;
    const { token, now } = value(world.renew(first.activationId));
    expect([token.issuedAt, now]).toEqual([START, START]);
  });

  it("TOK-6: ends with the license, even where its lease goes on", () => {
    const world = nodeLocked({ validity: 86_400 + 60 });
    const { token, ...grant } = value(world.activate("a"));
    expect(token).toMatchObject({ expiresAt: START + 60_000, refreshAt: earlier(grant, START, START + 60_000) });
  });

  it("TOK-2: counts the activations of its session, renewals not", () => {
    const world = floating();
    const { activationId, generation } = value(world.activate("a"));
    expect(generation).toBe(1);
    expect(value(world.renew(activationId)).generation).toBe(1);
    expect(value(world.activate("a")).generation).toBe(2);
    expect(value(world.renew(activationId))).toMatchObject({ generation: 2, fingerprint: "a" });
  });
});
