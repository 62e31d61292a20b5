/** How long a lease is, and how it goes on (LEASE-1, LEASE-3, LEASE-6). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { grantedLease, leaseEndFrom, rememberedWish } from "../../src/domain/seats/lease.ts";
import { CREATED, DAY, refusal, terms, value } from "./samples.ts";
import { floating, HOUR, MINUTE, nodeLocked } from "./worlds.ts";

const LEASED = { type: "hosted-floating", leaseDuration: 3600 } as const;
const OPEN = { ...LEASED, allowClientLeaseDuration: true } as const;

describe("the granted lease", () => {
  it("LEASE-1: is the license's, whatever the client asks, unless the client may ask", () => {
    expect(grantedLease(terms(LEASED), null)).toBe(3600);
    expect(grantedLease(terms(LEASED), 120)).toBe(3600);
    expect(grantedLease(terms(OPEN), null)).toBe(3600);
    expect(grantedLease(terms(OPEN), 120)).toBe(120);
  });

  it.each([
    [1, 60],
    [59, 60],
    [60, 60],
    [3600, 3600],
    [3601, 3600],
    [1e9, 3600],
  ])("LEASE-1: clamps a wish of %i s to %i s under a ceiling of an hour", (wish, seconds) => {
    expect(grantedLease(terms(OPEN), wish)).toBe(seconds);
  });

  it("LEASE-1: a maximum of its own is the ceiling, below a minute the floor too", () => {
    expect(grantedLease(terms({ ...OPEN, maxLeaseDuration: 7200 }), 9000)).toBe(7200);
    expect(grantedLease(terms({ ...OPEN, maxLeaseDuration: 600 }), 9000)).toBe(600);
    expect(grantedLease(terms({ ...OPEN, maxLeaseDuration: 600 }), null)).toBe(3600);
    expect(grantedLease(terms({ ...OPEN, leaseDuration: 30 }), 1)).toBe(30);
    expect(grantedLease(terms({ ...OPEN, leaseDuration: 30 }), 45)).toBe(30);
  });

  it.each([0, -1])("LEASE-1: a duration of %i is no lease, whatever the client asks", (leaseDuration) => {
    expect(grantedLease(terms({ ...OPEN, leaseDuration }), 120)).toBe(0);
  });

  it("LEASE-1: only hosted-floating licenses have leases", () => {
    for (const type of ["node-locked", "on-premise-floating"] as const) {
      expect(grantedLease(terms({ ...OPEN, type }), 120)).toBe(0);
    }
  });

  it("LEASE-1: a wish is remembered only while the client may ask", () => {
    expect(rememberedWish(terms(OPEN), 120, null)).toBe(120);
    expect(rememberedWish(terms(OPEN), 180, 120)).toBe(180);
    expect(rememberedWish(terms(OPEN), null, 120)).toBe(120);
    expect(rememberedWish(terms(LEASED), 180, 120)).toBe(120);
    expect(rememberedWish(terms({ ...OPEN, type: "node-locked" }), 180, null)).toBeNull();
  });

  it("LEASE-1: any wish ends between the floor and the ceiling", () => {
    const seconds = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(seconds, seconds, seconds, (leaseDuration, maxLeaseDuration, wish) => {
        const granted = grantedLease(terms({ ...OPEN, leaseDuration, maxLeaseDuration }), wish);
        expect(granted).toBeLessThanOrEqual(maxLeaseDuration);
        expect(granted).toBeGreaterThanOrEqual(Math.min(60, maxLeaseDuration));
      }),
    );
  });

  it("LEASE-3: an end never comes earlier", () => {
    const at = fc.integer({ min: CREATED, max: CREATED + 1000 * DAY });
    fc.assert(
      fc.property(at, fc.integer({ min: 1, max: 1e7 }), fc.option(at), (now, seconds, before) => {
        const end = leaseEndFrom(now, seconds, before) ?? 0;
        expect(end).toBe(before !== null && before > now + seconds * 1000 ? before : now + seconds * 1000);
      }),
    );
    expect(leaseEndFrom(CREATED, 0, null)).toBeNull();
  });
});

describe("a lease that goes on", () => {
  it("LEASE-1, LEASE-3: is renewed to now and the granted seconds, by renew, check-in and activation alike", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    world.pass(10 * MINUTE);
    expect(value(world.renew(activationId)).leaseExpiresAt).toBe(world.clock + HOUR);
    world.pass(10 * MINUTE);
    expect(value(world.checkIn(activationId)).leaseExpiresAt).toBe(world.clock + HOUR);
    world.pass(10 * MINUTE);
    expect(value(world.activate("a")).leaseExpiresAt).toBe(world.clock + HOUR);
  });

  it("LEASE-1: the wish of the activation serves later renewals, under the ceiling of then", () => {
    const world = floating({ allowedActivations: 1, allowClientLeaseDuration: true });
    const { activationId } = value(world.activate("a", { requestedLeaseSeconds: 1800 }));
    const left = () => ((value(world.renew(activationId)).leaseExpiresAt ?? 0) - world.clock) / 1000;
    world.pass(MINUTE);
    expect(left()).toBe(1800);
    value(world.patch({ maxLeaseDuration: 1200 }));
    world.pass(1000_000);
    expect(left()).toBe(1200);
    value(world.patch({ allowClientLeaseDuration: false }));
    world.pass(MINUTE);
    expect(left()).toBe(3600);
    value(world.patch({ allowClientLeaseDuration: true, maxLeaseDuration: 0 }));
    world.pass(3000_000);
    expect(left()).toBe(1800);
  });

  it("LEASE-1: a renewal may bring a new wish, and a new device has none", () => {
    const world = floating({ allowedActivations: 0, allowClientLeaseDuration: true });
    const { activationId } = value(world.activate("a", { requestedLeaseSeconds: 90 }));
    expect(value(world.renew(activationId, { requestedLeaseSeconds: 900 })).leaseExpiresAt).toBe(world.clock + 900_000);
    expect(value(world.checkIn(activationId, { requestedLeaseSeconds: 1200 })).leaseExpiresAt).toBe(
      world.clock + 1200_000,
    );
    world.pass(1000_000);
    expect(value(world.checkIn(activationId)).leaseExpiresAt).toBe(world.clock + 1200_000);
    expect(value(world.activate("b")).leaseExpiresAt).toBe(world.clock + HOUR);
  });

  it("LEASE-3: a shorter lease or wish takes nothing back", () => {
    const world = floating({ allowedActivations: 1, allowClientLeaseDuration: true });
    const { activationId, leaseExpiresAt } = value(world.activate("a"));
    world.pass(MINUTE);
    expect(value(world.renew(activationId, { requestedLeaseSeconds: 60 })).leaseExpiresAt).toBe(leaseExpiresAt);
    value(world.patch({ leaseDuration: 120 }));
    expect(value(world.checkIn(activationId)).leaseExpiresAt).toBe(leaseExpiresAt);
    expect(value(world.activate("a", { requestedLeaseSeconds: 60 })).leaseExpiresAt).toBe(leaseExpiresAt);
  });

  it("LEASE-3: may outlive the license, its token not", () => {
    const world = floating({ validity: 86_400 + 1800 });
    const { leaseExpiresAt, licenseExpiresAt, token } = value(world.activate("a"));
    expect(leaseExpiresAt).toBe(world.clock + HOUR);
    expect([licenseExpiresAt, token.expiresAt]).toEqual([world.clock + HOUR / 2, world.clock + HOUR / 2]);
  });

  it("LEASE-6: renewals, check-ins and resumes write their one row, and neither tally nor event", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    const before = [world.tally(), world.maps.license(), world.events().length];
    for (const go of [() => world.renew(activationId), () => world.checkIn(activationId), () => world.activate("a")]) {
      world.pass(MINUTE);
      expect(go().ok).toBe(true);
      expect([world.tally(), world.maps.license(), world.events().length]).toEqual(before);
      expect(world.rows()).toMatchObject([{ id: activationId, contactAt: world.clock }]);
    }
  });

  it("LEASE-6: D1's copy is sent again when it is over a day old, once", () => {
    const world = floating();
    const { activationId } = value(world.activate("a"));
    for (let hours = 0; hours < 24; hours += 1) {
      world.pass(HOUR - 1);
      value(world.renew(activationId));
      expect(world.stale).toEqual([]);
    }
    world.pass(HOUR - 1);
    value(world.renew(activationId));
    expect(world.stale).toEqual([activationId]);
    world.pass(MINUTE);
    value(world.renew(activationId));
    expect(world.stale).toEqual([]);
  });

  it("LEASE-6: without a lease, contact is written at most hourly", () => {
    const world = nodeLocked();
    const { activationId } = value(world.activate("a"));
    const born = world.clock;
    const contact = () => world.rows()[0]?.contactAt;
    world.pass(HOUR - 1);
    expect(value(world.checkIn(activationId)).leaseExpiresAt).toBeNull();
    expect(contact()).toBe(born);
    world.pass(1);
    value(world.checkIn(activationId));
    expect(contact()).toBe(world.clock);
    world.pass(1);
    value(world.checkIn(activationId));
    expect(contact()).toBe(world.clock - 1);
  });

  it("LEASE-6: without a lease, a check-in that writes nothing sends nothing", () => {
    const world = nodeLocked();
    const { activationId } = value(world.activate("a"));
    world.pass(24 * HOUR - MINUTE);
    value(world.checkIn(activationId));
    world.pass(2 * MINUTE);
    value(world.checkIn(activationId));
    expect(world.stale).toEqual([]);
    world.pass(HOUR);
    value(world.checkIn(activationId));
    expect(world.stale).toEqual([activationId]);
    world.pass(MINUTE);
    value(world.checkIn(activationId));
    expect(world.stale).toEqual([]);
  });

  it("LEASE-4, LEASE-5: ends at its instant for renew and check-in", () => {
    const world = floating();
    const { activationId, leaseExpiresAt } = value(world.activate("a"));
    world.clock = (leaseExpiresAt ?? 0) - 1;
    expect(world.look(activationId).ok).toBe(true);
    world.clock += 1;
    expect(refusal(world.look(activationId)).code).toBe("session-unknown");
    expect(refusal(world.checkIn(activationId)).code).toBe("session-unknown");
  });
});
