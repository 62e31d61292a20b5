import { describe, expect, it } from "vitest";
import type { LicensePatch } from "../../src/domain/license/calls.ts";
import type { NewLicense } from "../../src/domain/license/creation.ts";
import { endAt } from "../../src/domain/terms/expiry.ts";
import type { LicenseView, Terms } from "../../src/domain/terms/license.ts";
import { patchLicense, type Patched } from "../../src/domain/license/patch.ts";
import { CREATED, DAY, invalid, MONTHLY, PRODUCT, refusal, value, view } from "./samples.ts";

const NOW = CREATED + DAY;
const OTHER = "0190a5d4-0000-7000-8000-000000000002";
const VOID = { text: null, months: 0, seconds: 0 };

function ids(): () => string {
  let n = 0;
  return () => `new ${++n}`;
}

const patch = (before: LicenseView, change: LicensePatch, live = 0) => patchLicense(before, change, live, ids(), NOW);
const patched = (before: LicenseView, change: LicensePatch, live = 0): Patched => value(patch(before, change, live));
const item = (key: string) => ({ key, value: "v", viewPermissions: [] });

describe("while activations are live", () => {
  const floating = { type: "hosted-floating" } as const;
  const cases: readonly (readonly [string, Partial<NewLicense>, LicensePatch, string])[] = [
    ["the matching strategy", {}, { fingerprintMatchingStrategy: "loose" }, "/fingerprintMatchingStrategy"],
    ["from a lease to none", floating, { leaseDuration: 0 }, "/leaseDuration"],
    ["from a lease to one without end", floating, { leaseDuration: -1 }, "/leaseDuration"],
    ["from no lease to one", { ...floating, leaseDuration: 0 }, { leaseDuration: 60 }, "/leaseDuration"],
    [
      "the matching strategy while revoking",
      {},
      { revoked: true, fingerprintMatchingStrategy: "loose" },
      "/fingerprintMatchingStrategy",
    ],
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
    [
      "the lease",
      { seatRelease: "after-token", type: "hosted-floating", serverSyncGracePeriod: -1 },
      { leaseDuration: 0 },
    ],
    [
      "a rolling period",
      {
        seatRelease: "after-token",
        expirationStrategy: "rolling",
        subscriptionInterval: MONTHLY,
        serverSyncGracePeriod: -1,
      },
      { subscriptionInterval: VOID },
    ],
    [
      "a period not begun",
      {
        seatRelease: "after-token",
        expirationStrategy: "delayed",
        subscriptionInterval: MONTHLY,
        serverSyncGracePeriod: -1,
      },
      { subscriptionInterval: VOID },
    ],
  ];
  it.each(cases)("SEAT-10: refuses a change of %s that leaves none", (_, input, change) => {
    expect(refusal(patch(view(input), change))).toEqual(invalid("/seatRelease"));
  });

  it("SEAT-10: a period that has begun bounds the tokens without the interval too", () => {
    const used = view(
      {
        seatRelease: "after-token",
        expirationStrategy: "delayed",
        subscriptionInterval: MONTHLY,
        serverSyncGracePeriod: -1,
      },
      { activatedAt: CREATED, end: endAt(NOW) },
    );
    expect(patch(used, { subscriptionInterval: VOID }, 4).ok).toBe(true);
  });

  it("SEAT-10: ends of rolling activations may become the only bound while nothing is live, since older ones may have none", () => {
    const before = view({ expirationStrategy: "rolling", validity: 60, serverSyncGracePeriod: -1 });
    expect(refusal(patch(before, { seatRelease: "after-token" }, 1))).toEqual({
      code: "activations-live",
      pointer: "/seatRelease",
      live: 1,
    });
    expect(patch(before, { seatRelease: "after-token" }, 0).ok).toBe(true);
    expect(patch(view({ expirationStrategy: "rolling", validity: 60 }), { seatRelease: "after-token" }, 1).ok).toBe(
      true,
    );
    const already = view({
      expirationStrategy: "rolling",
      validity: 60,
      serverSyncGracePeriod: -1,
      seatRelease: "after-token",
    });
    expect(patch(already, { notes: "n" }, 1).ok).toBe(true);
  });
});

describe("the grace of a lease", () => {
  const MONTH = 2_592_000;

  it("LEASE-8: is a day at most where the lease's end frees the seat for others, whichever of the two changes", () => {
    const day = { leaseGracePeriod: 86_400 };
    const more = { leaseGracePeriod: 86_401 };
    for (const input of [{ type: "hosted-floating" }, {}] as const) {
      expect(refusal(patch(view(input), more))).toEqual(invalid("/leaseGracePeriod"));
      expect(patch(view(input), day, 5).ok).toBe(true);
      const held = { ...input, seatRelease: "after-token", leaseGracePeriod: MONTH } as const;
      expect(refusal(patch(view(held), { seatRelease: "at-once" }))).toEqual(invalid("/leaseGracePeriod"));
      expect(patched(view(held), { seatRelease: "at-once", ...day }).license.terms).toMatchObject(day);
      expect(patched(view(input), { seatRelease: "after-token", ...more }).license.terms).toMatchObject(more);
    }
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
  const change = (metadata: NonNullable<LicensePatch["metadata"]>): Terms["metadata"] =>
    patched(before, { metadata }, 9).license.terms.metadata;

  it("LIC-2: metadata is replaced, and items matched by key keep id and birth", () => {
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

  it("MGMT-1: one metadata item goes by its id, the others stay as they were, and one that is not there is refused", () => {
    const { license, changes } = patched(before, { dropsMetadata: "2" }, 9);
    expect(license.terms.metadata).toEqual([before.terms.metadata[0], before.terms.metadata[2]]);
    expect(license).toMatchObject({ revision: before.revision + 1, terms: { updatedAt: NOW } });
    expect(Object.keys(changes)).toEqual(["metadata"]);
    const again = { ...before, ...license };
    expect(refusal(patch(again, { dropsMetadata: "2" }))).toEqual({ code: "license-unknown" });
  });

  it("LIC-2: at most 50 items, each key once", () => {
    expect(refusal(patch(before, { metadata: Array.from({ length: 51 }, (_, i) => item(`${i}`)) }))).toEqual(
      invalid("/metadata"),
    );
    expect(refusal(patch(before, { metadata: [item("a"), item("a")] }))).toEqual(invalid("/metadata/1/key"));
  });

  it("LIC-2: licensedProductIds holds the license's own product", () => {
    expect(refusal(patch(view(), { licensedProductIds: [OTHER] }))).toEqual(invalid("/licensedProductIds"));
    expect(patched(view(), { licensedProductIds: [PRODUCT, OTHER] }).license.terms.licensedProductIds).toEqual([
      PRODUCT,
      OTHER,
    ]);
  });
});
