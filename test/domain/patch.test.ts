import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LicensePatch, ReadOnlyMember } from "../../src/domain/calls.ts";
import type { NewLicense } from "../../src/domain/creation.ts";
import { endAt, licenseEnd } from "../../src/domain/expiry.ts";
import type { LicenseView, Terms } from "../../src/domain/license.ts";
import { patchLicense, type Patched } from "../../src/domain/patch.ts";
import { renew } from "../../src/domain/renewal.ts";
import { CREATED, DAY, invalid, license, MONTHLY, PRODUCT, refusal, value, view } from "./samples.ts";

const NOW = CREATED + DAY;
const OTHER = "0190a5d4-0000-7000-8000-000000000002";
const VOID = { text: null, months: 0, seconds: 0 };

function ids(): () => string {
  let n = 0;
  return () => `new ${++n}`;
}

const patch = (before: LicenseView, change: LicensePatch, live = 0) => patchLicense(before, change, live, ids(), NOW);
const patched = (before: LicenseView, change: LicensePatch, live = 0): Patched => value(patch(before, change, live));

/** Everything in the terms that PATCH accepts, as it stands. */
function unchanged({ key, terms }: LicenseView): LicensePatch {
  const { subscriptionInterval, period } = terms;
  const interval = subscriptionInterval === null || period === null ? VOID : { text: subscriptionInterval, ...period };
  return { ...terms, key, subscriptionInterval: interval };
}

const READ_ONLY: readonly ReadOnlyMember["member"][] = [
  "id", "type", "productId", "expirationStrategy", "validity", "createdAt", "expiresAt", "activatedAt", "lastUsedAt", "externalReference",
  "region", "totalActivations", "totalDeactivations", "pendingRenewals", "pendingExtensionSeconds", "leasingStrategy",
];

function own(of: LicenseView, member: ReadOnlyMember["member"]): ReadOnlyMember["value"] {
  const shown: Readonly<Record<string, unknown>> = { ...of.terms, ...of, expiresAt: licenseEnd(of.terms.end) };
  const found = shown[member];
  if (found === null || typeof found === "string" || typeof found === "number") return found;
  throw new Error(`${member} is no plain value`);
}

const readOnly = (of: LicenseView): ReadOnlyMember[] => READ_ONLY.map((member) => ({ pointer: `/${member}`, member, value: own(of, member) }));

const inputs: fc.Arbitrary<Partial<NewLicense>> = fc.record(
  {
    type: fc.constantFrom("node-locked", "hosted-floating", "on-premise-floating"),
    expirationStrategy: fc.constantFrom("immediate", "delayed"),
    validity: fc.constantFrom(0, 60, 2_595_000),
    seatRelease: fc.constantFrom("at-once", "after-token"),
    leaseDuration: fc.constantFrom(-1, 0, 90),
    notes: fc.string(),
    metadata: fc.constant([{ id: "m", key: "k", value: "v", viewPermissions: ["user"] }]),
    effectiveAt: fc.constant(CREATED),
  },
  { requiredKeys: [] },
);

describe("a patch that changes nothing", () => {
  it("IN-2: the whole license sent back is no change: same revision, no event, whatever is live", () => {
    fc.assert(
      fc.property(inputs, fc.nat(), (input, live) => {
        const before = view(input);
        const result = patched(before, { ...unchanged(before), readOnly: readOnly(before) }, live);
        const { id, key, revision, terms } = before;
        expect(result).toEqual({ license: { id, key, revision, terms }, changes: {}, endsActivations: false });
      }),
    );
  });

  it("EXP-8: a null interval beside a validity, sent back, keeps the validity", () => {
    const before = view({ validity: 2_595_000 });
    expect(patched(before, { subscriptionInterval: VOID, notes: "n" }).license.terms).toMatchObject({ validity: 2_595_000, period: { months: 0, seconds: 2_595_000 } });
  });

  it("an empty patch is none", () => {
    expect(patched(view(), {}, 3).changes).toEqual({});
  });
});

