/** When the one alarm rings: the earliest of what waits (0026-what-one-alarm-does.md). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { nextWake, type Waiting } from "../../src/domain/turn/wake.ts";

const NOW = 1_800_000_000_000;
const NOTHING: Waiting = {
  relayAt: null,
  tidyAt: null,
  deletionAt: null,
  noticeAt: null,
  leaseFloor: null,
  manyBlocks: false,
  stuckAt: null,
  tombstoneAt: null,
};

describe("the next alarm", () => {
  it("is none where nothing waits", () => {
    expect(nextWake(NOTHING, NOW)).toBeNull();
    expect(nextWake({ ...NOTHING, manyBlocks: true }, NOW)).toBeNull();
  });

  it.each(["relayAt", "tidyAt", "deletionAt", "noticeAt", "stuckAt", "tombstoneAt"] as const)(
    "is at %s where that alone waits",
    (what) => {
      expect(nextWake({ ...NOTHING, [what]: NOW + 5 }, NOW)).toBe(NOW + 5);
    },
  );

  it("LEASE-4: comes a minute after the first lease of a single block ends", () => {
    expect(nextWake({ ...NOTHING, leaseFloor: NOW + 500 }, NOW)).toBe(NOW + 60_500);
    expect(nextWake({ ...NOTHING, leaseFloor: NOW - 500 }, NOW)).toBe(NOW + 59_500);
  });

  it("LEASE-4: comes at the bound where there are more blocks, but no oftener than every ten seconds", () => {
    const many = { ...NOTHING, manyBlocks: true };
    expect(nextWake({ ...many, leaseFloor: NOW + 500_000 }, NOW)).toBe(NOW + 500_000);
    expect(nextWake({ ...many, leaseFloor: NOW + 500 }, NOW)).toBe(NOW + 10_000);
    expect(nextWake({ ...many, leaseFloor: NOW - 500 }, NOW)).toBe(NOW + 10_000);
  });

  it("is the earliest of all, and never later for one thing more", () => {
    const instant = fc.option(fc.integer({ min: NOW - 100_000, max: NOW + 10_000_000 }));
    const waiting = fc.record({
      relayAt: instant,
      tidyAt: instant,
      deletionAt: instant,
      noticeAt: instant,
      leaseFloor: instant,
      manyBlocks: fc.boolean(),
      stuckAt: instant,
      tombstoneAt: instant,
    });
    fc.assert(
      fc.property(waiting, (all) => {
        const wake = nextWake(all, NOW);
        for (const what of ["relayAt", "tidyAt", "deletionAt", "noticeAt", "stuckAt", "tombstoneAt"] as const) {
          const at = all[what];
          if (at !== null) expect(wake ?? Number.NaN).toBeLessThanOrEqual(at);
        }
        const alone = nextWake({ ...NOTHING, leaseFloor: all.leaseFloor, manyBlocks: all.manyBlocks }, NOW);
        if (alone !== null) expect(wake ?? Number.NaN).toBeLessThanOrEqual(alone);
        if (all.leaseFloor !== null) expect(alone ?? 0).toBeGreaterThanOrEqual(all.leaseFloor);
      }),
    );
  });
});
