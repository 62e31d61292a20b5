/** Extending and setting a license's end, on the stored rows: once per reference, one event each (EXP-8, EXP-11). */

import { describe, expect, it } from "vitest";

import { licenseEnd } from "../../src/domain/terms/expiry.ts";
import { CREATED, DAY, refusal, value } from "./samples.ts";
import { nodeLocked, START, type MapWorld } from "./worlds.ts";

const TEN_DAYS = { validity: 10 * 86_400 } as const;
const END = CREATED + 10 * DAY;

function endOf(world: MapWorld): number | null {
  return licenseEnd(world.view().terms.end);
}

describe("extend", () => {
  it("EXP-8: adds seconds to the old end, whatever the period, and says so in an event of its own", () => {
    const world = nodeLocked(TEN_DAYS);
    const { revision } = world.view();
    const { license } = value(world.extendLicense(3600));
    expect([licenseEnd(license.terms.end), license.revision]).toEqual([END + 3_600_000, revision + 1]);
    expect(world.eventTypes()).toEqual(["license.extended"]);
    const event = JSON.parse(world.events()[0]?.body ?? "{}") as Record<string, unknown>;
    expect(event).toMatchObject({
      changes: { expiresAt: { before: END, after: END + 3_600_000 } },
      data: { renewalReference: null },
    });
  });

  it("EXP-8: takes the base that renew takes", () => {
    const world = nodeLocked(TEN_DAYS);
    value(world.extendLicense(60, { from: "now" }));
    expect(endOf(world)).toBe(START + 60_000);
    world.clock = START + DAY;
    value(world.extendLicense(60, { from: "now-if-expired" }));
    expect(endOf(world)).toBe(START + DAY + 60_000);
  });

  it("EXP-11: a reference counts once, for renew and extend together", () => {
    const world = nodeLocked(TEN_DAYS);
    value(world.renewLicense({ renewalReference: "invoice 1" }));
    const end = endOf(world);
    value(world.extendLicense(60, { renewalReference: "invoice 1" }));
    value(world.extendLicense(60, { renewalReference: "invoice 2" }));
    value(world.renewLicense({ renewalReference: "invoice 2" }));
    expect([endOf(world), world.eventTypes()]).toEqual([(end ?? 0) + 60_000, ["license.renewed", "license.extended"]]);
  });

  it("EXP-6, EXP-8: a rolling license's activations all get the seconds", () => {
    const world = nodeLocked({ ...TEN_DAYS, expirationStrategy: "rolling" });
    const { licenseExpiresAt } = value(world.activate("a"));
    value(world.extendLicense(3600));
    expect(value(world.activate("a")).licenseExpiresAt).toBe((licenseExpiresAt ?? 0) + 3_600_000);
  });

  it("EXP-8: only perpetual and revoked refuse it; a fixed end without a period extends", () => {
    expect(refusal(nodeLocked().extendLicense(60)).code).toBe("license-perpetual");
    expect(refusal(nodeLocked(TEN_DAYS, { revoked: true }).extendLicense(60)).code).toBe("license-revoked");
    const fixed = nodeLocked({ expiresAt: END });
    expect(refusal(fixed.renewLicense()).code).toBe("no-period");
    value(fixed.extendLicense(60));
    expect(endOf(fixed)).toBe(END + 60_000);
    expect(nodeLocked(TEN_DAYS, { suspended: true }).extendLicense(60).ok).toBe(true);
  });
});

describe("expires-at", () => {
  it("EXP-8: sets the end in every standing, in an event of its own; the same end again is no change", () => {
    for (const standing of [{}, { revoked: true }, { suspended: true }]) {
      const world = nodeLocked(TEN_DAYS, standing);
      value(world.setExpiresAt(END + DAY));
      value(world.setExpiresAt(END + DAY));
      expect([endOf(world), world.eventTypes()]).toEqual([END + DAY, ["license.expiresAt.updated"]]);
    }
  });

  it("EXP-8, EVT-1: an end that is set into the past is told of at once, without having come near", () => {
    const world = nodeLocked({ ...TEN_DAYS, expiringSoonEventOffset: 86_400 });
    value(world.setExpiresAt(START - DAY));
    expect(world.eventTypes()).toEqual(["license.expiresAt.updated", "license.expired"]);
  });

  it("EXP-7, EXP-8: null makes it perpetual, and then renew has nothing to add to", () => {
    const world = nodeLocked(TEN_DAYS);
    value(world.setExpiresAt(null));
    expect([endOf(world), refusal(world.renewLicense()).code]).toEqual([null, "license-perpetual"]);
  });

  it("EXP-5, EXP-8: on a delayed license that nobody has activated it fixes the date and drops what waited", () => {
    const world = nodeLocked({ ...TEN_DAYS, expirationStrategy: "delayed" });
    value(world.renewLicense());
    value(world.setExpiresAt(END));
    expect(world.view().terms).toMatchObject({ pendingRenewals: 0, pending: [] });
    value(world.activate("a"));
    expect(endOf(world)).toBe(END);
  });

  it("EXP-3, EXP-8: a rolling license has no end to set", () => {
    expect(refusal(nodeLocked({ ...TEN_DAYS, expirationStrategy: "rolling" }).setExpiresAt(END))).toMatchObject({
      code: "invalid-member",
      pointer: "/expiresAt",
    });
  });
});