describe("read-only members", () => {
  it.each(READ_ONLY)("IN-2: %s is refused when it differs, and nothing else of the patch happens", (member) => {
    const before = view({ validity: 60, externalReference: "order 7" });
    const sent = readOnly(before).map((item) => (item.member === member ? { ...item, value: "other" } : item));
    expect(refusal(patch(before, { suspended: true, readOnly: sent }))).toEqual(invalid(`/${member}`));
  });

  it("IN-2: expiresAt is compared with the end in force", () => {
    const before = view({ subscriptionInterval: MONTHLY });
    const sent = (at: number | null): LicensePatch => ({ readOnly: [{ pointer: "/expiresAt", member: "expiresAt", value: at }] });
    expect(patch(before, sent(licenseEnd(before.terms.end))).ok).toBe(true);
    expect(refusal(patch(before, sent(null)))).toEqual(invalid("/expiresAt"));
  });
});

describe("changes", () => {
  it("EVT-1: every member is set, listed before and after, and raises the revision once", () => {
    const change: LicensePatch = {
      key: "chosen", suspended: true, allowedActivations: 0, allowedDeactivations: 0, allowedFloatingClients: 4, leaseDuration: 90,
      allowClientLeaseDuration: true, maxLeaseDuration: 100, serverSyncInterval: 0, serverSyncGracePeriod: -1, allowedClockOffset: -1,
      fingerprintMatchingStrategy: "fuzzy", duplicateActivation: "reject", requireAuthentication: true, cryptoBindingEnabled: true,
      effectiveAt: NOW, licensedProductIds: [OTHER, PRODUCT], notes: "n",
    };
    const before = view();
    const { license, changes, endsActivations } = patched(before, change);
    const { key, ...members } = change;
    expect(license).toEqual({ id: before.id, key, revision: 8, terms: { ...before.terms, ...members, updatedAt: NOW } });
    expect(Object.keys(changes).toSorted()).toEqual(Object.keys(change).toSorted());
    expect(changes["key"]).toEqual({ before: before.key, after: "chosen" });
    expect(changes["allowedActivations"]).toEqual({ before: 1, after: 0 });
    expect(endsActivations).toBe(false);
    expect(JSON.parse(JSON.stringify(license.terms))).toEqual(license.terms);
  });

  it("IN-1: null clears notes and effectiveAt", () => {
    const { license, changes } = patched(view({ notes: "n", effectiveAt: NOW }), { notes: null, effectiveAt: null });
    expect(license.terms).toMatchObject({ notes: null, effectiveAt: null });
    expect(changes).toEqual({ notes: { before: "n", after: null }, effectiveAt: { before: NOW, after: null } });
  });

  it("STAND-2: revoking ends activations once, and un-revoking ends none", () => {
    expect(patched(view(), { revoked: true }, 5)).toMatchObject({ endsActivations: true, license: { terms: { revoked: true } } });
    expect(patched(view({ revoked: true }), { revoked: true, notes: "n" }).endsActivations).toBe(false);
    expect(patched(view({ revoked: true }), { revoked: false })).toMatchObject({ endsActivations: false, license: { terms: { revoked: false } } });
  });

  it("STAND-3: suspending and lifting it end nothing", () => {
    expect(patched(view(), { suspended: true }, 5)).toMatchObject({ endsActivations: false, license: { terms: { suspended: true } } });
  });

  it("SEAT-5: the limit goes below the number in use", () => {
    expect(patched(view({ allowedActivations: 50 }), { allowedActivations: 1 }, 50).license.terms.allowedActivations).toBe(1);
  });
});

