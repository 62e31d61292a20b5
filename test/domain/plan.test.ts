/** A license on another plan: what its template gives, in one change; and a trial that becomes paid (TPL-2, EXP-4). */

import { describe, expect, it } from "vitest";
import type { LicensePatch, PlanChange, PlannedRenewCall } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { endAt, licenseEnd } from "../../src/domain/terms/expiry.ts";
import type { TemplateMembers } from "../../src/domain/license/template.ts";
import { at as instantOf, CREATED, DAY, invalid, MONTHLY, refusal, value } from "./samples.ts";
import { floating, HOUR, nodeLocked, START, type MapWorld } from "./worlds.ts";

const YEARLY = { text: "P1Y", months: 12, seconds: 0 };
const TRIAL = { validity: 14 * 86_400, licenseTemplateId: "trial" } satisfies Partial<NewLicense>;
const POINTER = "/licenseTemplateId";

function plan(template: TemplateMembers | null, id: string | null = "paid"): { plan: PlanChange } {
  return { plan: { id, template, pointer: POINTER } };
}

function put(world: MapWorld, template: TemplateMembers, more: LicensePatch = {}) {
  return value(world.patch({ ...plan(template), ...more })).license.terms;
}

function upgrade(world: MapWorld, template: TemplateMembers, more: Partial<PlannedRenewCall> = {}) {
  return value(world.renewLicense({ ...plan(template), ...more })).license.terms;
}

function changesOf(world: MapWorld, at = -1): unknown {
  const { changes } = JSON.parse(world.events().at(at)?.body ?? "{}") as { changes: unknown };
  return changes;
}

const endOf = (world: MapWorld) => licenseEnd(world.view().terms.end);

