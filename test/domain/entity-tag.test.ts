/** What a license's entity tag stands for, and a condition on it inside a turn (MGMT-3). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LicensePatch } from "../../src/domain/license/calls.ts";
import { applyDeletion, applyPatch } from "../../src/domain/commands/change-license.ts";
import { holds, ifStill, licenseText, patchableText } from "../../src/domain/commands/if-match.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { applyExpiresAt } from "../../src/domain/commands/move-end.ts";
import { patchLicense } from "../../src/domain/license/patch.ts";
import { readTerms } from "../../src/domain/terms/stored-terms.ts";
import { licenseUser, VENDOR } from "../support/world.ts";
import { CREATED, DAY, PRODUCT, refusal, value, view } from "./samples.ts";
import { floating, nodeLocked, type MapWorld } from "./worlds.ts";

const OTHER = "0190a5d4-0000-7000-8000-000000000002";

type Settable = Required<Omit<LicensePatch, "leavesUser" | "dropsMetadata" | "dropsMeter" | "readOnly">>;

/** For every member that PATCH accepts: a value that is not the one of a license by default. */
const DIFFERENT: Settable = {
  key: "chosen",
  revoked: true,
  suspended: true,
  allowedActivations: 7,
  allowedOverage: 7,
  featureEntitlements: [{ featureName: "cad", value: 8, expiresAt: null }],
  meterAttributes: [{ name: "pages", allowedUses: 7, floating: true, viewPermissions: [] }],
  allowedDeactivations: 7,
  allowedFloatingClients: 7,
  leaseDuration: 90,
  allowClientLeaseDuration: true,
  maxLeaseDuration: 100,
  leaseGracePeriod: 7,
  serverSyncInterval: 7,
  serverSyncGracePeriod: 7,
  allowedClockOffset: -1,
  disableClockValidation: true,
  expiringSoonEventOffset: 7,
  fingerprintMatchingStrategy: "fuzzy",
  leasingStrategy: "per-user",
  duplicateActivation: "reject",
  seatRelease: "after-token",
  requireAuthentication: true,
  allowVmActivation: false,
  allowContainerActivation: false,
  allowedCountries: ["DE"],
  disallowedCountries: ["FR"],
  allowedIpAddresses: ["203.0.113.7"],
  disallowedIpAddresses: ["2001:db8::1"],
  allowedIpRanges: ["203.0.113.0/24"],
  maxAllowedReleaseVersion: "2.1",
  disableGeoLocation: true,
  cryptoBindingEnabled: true,
  effectiveAt: CREATED,
  licensedProductIds: [PRODUCT, OTHER],
  user: licenseUser("ada"),
  entitlementSetId: OTHER,
  maintenance: {
    id: "policy",
    period: null,
    expirationStrategy: "immediate",
    allowMajorVersionUpdates: true,
    allowMinorVersionUpdates: true,
  },
  notes: "n",
  metadata: [{ key: "k", value: "v", viewPermissions: ["user"] }],
  tags: [{ id: "t", name: "vip" }],
  subscriptionInterval: { text: "P1M", months: 1, seconds: 0 },
  plan: { id: "plan", template: {}, pointer: "/licenseTemplateId" },
};

const MEMBERS = Object.keys(DIFFERENT) as (keyof Settable)[];

const item = fc.record({
  key: fc.constantFrom("a", "b"),
  value: fc.constantFrom("1", "2"),
  viewPermissions: fc.subarray(["user", "activation"]),
});

/** Patches that mostly name values which a license has already. */
const patches: fc.Arbitrary<LicensePatch> = fc.record(
  {
    key: fc.constantFrom("one", "two"),
    revoked: fc.boolean(),
    suspended: fc.boolean(),
    allowedActivations: fc.constantFrom(1, 2),
    expiringSoonEventOffset: fc.constantFrom(0, 60),
    effectiveAt: fc.constantFrom(null, CREATED),
    licensedProductIds: fc.constantFrom([PRODUCT], [PRODUCT, OTHER]),
    user: fc.constantFrom(null, licenseUser("ada"), licenseUser("bob"), { ...licenseUser("ada", 2), email: "new@x" }),
    notes: fc.constantFrom(null, "", "n"),
    metadata: fc.uniqueArray(item, { maxLength: 2, selector: ({ key }) => key }),
    subscriptionInterval: fc.constantFrom(
      { text: null, months: 0, seconds: 0 },
      { text: "P1M", months: 1, seconds: 0 },
      { text: "P1Y", months: 12, seconds: 0 },
    ),
  },
  { requiredKeys: [] },
);

function after(before: LicenseView, patch: LicensePatch): LicenseView {
  let made = before.revision * 100;
  const newId = () => `item ${(made += 1)}`;
  const patched = value(patchLicense(before, patch, 0, newId, CREATED + before.revision * DAY));
  return { ...before, ...patched.license };
}

/** Members that PATCH set to something else: neither what follows from them nor another e-mail of the same user. */
function changed(before: LicenseView, patch: LicensePatch): readonly string[] {
  const { changes } = value(patchLicense(before, patch, 0, () => "item", CREATED));
  const isSameUser = patch.user?.id === before.terms.user?.id;
  return Object.keys(changes).filter((member) => member !== "validity" && !(member === "user" && isSameUser));
}