describe("the interval", () => {
  it("EXP-8: a change never moves the end, sets validity to 0, and is what the next renewal adds", () => {
    const before = view({ validity: 60 });
    const { license, changes } = patched(before, { subscriptionInterval: MONTHLY }, 3);
    expect(license.terms).toMatchObject({ end: endAt(CREATED + 60_000), validity: 0, subscriptionInterval: "P1M", period: { months: 1, seconds: 0 } });
    expect(changes).toEqual({ validity: { before: 60, after: 0 }, subscriptionInterval: { before: null, after: "P1M" } });
    expect(licenseEnd(value(renew(license, { from: "expiry" }, NOW)).terms.end)).toBe(Date.parse("2026-02-28T10:01:00Z"));
  });

  it("EXP-7: without its interval a license has a fixed end and no period", () => {
    const { license } = patched(view({ subscriptionInterval: MONTHLY }), { subscriptionInterval: { text: "", months: 0, seconds: 0 } });
    expect(license.terms).toMatchObject({ period: null, subscriptionInterval: null });
    expect(licenseEnd(license.terms.end)).toBe(Date.parse("2026-02-28T10:00:00Z"));
    expect(refusal(renew(license, { from: "now" }, NOW)).code).toBe("no-period");
  });

  it("EXP-8: given to a perpetual license it starts nothing", () => {
    const { license } = patched(view(), { subscriptionInterval: MONTHLY });
    expect(license.terms.end).toBeNull();
    expect(refusal(renew(license, { from: "now" }, NOW)).code).toBe("license-perpetual");
  });

  it("spec 3.1: a period over 100 years is refused", () => {
    expect(refusal(patch(view(), { subscriptionInterval: { text: "P101Y", months: 1212, seconds: 0 } }))).toEqual(invalid("/subscriptionInterval"));
  });
});

describe("while activations are live", () => {
  const floating = { type: "hosted-floating" } as const;
  const cases: readonly (readonly [string, Partial<NewLicense>, LicensePatch, string])[] = [
    ["the matching strategy", {}, { fingerprintMatchingStrategy: "loose" }, "/fingerprintMatchingStrategy"],
    ["from a lease to none", floating, { leaseDuration: 0 }, "/leaseDuration"],
    ["from a lease to one without end", floating, { leaseDuration: -1 }, "/leaseDuration"],
    ["from no lease to one", { ...floating, leaseDuration: 0 }, { leaseDuration: 60 }, "/leaseDuration"],
    ["the matching strategy while revoking", {}, { revoked: true, fingerprintMatchingStrategy: "loose" }, "/fingerprintMatchingStrategy"],
  ];
  it.each(cases)("SEAT-8: refuses to change %s", (_, input, change, pointer) => {
    expect(refusal(patch(view(input), change, 2))).toEqual({ code: "activations-live", pointer, live: 2 });
    expect(patch(view(input), change, 0).ok).toBe(true);
  });

  it("SEAT-8: a lease may get longer or shorter, and a node-locked license's lease is ignored", () => {
    expect(patch(view(floating), { leaseDuration: 60 }, 2).ok).toBe(true);
    expect(patch(view({ ...floating, leaseDuration: 0 }), { leaseDuration: -1 }, 2).ok).toBe(true);
    expect(patch(view(), { leaseDuration: 60 }, 2).ok).toBe(true);
  });
});