describe("another plan", () => {
  it("TPL-2: takes what the template gives, in one change and one event; what the body names wins", () => {
    const world = nodeLocked({ ...TRIAL, allowedDeactivations: 3 });
    const { revision } = world.view();
    const template = { subscriptionInterval: YEARLY, allowedActivations: 5, serverSyncInterval: 60, keyPattern: "x" };
    const after = put(world, template, { serverSyncInterval: 90, notes: "n" });
    const given = { licenseTemplateId: "paid", subscriptionInterval: "P1Y", validity: 0, allowedActivations: 5 };
    expect(after).toMatchObject({ ...given, period: { months: 12, seconds: 0 }, allowedDeactivations: 3 });
    expect(after).toMatchObject({ serverSyncInterval: 90, notes: "n", end: endAt(CREATED + 14 * DAY) });
    expect(world.view().revision).toBe(revision + 1);
    expect(world.eventTypes()).toEqual(["license.updated"]);
    expect(changesOf(world)).toEqual({
      licenseTemplateId: { before: "trial", after: "paid" },
      validity: { before: 14 * 86_400, after: 0 },
      subscriptionInterval: { before: null, after: "P1Y" },
      allowedActivations: { before: 1, after: 5 },
      serverSyncInterval: { before: 3600, after: 90 },
      notes: { before: null, after: "n" },
    });
  });

  it("TPL-2: the plan that it is on changes nothing, whatever its template says by now, or if it is gone", () => {
    for (const template of [{ allowedActivations: 9, type: "hosted-floating" }, null] as const) {
      const world = nodeLocked({ licenseTemplateId: "paid" });
      value(world.activate("a"));
      const before = world.stored();
      expect(value(world.patch(plan(template))).license.terms.licenseTemplateId).toBe("paid");
      expect(world.stored()).toEqual(before);
    }
    expect(refusal(nodeLocked(TRIAL).patch(plan(null)))).toEqual(invalid(POINTER));
  });

  it("TPL-2: no plan forgets the template alone", () => {
    const world = nodeLocked(TRIAL);
    const before = world.view().terms;
    expect(value(world.patch(plan(null, null))).license.terms).toEqual({
      ...before,
      licenseTemplateId: null,
      updatedAt: START,
    });
    expect(changesOf(world)).toEqual({ licenseTemplateId: { before: "trial", after: null } });
    value(world.patch(plan(null, null)));
    expect(world.events()).toHaveLength(1);
  });

  it("TPL-2: a body's interval replaces the template's period; a period of the template's may be void", () => {
    const body = { subscriptionInterval: MONTHLY };
    expect(put(nodeLocked(TRIAL), { validity: 60 }, body)).toMatchObject({ validity: 0, subscriptionInterval: "P1M" });
    const stands = { subscriptionInterval: { text: null, months: 0, seconds: 0 } };
    expect(put(nodeLocked(TRIAL), { validity: 60 }, stands)).toMatchObject({ validity: TRIAL.validity });
    const lifetime = nodeLocked(TRIAL);
    expect(put(lifetime, { validity: 0 })).toMatchObject({ period: null, validity: 0, end: endAt(CREATED + 14 * DAY) });
    expect(put(nodeLocked({ subscriptionInterval: MONTHLY }), { validity: 60 })).toMatchObject({
      validity: 60,
      subscriptionInterval: null,
      period: { months: 0, seconds: 60 },
    });
  });

  it.each([
    ["type", { type: "hosted-floating", leaseDuration: 0 }],
    ["expirationStrategy", { expirationStrategy: "delayed" }],
    ["expirationStrategy", { expirationStrategy: "rolling" }],
  ] as const)("TPL-2: %s changes only while no activation is live", (_, template) => {
    const world = nodeLocked(TRIAL);
    const { activationId } = value(world.activate("a"));
    const before = world.stored();
    const refused = { code: "activations-live", pointer: POINTER, live: 1 };
    expect(refusal(world.patch(plan(template)))).toEqual(refused);
    expect(refusal(world.renewLicense(plan(template)))).toEqual(refused);
    expect(world.stored()).toEqual(before);
    put(world, { ...TRIAL, allowedActivations: 2 });
    value(world.checkOut(activationId));
    expect(value(world.patch(plan(template, "other"))).license.terms).toMatchObject(template);
  });

  it("SEAT-8, SEAT-10, EXP-10: hold for what a template gives as for what a body names", () => {
    const leased = floating();
    value(leased.activate("a"));
    expect(refusal(leased.patch(plan({ leaseDuration: 0 })))).toEqual({
      code: "activations-live",
      pointer: POINTER,
      live: 1,
    });
    expect(refusal(leased.patch({ ...plan({ leaseDuration: 60 }), leaseDuration: 0 }))).toMatchObject({
      pointer: "/leaseDuration",
    });
    const endless = nodeLocked({ serverSyncInterval: 0, serverSyncGracePeriod: -1 });
    expect(refusal(endless.patch(plan({ seatRelease: "after-token" })))).toEqual(invalid(POINTER));
    expect(refusal(floating().patch(plan({ expirationStrategy: "rolling" })))).toEqual(invalid(POINTER));
    expect(put(floating(), { type: "node-locked", expirationStrategy: "rolling" }).type).toBe("node-locked");
    const held = nodeLocked({ seatRelease: "after-token", validity: 86_400 * 9 });
    value(held.checkOut(value(held.activate("a")).activationId));
    expect(put(held, { seatRelease: "at-once" }).seatReleaseSwitches).toEqual([]);
  });

  it("TPL-2: the template's required metadata holds from then on", () => {
    const world = nodeLocked(TRIAL);
    expect(refusal(world.patch(plan({ requiredMetadataKeys: ["order"] })))).toEqual(invalid(POINTER));
    const metadata = [{ key: "order", value: "1", viewPermissions: [] }];
    expect(put(world, { requiredMetadataKeys: ["order"] }, { metadata }).metadata).toHaveLength(1);
    expect(refusal(world.patch({ metadata: [] }))).toEqual(invalid("/metadata"));
  });

  it("TPL-2: a license that becomes floating has the lease of that type, unless somebody says otherwise", () => {
    expect(put(nodeLocked(), { type: "hosted-floating" }).leaseDuration).toBe(3600);
    expect(put(nodeLocked(), { type: "hosted-floating", leaseDuration: 0 }).leaseDuration).toBe(0);
    expect(put(nodeLocked({ leaseDuration: 90 }), { type: "hosted-floating" }).leaseDuration).toBe(90);
    expect(put(nodeLocked(), { type: "hosted-floating" }, { leaseDuration: 70 }).leaseDuration).toBe(70);
  });
});

