import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LicensePatch, ReadOnlyMember } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { endAt, licenseEnd } from "../../src/domain/terms/expiry.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { patchLicense, type Patched } from "../../src/domain/license/patch.ts";
import { renew } from "../../src/domain/license/renewal.ts";
import { CREATED, DAY, invalid, MONTHLY, PRODUCT, refusal, value, view } from "./samples.ts";

const NOW = CREATED + DAY;
const OTHER = "0190a5d4-0000-7000-8000-000000000002";
const VOID = { text: null, months: 0, seconds: 0 };

const patch = (before: LicenseView, change: LicensePatch, live = 0) =>
  patchLicense(before, change, live, () => "new", NOW);
const patched = (before: LicenseView, change: LicensePatch, live = 0): Patched => value(patch(before, change, live));

/** Everything in the terms that PATCH accepts, as it stands. */
function unchanged({ key, terms }: LicenseView): LicensePatch {
  const { subscriptionInterval, period } = terms;
  const interval = subscriptionInterval === null || period === null ? VOID : { text: subscriptionInterval, ...period };
  return { ...terms, key, subscriptionInterval: interval };
}

const READ_ONLY: readonly ReadOnlyMember["member"][] = [
  "id",
  "type",
  "productId",
  "expirationStrategy",
  "validity",
  "createdAt",
  "expiresAt",
  "externalReference",
  "region",
];

function own(of: LicenseView, member: ReadOnlyMember["member"]): ReadOnlyMember["value"] {
  const shown: Readonly<Record<string, unknown>> = { ...of.terms, ...of, expiresAt: licenseEnd(of.terms.end) };
  const found = shown[member];
  if (found === null || typeof found === "string" || typeof found === "number") return found;
  throw new Error(`${member} is no plain value`);
}

const readOnly = (of: LicenseView): ReadOnlyMember[] =>
  READ_ONLY.map((member) => ({ pointer: `/${member}`, member, value: own(of, member) }));

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

const sentEnd = (at: number | null): LicensePatch => ({
  readOnly: [{ pointer: "/expiresAt", member: "expiresAt", value: at }],
});