describe("after-token needs tokens that end", () => {
  const cases: readonly (readonly [string, Partial<NewLicense>, LicensePatch])[] = [
    ["the release itself", { serverSyncGracePeriod: -1 }, { seatRelease: "after-token" }],
    ["the grace", { seatRelease: "after-token" }, { serverSyncGracePeriod: -1 }],
    ["sync and grace", { seatRelease: "after-token" }, { serverSyncGracePeriod: 0, serverSyncInterval: 0 }],
    ["the lease", { seatRelease: "after-token", type: "hosted-floating", serverSyncGracePeriod: -1 }, { leaseDuration: 0 }],
    ["a rolling period", { seatRelease: "after-token", expirationStrategy: "rolling", subscriptionInterval: MONTHLY, serverSyncGracePeriod: -1 }, { subscriptionInterval: VOID }],
    ["a period not begun", { seatRelease: "after-token", expirationStrategy: "delayed", subscriptionInterval: MONTHLY, serverSyncGracePeriod: -1 }, { subscriptionInterval: VOID }],
  ];
  it.each(cases)("SEAT-10: refuses a change of %s that leaves none", (_, input, change) => {
    expect(refusal(patch(view(input), change))).toEqual(invalid("/seatRelease"));
  });

  it("SEAT-10: a period that has begun bounds the tokens without the interval too", () => {
    const used = view({ seatRelease: "after-token", expirationStrategy: "delayed", subscriptionInterval: MONTHLY, serverSyncGracePeriod: -1 }, { activatedAt: CREATED, end: endAt(NOW) });
    expect(patch(used, { subscriptionInterval: VOID }, 4).ok).toBe(true);
  });

  it("SEAT-10: ends of rolling activations may become the only bound while nothing is live, since older ones may have none", () => {
    const before = view({ expirationStrategy: "rolling", validity: 60, serverSyncGracePeriod: -1 });
    expect(refusal(patch(before, { seatRelease: "after-token" }, 1))).toEqual({ code: "activations-live", pointer: "/seatRelease", live: 1 });
    expect(patch(before, { seatRelease: "after-token" }, 0).ok).toBe(true);
    expect(patch(view({ expirationStrategy: "rolling", validity: 60 }), { seatRelease: "after-token" }, 1).ok).toBe(true);
    const already = view({ expirationStrategy: "rolling", validity: 60, serverSyncGracePeriod: -1, seatRelease: "after-token" });
    expect(patch(already, { notes: "n" }, 1).ok).toBe(true);
  });
});

describe("lists", () => {
  const before = view({
    metadata: [
      { id: "1", key: "a", value: "old", viewPermissions: [] },
      { id: "2", key: "b", value: "same", viewPermissions: ["user"] },
      { id: "3", key: "c", value: "gone", viewPermissions: [] },
    ],
  });
  const change = (metadata: NonNullable<LicensePatch["metadata"]>): Terms["metadata"] => patched(before, { metadata }, 9).license.terms.metadata;

  it("spec 3: metadata is replaced, and items matched by key keep id and birth", () => {
    const after = change([
      { key: "b", value: "same", viewPermissions: ["user"] },
      { key: "new", value: "v", viewPermissions: ["activation"] },
      { key: "a", value: "changed", viewPermissions: [] },
    ]);
    expect(after).toEqual([
      { id: "2", key: "b", value: "same", viewPermissions: ["user"], createdAt: CREATED, updatedAt: CREATED },
      { id: "new 1", key: "new", value: "v", viewPermissions: ["activation"], createdAt: NOW, updatedAt: NOW },
      { id: "1", key: "a", value: "changed", viewPermissions: [], createdAt: CREATED, updatedAt: NOW },
    ]);
    expect(change([])).toEqual([]);
  });

  it("spec 3: at most 50 items, each key once", () => {
    const item = (key: string) => ({ key, value: "v", viewPermissions: [] });
    expect(refusal(patch(before, { metadata: Array.from({ length: 51 }, (_, i) => item(`${i}`)) }))).toEqual(invalid("/metadata"));
    expect(refusal(patch(before, { metadata: [item("a"), item("a")] }))).toEqual(invalid("/metadata/1/key"));
  });

  it("spec 3: licensedProductIds holds the license's own product", () => {
    expect(refusal(patch(view(), { licensedProductIds: [OTHER] }))).toEqual(invalid("/licensedProductIds"));
    expect(patched(view(), { licensedProductIds: [PRODUCT, OTHER] }).license.terms.licensedProductIds).toEqual([PRODUCT, OTHER]);
  });
});

describe("the record of a change", () => {
  it("EVT-1: a license without its key in the patch keeps it", () => {
    expect(patched(view(), { notes: "n" }).license.key).toBe(license().key);
  });
});