describe("another strategy", () => {
  it("TPL-2: is the end of a license created now: a period from now, none yet, or none", () => {
    const immediate = nodeLocked({ ...TRIAL, expirationStrategy: "delayed" });
    value(immediate.renewLicense());
    expect(immediate.view().terms.pendingRenewals).toBe(1);
    const begun = put(immediate, { expirationStrategy: "immediate", subscriptionInterval: MONTHLY });
    expect(begun).toMatchObject({ end: { anchorAt: START, months: 1 }, pending: [], pendingRenewals: 0 });

    const delayed = nodeLocked(TRIAL);
    value(delayed.checkOut(value(delayed.activate("a")).activationId));
    expect(put(delayed, { expirationStrategy: "delayed" })).toMatchObject({ end: null, activatedAt: null });
    delayed.pass(DAY);
    value(delayed.activate("a"));
    expect(endOf(delayed)).toBe(START + DAY + TRIAL.validity * 1000);
    expect(delayed.eventTypes().filter((type) => type === "license.first-activated")).toHaveLength(2);

    expect(put(nodeLocked(TRIAL), { expirationStrategy: "rolling" }).end).toBeNull();
    expect(put(nodeLocked({ expiresAt: CREATED + 9 * DAY }), { expirationStrategy: "delayed" }).end).toBeNull();
  });

  it("EXP-3, TPL-2: forgets the ends that devices had, however their rows lie about", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", validity: 3600, allowedActivations: 0 });
    value(world.checkOut(value(world.activate("a")).activationId));
    value(world.activate("b"));
    value(world.renewLicense());
    value(world.patch({ revoked: true }));
    value(world.patch({ revoked: false }));
    world.pass(DAY);
    expect(refusal(world.activate("a")).code).toBe("license-expired");
    value(world.patch(plan({ expirationStrategy: "delayed" }, "one")));
    value(world.patch(plan({ expirationStrategy: "rolling" }, "two")));
    const { activationId, licenseExpiresAt } = value(world.activate("b"));
    expect(licenseExpiresAt).toBe(START + DAY + HOUR);
    value(world.checkOut(activationId));
    // The row of b that the revoke ended goes after its newer one has been remembered.
    world.tidy();
    world.pass(60_000);
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + DAY + HOUR);
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + DAY + 60_000 + HOUR);
    value(world.renewLicense());
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + DAY + 2 * HOUR);
  });

  it("TPL-2: while it stays, ends stay, of rolling devices too; a later device has the new period", () => {
    const world = nodeLocked({ expirationStrategy: "rolling", validity: 3600, allowedActivations: 0 });
    value(world.activate("a"));
    put(world, { expirationStrategy: "rolling", validity: 7200 });
    expect(value(world.activate("a")).licenseExpiresAt).toBe(START + HOUR);
    expect(value(world.activate("b")).licenseExpiresAt).toBe(START + 2 * HOUR);
  });
});

