/** Maintenance: which new releases a license gets, and until when (MAINT-1, MAINT-2, SNAP-1, EVT-1). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseRefusal } from "../../src/domain/license/release.ts";
import { begunMaintenance, type MaintenancePolicy } from "../../src/domain/terms/maintenance.ts";
import { saying } from "../support/world.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import { CREATED, DAY, refusal, terms, value } from "./samples.ts";
import { nodeLocked, START, type MapWorld } from "./worlds.ts";

const YEAR = 365 * DAY;

const POLICY: MaintenancePolicy = {
  id: "policy",
  period: { months: 12, seconds: 0 },
  expirationStrategy: "immediate",
  allowMajorVersionUpdates: true,
  allowMinorVersionUpdates: true,
};
const END = CREATED + YEAR;
const DELAYED: MaintenancePolicy = { ...POLICY, expirationStrategy: "delayed" };

const call = { from: "expiry", renewalReference: null, seconds: null } as const;
const running = (releaseVersion: string | null, releasePublishedAt: number | null = null) =>
  saying({ releaseVersion, releasePublishedAt });
const invalid = (pointer: string, detail: string): Refusal => ({ code: "invalid-member", pointer, detail });
const endOf = (world: MapWorld) => world.view().terms.maintenance?.expiresAt ?? null;

describe("what an update may be", () => {
  const kinds = { major: "2.0", minor: "1.5", patch: "1.4.9", same: "1.4.2", older: "1.0" } as const;
  it.each([
    [true, true, ["major", "minor", "patch", "same", "older"]],
    [true, false, ["major", "patch", "same", "older"]],
    [false, true, ["minor", "patch", "same", "older"]],
    [false, false, ["patch", "same", "older"]],
  ])("MAINT-1: major %s, minor %s: %j", (allowMajorVersionUpdates, allowMinorVersionUpdates, allowed) => {
    const policy = { ...POLICY, allowMajorVersionUpdates, allowMinorVersionUpdates };
    const maintained = terms({ maintenance: policy });
    const passing = Object.entries(kinds)
      .filter(([, told]) => {
        const device = { releaseVersion: told, releasePublishedAt: null };
        return releaseRefusal(maintained, "1.4.2", device, END - 1) === null;
      })
      .map(([kind]) => kind);
    expect(passing).toEqual(allowed);
  });

  it("MAINT-1: is measured by the latest release that was used, which the first device says", () => {
    const world = nodeLocked({
      maintenance: { ...POLICY, allowMajorVersionUpdates: false, allowMinorVersionUpdates: false },
      allowedActivations: 3,
    });
    value(world.activate("a", running("2.3")));
    expect(refusal(world.activate("b", running("3.0")))).toEqual({
      code: "version-not-allowed",
      version: "3.0",
      why: { kind: "major", newest: "2.3" },
    });
    expect(refusal(world.activate("b", running("2.4")))).toMatchObject({ why: { kind: "minor", newest: "2.3" } });
    value(world.activate("b", running("2.3.7")));
    value(world.activate("c", running("1.0")));
    expect(world.view().currentReleaseVersion).toBe("2.3.7");
  });

  it("NET-1, MAINT-1: a version that is not known fails, whatever the policy lets through", () => {
    for (const told of [null, "2", "v2.0"]) {
      expect(refusal(nodeLocked({ maintenance: POLICY }).activate("a", running(told)))).toMatchObject({
        why: { kind: "unknown" },
      });
    }
  });

  it("MAINT-1: under a policy maxAllowedReleaseVersion says nothing; without it, it counts again", () => {
    const world = nodeLocked({ maintenance: POLICY, maxAllowedReleaseVersion: "1.0" });
    value(world.activate("a", running("7.0")));
    value(world.patch({ maintenance: null }));
    expect(refusal(world.activate("a", running("7.0")))).toMatchObject({ why: { kind: "limit", latest: "1.0" } });
  });
});

describe("the end of the maintenance", () => {
  it("MAINT-1, EXP-9: from its instant on no release that was published at or after it; who runs goes on", () => {
    const world = nodeLocked({ maintenance: POLICY, allowedActivations: 9 });
    const { activationId } = value(world.activate("a", running("1.0")));
    world.clock = END - 1;
    value(world.activate("b", running("1.1", END + DAY)));
    world.clock = END;
    const over = { code: "version-not-allowed", why: { kind: "over", endedAt: END } };
    expect(refusal(world.activate("c", running("1.2", END)))).toMatchObject({ ...over, version: "1.2" });
    expect(refusal(world.sync(activationId, "a", running("1.2", END)))).toMatchObject(over);
    value(world.activate("c", running("1.2", END - 1)));
    value(world.renew(activationId));
    value(world.checkIn(activationId));
  });

  it("MAINT-1: where nobody tells when it was published, no version later than the latest that was used", () => {
    const world = nodeLocked({ maintenance: POLICY, allowedActivations: 9 });
    value(world.activate("a", running("1.4")));
    world.clock = END;
    value(world.activate("b", running("1.4")));
    value(world.activate("c", running("1.0")));
    expect(refusal(world.activate("d", running("1.4.1")))).toMatchObject({ why: { kind: "over" } });
    const unused = nodeLocked({ maintenance: POLICY });
    unused.clock = END;
    expect(refusal(unused.activate("a", running("1.0")))).toMatchObject({ why: { kind: "over" } });
  });

  it("MAINT-1: the license's own end is another", () => {
    const world = nodeLocked({ maintenance: POLICY, validity: YEAR / 1000 });
    value(world.maintain(call));
    expect([world.view().terms.end, endOf(world)]).toEqual([
      expect.objectContaining({ anchorAt: CREATED + YEAR }),
      CREATED + 2 * YEAR,
    ]);
  });

  it("SNAP-1: begins when the license is created or gets the policy; delayed, with the first activation", () => {
    expect(endOf(nodeLocked({ maintenance: POLICY }))).toBe(END);
    const delayed = nodeLocked({ maintenance: DELAYED });
    expect(endOf(delayed)).toBeNull();
    value(delayed.activate("a", running("1.0")));
    expect(endOf(delayed)).toBe(START + YEAR);
    const types = delayed.eventTypes();
    expect(types).toContain("license.first-activated");
    for (const policy of [POLICY, DELAYED]) {
      const late = nodeLocked();
      value(late.activate("a"));
      late.clock = START + DAY;
      value(late.patch({ maintenance: policy }));
      expect(endOf(late)).toBe(START + DAY + YEAR);
    }
  });

  it("SNAP-1, IN-1: the policy that a license has is not copied again; another is, and null takes it away", () => {
    const world = nodeLocked({ maintenance: POLICY });
    const before = world.ledger.license();
    value(world.patch({ maintenance: { ...POLICY, period: null, allowMajorVersionUpdates: false } }));
    expect(world.ledger.license()).toEqual(before);
    value(world.patch({ maintenance: { ...POLICY, id: "for life", period: null } }));
    expect(world.view().terms.maintenance).toMatchObject({ id: "for life", end: null, expiresAt: null });
    value(world.patch({ maintenance: null }));
    expect(world.view().terms.maintenance).toBeNull();
    const changes = world
      .events()
      .flatMap(({ body }) => Object.keys((JSON.parse(body) as { changes: object }).changes));
    expect(changes).toEqual(["maintenancePolicyId", "maintenanceExpiresAt", "maintenancePolicyId"]);
  });

  it("TPL-2: a plan brings its policy, but not the one that the license has; what the body names wins", () => {
    const plan = (maintenance: MaintenancePolicy | null) => ({
      plan: { id: "plan", template: {}, pointer: "/licenseTemplateId", maintenance },
    });
    const world = nodeLocked();
    value(world.patch(plan(POLICY)));
    expect(endOf(world)).toBe(START + YEAR);
    const named = nodeLocked({ maintenance: { ...POLICY, id: "own" } });
    value(named.patch({ ...plan(POLICY), maintenance: null }));
    expect(named.view().terms.maintenance).toBeNull();
    const gone = invalid("/licenseTemplateId", "its maintenance policy is gone");
    expect(refusal(nodeLocked().patch(plan(null)))).toEqual(gone);
    expect(refusal(nodeLocked({ validity: 9 }).renewLicense(plan(null)))).toEqual(gone);
  });

  it("IN-2: a fixed end at creation needs a policy; one that is over is not told of", () => {
    const over = terms({ maintenance: POLICY, maintenanceExpiresAt: CREATED - 1 });
    expect(over.maintenance).toMatchObject({ expiresAt: CREATED - 1, told: "over" });
  });
});

describe("lengthening", () => {
  it("MAINT-2: adds a period or a length to the old end, or from now", () => {
    const world = nodeLocked({ maintenance: POLICY });
    value(world.maintain(call));
    expect(endOf(world)).toBe(CREATED + 2 * YEAR);
    value(world.maintain({ ...call, seconds: 60 }));
    expect(endOf(world)).toBe(CREATED + 2 * YEAR + 60_000);
    value(world.maintain({ ...call, from: "now" }));
    expect(endOf(world)).toBe(START + YEAR);
    const [, , third] = world.events();
    expect(JSON.parse(third?.body ?? "")).toMatchObject({
      changes: { maintenanceExpiresAt: { before: CREATED + 2 * YEAR + 60_000, after: START + YEAR } },
      data: { renewalReference: null },
    });
  });

  it("MAINT-2, EXP-5: before the first activation it waits, in order", () => {
    const world = nodeLocked({ maintenance: DELAYED });
    value(world.maintain(call));
    value(world.maintain({ ...call, seconds: 60 }));
    expect(endOf(world)).toBeNull();
    value(world.activate("a", running("1.0")));
    const begun = begunMaintenance(POLICY, START, true);
    expect(endOf(world)).toBe((begun.expiresAt ?? 0) + YEAR + 60_000);
  });

  it("MAINT-2, EXP-11: a reference counts once, and not for the license itself", () => {
    const world = nodeLocked({ maintenance: POLICY, validity: 9 });
    const invoice = { ...call, renewalReference: "invoice 1" };
    value(world.renewLicense({ renewalReference: "invoice 1" }));
    value(world.maintain(invoice));
    const after = world.stored();
    value(world.maintain(invoice));
    value(world.maintain({ ...invoice, seconds: 60 }));
    expect(world.stored()).toEqual(after);
  });

  it("MAINT-2: refuses a revoked license, one without a policy, and one whose maintenance has no end", () => {
    const refused = (world: MapWorld) => refusal(world.maintain(call));
    expect(refused(nodeLocked({ maintenance: POLICY }, { revoked: true }))).toEqual({ code: "license-revoked" });
    expect(refused(nodeLocked())).toEqual(invalid("", "the license has no maintenance policy"));
    expect(refused(nodeLocked({ maintenance: { ...POLICY, period: null } }))).toEqual(
      invalid("", "its maintenance has no end"),
    );
    const far = { ...call, seconds: 3_155_760_001 };
    expect(refusal(nodeLocked({ maintenance: POLICY }).maintain(far))).toMatchObject({ pointer: "/extensionLength" });
  });

  it("MAINT-2: however it is lengthened, the end that lists find is the end", () => {
    const step = fc.record({ seconds: fc.option(fc.integer({ min: 1, max: 9e6 })), back: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        const world = nodeLocked({ maintenance: POLICY });
        for (const { seconds, back } of steps)
          value(world.maintain({ ...call, seconds, from: back ? "now" : "expiry" }));
        const { end = null, expiresAt } = world.view().terms.maintenance ?? {};
        expect(
          end === null ? null : new Date(end.anchorAt).setUTCMonth(new Date(end.anchorAt).getUTCMonth() + end.months),
        ).toBe(expiresAt);
      }),
      { numRuns: 50 },
    );
  });
});

describe("notices", () => {
  const told = (world: MapWorld) => world.eventTypes().filter((type) => type.startsWith("license.maintenance"));

  it("EVT-1, MAINT-1: its end is told once, and its coming near; a new end is told again", () => {
    const world = nodeLocked({ maintenance: POLICY, expiringSoonEventOffset: DAY / 1000 });
    const { activationId } = value(world.activate("a", running("1.0")));
    world.clock = END - DAY - 1;
    value(world.checkIn(activationId));
    expect(told(world)).toEqual([]);
    world.clock += 1;
    world.tidy();
    world.evict();
    world.tidy();
    expect(told(world)).toEqual(["license.maintenance-expiring-soon"]);
    world.clock = END;
    value(world.checkIn(activationId));
    world.tidy();
    expect(told(world)).toEqual(["license.maintenance-expiring-soon", "license.maintenance-expired"]);
    value(world.maintain(call));
    expect(told(world)).toHaveLength(2);
    world.clock = END + YEAR;
    world.tidy();
    expect(told(world)).toHaveLength(4);
  });

  it("EVT-1: an end that is still over after a renewal never came near", () => {
    const world = nodeLocked({ maintenance: POLICY, expiringSoonEventOffset: DAY / 1000 });
    world.clock = END + 3 * YEAR;
    world.tidy();
    expect(told(world)).toHaveLength(2);
    value(world.maintain(call));
    expect(told(world).slice(2)).toEqual(["license.maintenance-expired"]);
  });
});