describe("the tag of a license", () => {
  it("MGMT-3: random patches change it if, and only if, they change a member", () => {
    fc.assert(
      fc.property(fc.array(patches, { minLength: 1, maxLength: 6 }), (all) => {
        let license = view({ validity: 2_595_000 });
        for (const patch of all) {
          const next = after(license, patch);
          expect(licenseText(next) !== licenseText(license)).toBe(changed(license, patch).length > 0);
          license = next;
        }
      }),
    );
  });

  it("MGMT-3: it is the same for the same members, however they came about", () => {
    const there = after(view(), { notes: "n", metadata: [{ key: "k", value: "v", viewPermissions: [] }] });
    const back = after(after(there, { notes: "m", metadata: [] }), {
      notes: "n",
      metadata: [{ key: "k", value: "v", viewPermissions: [] }],
    });
    expect(back.terms.metadata).not.toEqual(there.terms.metadata);
    expect(licenseText(back)).toBe(licenseText(there));
  });

  it.each(MEMBERS)("MGMT-3: %s changes it", (member) => {
    const before = view({ validity: 2_595_000, serverSyncGracePeriod: 60 });
    const next = after(before, { [member]: DIFFERENT[member] });
    expect(licenseText(next)).not.toBe(licenseText(before));
    expect(licenseText(after(next, { [member]: DIFFERENT[member] }))).toBe(licenseText(next));
  });

  it("MGMT-3: renewals, extensions, another end and activations do not", () => {
    const world = floating({ validity: 86_400 * 90, allowedActivations: 2 });
    const before = licenseText(world.view());
    value(world.renewLicense());
    value(world.extendLicense(60));
    value(world.setExpiresAt(CREATED + 900 * DAY));
    value(world.checkOut(value(world.activate("device")).activationId));
    value(world.activate("another"));
    expect(world.view()).toMatchObject({ totalActivations: 1, totalDeactivations: 1 });
    expect(licenseText(world.view())).toBe(before);
  });

  it("MGMT-3: nor does the copy of the user's e-mail", () => {
    const world = nodeLocked({ user: licenseUser("ada") });
    const before = licenseText(world.view());
    value(world.setUserEmail({ userId: licenseUser("ada").id, email: "new@example.test", revision: 2 }));
    expect(world.view().terms.user?.email).toBe("new@example.test");
    expect(licenseText(world.view())).toBe(before);
  });

  it("MGMT-3: terms of before, without the members that came later, have that of the defaults", () => {
    const now = view();
    const { user: _, expiringSoonEventOffset: __, tags: ___, ...terms } = now.terms;
    expect(licenseText({ ...now, terms: readTerms(JSON.stringify(terms)) })).toBe(licenseText(now));
  });

  it("MGMT-3: the order in which members are declared is of no matter", () => {
    const [one, two] = [({ a }: { a: number; b: string }) => a, ({ b }: { a: number; b: string }) => b];
    const resource = { a: 1, b: "x" };
    expect(patchableText(resource, { a: one, b: two })).toBe(patchableText(resource, { b: two, a: one }));
    expect(patchableText(resource, { a: one, b: two })).not.toBe(patchableText(resource, { a: two, b: one }));
  });
});

describe("a condition", () => {
  it("MGMT-3: any state, or one of several", () => {
    expect(holds("*", "a")).toBe(true);
    expect(holds(["b", "a"], "a")).toBe(true);
    expect(holds(["A", "b"], "a")).toBe(false);
    expect(holds([], "a")).toBe(false);
  });

  const tagOf = (world: MapWorld) => world.ledger.digest(licenseText(world.view()));
  const revoke = (world: MapWorld, ifMatch: readonly string[], patch: LicensePatch = { revoked: true }) =>
    world.run((turn) => ifStill(turn, { ifMatch }, () => applyPatch(turn, patch)), VENDOR);

  it("MGMT-3: is looked at before every rule of the change, and nothing happens where it does not hold", () => {
    const world = nodeLocked();
    const tag = tagOf(world);
    value(world.activate("device"));
    value(world.patch({ notes: "n" }));
    const stored = world.stored();
    expect(refusal(revoke(world, [tag]))).toEqual({ code: "precondition-failed" });
    expect(refusal(revoke(world, [tag], {}))).toEqual({ code: "precondition-failed" });
    expect(refusal(revoke(world, [tag], { fingerprintMatchingStrategy: "fuzzy" })).code).toBe("precondition-failed");
    const end = (turn: Parameters<typeof applyDeletion>[0]) =>
      ifStill(turn, { ifMatch: [tag] }, () => applyExpiresAt(turn, { ...VENDOR, expiresAt: CREATED }));
    expect(refusal(world.run(end, VENDOR)).code).toBe("precondition-failed");
    expect(refusal(world.run((turn) => ifStill(turn, { ifMatch: [tag] }, () => applyDeletion(turn)))).code).toBe(
      "precondition-failed",
    );
    expect(world.stored()).toEqual(stored);
  });

  it("MGMT-3: the change happens where it holds, and for a caller who has none", () => {
    const world = nodeLocked();
    value(revoke(world, ["other", tagOf(world)]));
    expect(world.view().terms.revoked).toBe(true);
    value(world.run((turn) => ifStill(turn, {}, () => applyPatch(turn, { revoked: false })), VENDOR));
    expect(world.view().terms.revoked).toBe(false);
    value(world.run((turn) => ifStill(turn, { ifMatch: "*" }, () => applyDeletion(turn)), VENDOR));
    expect(world.eventTypes()).toEqual(["license.updated", "license.updated", "license.deleted"]);
  });
});