describe("a renewal that names a plan", () => {
  it("EXP-4: a trial becomes paid: the plan first, then its period, in one change under one reference", () => {
    const world = nodeLocked(TRIAL);
    value(world.activate("a"));
    const { revision } = world.view();
    const before = world.events().length;
    const paid = { subscriptionInterval: YEARLY, allowedActivations: 3, expirationStrategy: "immediate" } as const;
    const after = upgrade(world, paid, { from: "now", renewalReference: "invoice 1" });
    expect(after).toMatchObject({ licenseTemplateId: "paid", allowedActivations: 3, subscriptionInterval: "P1Y" });
    expect(endOf(world)).toBe(instantOf("2027-02-01T10:00:00Z"));
    expect(world.view().revision).toBe(revision + 1);
    expect(world.eventTypes().slice(before)).toEqual(["license.renewed"]);
    expect(changesOf(world)).toMatchObject({
      licenseTemplateId: { before: "trial", after: "paid" },
      allowedActivations: { before: 1, after: 3 },
      expiresAt: { before: CREATED + 14 * DAY, after: instantOf("2027-02-01T10:00:00Z") },
    });
    const stored = world.stored();
    upgrade(world, { allowedActivations: 99 }, { renewalReference: "invoice 1" });
    value(world.renewLicense({ ...plan(null, "gone"), renewalReference: "invoice 1" }));
    expect(world.stored()).toEqual(stored);
  });

  it("EXP-4: the base is what `from` names: the old end, or now; without an end, now", () => {
    const later = nodeLocked(TRIAL);
    upgrade(later, { validity: 3600 });
    expect(endOf(later)).toBe(CREATED + 14 * DAY + HOUR);
    const over = nodeLocked({ validity: 60 });
    upgrade(over, { validity: 3600 }, { from: "now-if-expired" });
    expect(endOf(over)).toBe(START + HOUR);
    const perpetual = nodeLocked();
    upgrade(perpetual, { validity: 3600 });
    expect(endOf(perpetual)).toBe(START + HOUR);
    upgrade(perpetual, { validity: 3600 });
    expect(endOf(perpetual)).toBe(START + 2 * HOUR);
    const patched = nodeLocked();
    put(patched, { validity: 3600 });
    expect(endOf(patched)).toBeNull();
    expect(refusal(patched.renewLicense()).code).toBe("license-perpetual");
    upgrade(patched, {});
    expect(endOf(patched)).toBe(START + HOUR);
  });

  it("SEAT-10: tokens without an end that are out by then are remembered", () => {
    const perpetual = { serverSyncInterval: 0, serverSyncGracePeriod: -1, licenseTemplateId: "paid" };
    for (const id of ["paid", "other"]) {
      const world = nodeLocked(perpetual);
      value(world.patch({ subscriptionInterval: MONTHLY }));
      expect(value(world.activate("a")).token.expiresAt).toBeNull();
      value(world.renewLicense(plan({ subscriptionInterval: MONTHLY }, id)));
      expect(endOf(world)).not.toBeNull();
      expect(refusal(world.patch({ seatRelease: "after-token" }))).toEqual(invalid("/seatRelease"));
    }
  });

  it("EXP-5, EXP-6: a delayed one waits for its first activation, and a rolling one's devices get a period", () => {
    const delayed = nodeLocked({ ...TRIAL, expirationStrategy: "delayed" });
    expect(upgrade(delayed, { validity: 3600 })).toMatchObject({ end: null, pendingRenewals: 1 });
    value(delayed.activate("a"));
    expect(endOf(delayed)).toBe(START + 2 * HOUR);
    const rolling = nodeLocked({ expirationStrategy: "rolling", validity: 60, allowedActivations: 0 });
    value(rolling.activate("a"));
    upgrade(rolling, { validity: 3600 });
    expect(value(rolling.activate("a")).licenseExpiresAt).toBe(START + 60_000 + HOUR);
    const unused = nodeLocked(TRIAL);
    upgrade(unused, { expirationStrategy: "rolling", validity: 3600 });
    expect(value(unused.activate("a")).licenseExpiresAt).toBe(START + HOUR);
  });

  it("EXP-7: looks at the license after the plan; what is refused changes nothing", () => {
    for (const [world, template, code] of [
      [nodeLocked(TRIAL), { validity: 0 }, "no-period"],
      [nodeLocked(), { validity: 0 }, "license-perpetual"],
      [nodeLocked(TRIAL, { revoked: true }), { validity: 60 }, "license-revoked"],
      [nodeLocked(TRIAL), null, "invalid-member"],
    ] as const) {
      const before = world.stored();
      expect(refusal(world.renewLicense({ ...plan(template), renewalReference: "r" })).code).toBe(code);
      expect(world.stored()).toEqual(before);
    }
    const suspended = nodeLocked(TRIAL, { suspended: true });
    expect(upgrade(suspended, { validity: 60 }).suspended).toBe(true);
  });
});