describe("a patch that changes nothing", () => {
  it("IN-2: the whole license sent back is no change: same revision, no event, whatever is live", () => {
    fc.assert(
      fc.property(inputs, fc.nat(), (input, live) => {
        const before = view(input);
        const result = patched(before, { ...unchanged(before), readOnly: readOnly(before) }, live);
        const { id, key, revision, terms } = before;
        const ends = { endsActivations: false, endsOwned: false };
        expect(result).toEqual({ license: { id, key, revision, terms }, changes: {}, ...ends });
      }),
    );
  });

  it("EXP-8: a null interval beside a validity, sent back, keeps the validity", () => {
    const before = view({ validity: 2_595_000 });
    expect(patched(before, { subscriptionInterval: VOID, notes: "n" }).license.terms).toMatchObject({
      validity: 2_595_000,
      period: { months: 0, seconds: 2_595_000 },
    });
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

  it("IN-2: of what a PATCH does not change, but another call does, it says which", () => {
    const before = view({});
    const saidOf = (member: ReadOnlyMember["member"]) =>
      refusal(patch(before, { readOnly: [{ pointer: `/${member}`, member, value: "other" }] }));
    expect(saidOf("expiresAt")).toMatchObject({ detail: expect.stringContaining("renew, extend and expires-at") });
    expect(saidOf("type")).toMatchObject({ detail: expect.stringContaining("another licenseTemplateId") });
    expect(saidOf("productId")).toMatchObject({ detail: "cannot be changed: send it as it is, or leave it out" });
  });

  it("IN-2: expiresAt is compared with the end in force", () => {
    const before = view({ subscriptionInterval: MONTHLY });
    expect(patch(before, sentEnd(licenseEnd(before.terms.end))).ok).toBe(true);
    expect(refusal(patch(before, sentEnd(null)))).toEqual(invalid("/expiresAt"));
  });

  it("IN-2: on a delayed license a null end was read before the first activation, and is ignored", () => {
    const before = view({ subscriptionInterval: MONTHLY, expirationStrategy: "delayed", expiresAt: CREATED + 1 });
    expect(patch(before, sentEnd(null)).ok).toBe(true);
    expect(refusal(patch(before, sentEnd(CREATED)))).toEqual(invalid("/expiresAt"));
  });
});

describe("changes", () => {
  it("EVT-1: every member is set, listed before and after, and raises the revision once", () => {
    const change: LicensePatch = {
      key: "chosen",
      suspended: true,
      allowedActivations: 0,
      allowedDeactivations: 0,
      allowedFloatingClients: 4,
      leaseDuration: 90,
      allowClientLeaseDuration: true,
      maxLeaseDuration: 100,
      serverSyncInterval: 0,
      serverSyncGracePeriod: -1,
      allowedClockOffset: -1,
      fingerprintMatchingStrategy: "fuzzy",
      duplicateActivation: "reject",
      requireAuthentication: true,
      cryptoBindingEnabled: true,
      effectiveAt: NOW,
      licensedProductIds: [OTHER, PRODUCT],
      notes: "n",
    };
    const before = view();
    const { license, changes, endsActivations } = patched(before, change);
    const { key, ...members } = change;
    expect(license).toEqual({
      id: before.id,
      key,
      revision: 8,
      terms: { ...before.terms, ...members, updatedAt: NOW },
    });
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
    expect(patched(view(), { revoked: true }, 5)).toMatchObject({
      endsActivations: true,
      license: { terms: { revoked: true } },
    });
    expect(patched(view({ revoked: true }), { revoked: true, notes: "n" }).endsActivations).toBe(false);
    expect(patched(view({ revoked: true }), { revoked: false })).toMatchObject({
      endsActivations: false,
      license: { terms: { revoked: false } },
    });
  });

  it("STAND-3: suspending and lifting it end nothing", () => {
    expect(patched(view(), { suspended: true }, 5)).toMatchObject({
      endsActivations: false,
      license: { terms: { suspended: true } },
    });
  });

  it("SEAT-5: the limit goes below the number in use", () => {
    expect(
      patched(view({ allowedActivations: 50 }), { allowedActivations: 1 }, 50).license.terms.allowedActivations,
    ).toBe(1);
  });
});

describe("the interval", () => {
  it("EXP-8: a change never moves the end, sets validity to 0, and is what the next renewal adds", () => {
    const before = view({ validity: 60 });
    const { license, changes } = patched(before, { subscriptionInterval: MONTHLY }, 3);
    expect(license.terms).toMatchObject({
      end: endAt(CREATED + 60_000),
      validity: 0,
      subscriptionInterval: "P1M",
      period: { months: 1, seconds: 0 },
    });
    expect(changes).toEqual({
      validity: { before: 60, after: 0 },
      subscriptionInterval: { before: null, after: "P1M" },
    });
    expect(licenseEnd(value(renew(license, { from: "expiry" }, NOW)).terms.end)).toBe(
      Date.parse("2026-02-28T10:01:00Z"),
    );
  });

  it("EXP-7: without its interval a license has a fixed end and no period", () => {
    const { license } = patched(view({ subscriptionInterval: MONTHLY }), {
      subscriptionInterval: { text: "", months: 0, seconds: 0 },
    });
    expect(license.terms).toMatchObject({ period: null, subscriptionInterval: null });
    expect(licenseEnd(license.terms.end)).toBe(Date.parse("2026-02-28T10:00:00Z"));
    expect(refusal(renew(license, { from: "now" }, NOW)).code).toBe("no-period");
  });

  it("EXP-8: given to a perpetual license it starts nothing", () => {
    const { license } = patched(view(), { subscriptionInterval: MONTHLY });
    expect(license.terms.end).toBeNull();
    expect(refusal(renew(license, { from: "now" }, NOW)).code).toBe("license-perpetual");
  });

  it("PER-1: a period over 100 years is refused", () => {
    expect(refusal(patch(view(), { subscriptionInterval: { text: "P101Y", months: 1212, seconds: 0 } }))).toEqual(
      invalid("/subscriptionInterval"),
    );
  });
});

describe("the record of a change", () => {
  it("EVT-1: a license without its key in the patch keeps it", () => {
    expect(patched(view(), { notes: "n" }).license.key).toBe(view().key);
  });
});
