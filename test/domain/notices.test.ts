/** The end of a license is told once, by whoever comes first after it (EVT-1, EXP-9). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { noticeAt, toldUpto } from "../../src/domain/seats/notices.ts";
import { CREATED, DAY, license, value } from "./samples.ts";
import { floating, HOUR, nodeLocked, START, type MapWorld } from "./worlds.ts";

const TELLING = new Set(["license.expiring-soon", "license.expired"]);

function told(world: MapWorld): readonly string[] {
  return world.eventTypes().filter((type) => TELLING.has(type));
}

/** Ten days in all, told of three days before the end. */
const SOON = { validity: 10 * 86_400, expiringSoonEventOffset: 3 * 86_400 } as const;
const END = CREATED + 10 * DAY;

describe("telling", () => {
  it("EVT-1, EXP-9: each comes at its instant, once, whatever calls follow", () => {
    const world = nodeLocked(SOON);
    world.clock = END - 3 * DAY - 1;
    world.tidy();
    expect(told(world)).toEqual([]);
    world.clock += 1;
    world.tidy();
    world.tidy();
    world.evict();
    world.view();
    expect(told(world)).toEqual(["license.expiring-soon"]);
    world.clock = END - 1;
    world.activate("a");
    expect(told(world)).toHaveLength(1);
    world.clock = END;
    world.activate("a");
    world.tidy();
    world.evict();
    world.tidy();
    expect(told(world)).toEqual(["license.expiring-soon", "license.expired"]);
  });

  it("EVT-1: an alarm that never ran is made good by the next request, refused or not, in the alarm's name", () => {
    const world = nodeLocked(SOON);
    world.clock = END + DAY;
    expect(world.activate("a").ok).toBe(false);
    expect(told(world)).toEqual(["license.expiring-soon", "license.expired"]);
    const last = JSON.parse(world.events().at(-1)?.body ?? "{}") as Record<string, unknown>;
    expect(last).toMatchObject({
      at: END + DAY,
      actor: { type: "system", id: "alarm" },
      requestId: "alarm",
      changes: {},
      data: { id: world.view().id, terms: { validity: SOON.validity } },
    });
  });

  it("EVT-1: a renewal that comes after the end is told of after it, and the new end is another cause", () => {
    const world = nodeLocked(SOON);
    world.clock = END + HOUR;
    value(world.renewLicense());
    expect(world.eventTypes().slice(-3)).toEqual(["license.expiring-soon", "license.expired", "license.renewed"]);
    world.clock = END + 10 * DAY;
    world.tidy();
    expect(told(world)).toEqual([...told(world).slice(0, 2), "license.expiring-soon", "license.expired"]);
  });

  it("EVT-1: an offset that is set inside the window tells at once; one that is taken off tells nothing", () => {
    const world = nodeLocked({ validity: SOON.validity });
    world.clock = END - DAY;
    value(world.patch({ expiringSoonEventOffset: 2 * 86_400 }));
    expect(world.eventTypes().slice(-2)).toEqual(["license.updated", "license.expiring-soon"]);
    const other = nodeLocked(SOON);
    value(other.patch({ expiringSoonEventOffset: 0 }));
    other.clock = END;
    other.tidy();
    expect(told(other)).toEqual(["license.expired"]);
  });

  it("EXP-2: a delayed license has nothing to tell until its first activation gives it an end", () => {
    const world = nodeLocked({ ...SOON, expirationStrategy: "delayed" });
    world.clock = END + 100 * DAY;
    world.tidy();
    expect(told(world)).toEqual([]);
    value(world.activate("a"));
    world.clock += 10 * DAY;
    world.tidy();
    expect(told(world)).toEqual(["license.expiring-soon", "license.expired"]);
  });

  it("DEL-1: a deleted license tells of no end", () => {
    const world = nodeLocked(SOON);
    value(world.deleteLicense());
    world.clock = END + DAY;
    world.tidy();
    expect(told(world)).toEqual([]);
  });

  it("STAND-2: a revoked license comes to its end all the same", () => {
    const world = nodeLocked(SOON);
    value(world.patch({ revoked: true }));
    world.clock = END;
    world.tidy();
    expect(told(world).at(-1)).toBe("license.expired");
  });
});

describe("noticeAt", () => {
  it("EVT-1: is the window's begin, then the end, then nothing", () => {
    const { terms } = license(SOON);
    expect(noticeAt(terms, { expiredEnd: null, expiringEnd: null })).toBe(END - 3 * DAY);
    expect(noticeAt(terms, { expiredEnd: null, expiringEnd: END })).toBe(END);
    expect(noticeAt(terms, { expiredEnd: END, expiringEnd: END })).toBeNull();
    expect(noticeAt(license({}).terms, { expiredEnd: null, expiringEnd: null })).toBeNull();
  });

  it("IN-2: an import that was over before it came has nothing to tell", () => {
    const { terms } = license({ expiresAt: CREATED - DAY, expiringSoonEventOffset: 60 });
    expect(toldUpto(terms, terms.updatedAt)).toEqual({ expiredEnd: CREATED - DAY, expiringEnd: CREATED - DAY });
    expect(noticeAt(terms, toldUpto(terms, terms.updatedAt))).toBeNull();
    expect(toldUpto(license(SOON).terms, CREATED)).toEqual({ expiredEnd: null, expiringEnd: null });
  });
});

it("EVT-1: whatever the order of time, renewals, alarms and evictions, each end is told once and never before it", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("pass"), days: fc.integer({ min: 0, max: 12 }) }),
    fc.record({ kind: fc.constantFrom("renew", "tidy", "evict", "activate", "view"), days: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const world = floating({ ...SOON, leaseDuration: 86_400 });
      world.clock = START;
      const ends = new Set<number>();
      for (const { kind, days } of steps) {
        if (kind === "pass") world.clock += days * DAY;
        if (kind === "renew") world.renewLicense();
        if (kind === "tidy") world.tidy();
        if (kind === "evict") world.evict();
        if (kind === "activate") world.activate("a");
        const view = world.view();
        const end = (view.terms.end?.anchorAt ?? 0) as number;
        if (end <= world.clock) ends.add(end);
      }
      const expired = world.events().filter(({ type }) => type === "license.expired");
      const endsTold = expired.map(({ body }) => {
        const { at, data } = JSON.parse(body) as { at: number; data: { terms: { end: { anchorAt: number } } } };
        expect(at).toBeGreaterThanOrEqual(data.terms.end.anchorAt);
        return data.terms.end.anchorAt;
      });
      expect(endsTold.toSorted()).toEqual([...ends].toSorted());
    }),
    { numRuns: 300 },
  );
});
