import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newTerms, type NewLicense } from "../../src/domain/license/creation.ts";
import { endAt, licenseEnd } from "../../src/domain/terms/expiry.ts";
import { at, CREATED, instants, invalid, MONTHLY, periods, PRODUCT, refusal, value } from "./samples.ts";

const OTHER = "0190a5d4-0000-7000-8000-000000000002";
const create = (input: Partial<NewLicense>, now = CREATED) => newTerms({ productId: PRODUCT, ...input }, now);
const end = (input: Partial<NewLicense>, now = CREATED): number | null => licenseEnd(value(create(input, now)).end);
const lease = (input: Partial<NewLicense>): number => value(create(input)).leaseDuration;
const item = (key: string) => ({ id: `id of ${key}`, key, value: "v", viewPermissions: ["user"] });

describe("defaults", () => {
  it("LIC-1: a license that names only its product gets every default", () => {
    expect(value(create({}))).toEqual({
      createdAt: CREATED,
      updatedAt: CREATED,
      productId: PRODUCT,
      licensedProductIds: [PRODUCT],
      user: null,
      type: "node-locked",
      revoked: false,
      suspended: false,
      expirationStrategy: "immediate",
      validity: 0,
      subscriptionInterval: null,
      period: null,
      end: null,
      pending: [],
      pendingRenewals: 0,
      pendingExtensionSeconds: 0,
      effectiveAt: null,
      licenseTemplateId: null,
      endsRememberedFrom: 0,
      activatedAt: null,
      fingerprintMatchingStrategy: "exact",
      leasingStrategy: "per-machine",
      allowedOverage: 0,
      userLocked: false,
      duplicateActivation: "resume",
      endlessTokens: false,
      seatReleaseSwitches: [],
      seatRelease: "at-once",
      allowedActivations: 1,
      allowedDeactivations: -1,
      allowedFloatingClients: 0,
      leaseDuration: 0,
      allowClientLeaseDuration: false,
      maxLeaseDuration: 0,
      leaseGracePeriod: 0,
      serverSyncInterval: 3600,
      serverSyncGracePeriod: 2_592_000,
      allowedClockOffset: 60,
      disableClockValidation: false,
      expiringSoonEventOffset: 0,
      requireAuthentication: false,
      allowVmActivation: true,
      allowContainerActivation: true,
      allowedCountries: [],
      disallowedCountries: [],
      allowedIpAddresses: [],
      disallowedIpAddresses: [],
      allowedIpRanges: [],
      disableGeoLocation: false,
      maxAllowedReleaseVersion: null,
      maintenance: null,
      entitlementSetId: null,
      cryptoBindingEnabled: false,
      notes: null,
      metadata: [],
      featureEntitlements: [],
      meterAttributes: [],
      requiredMetadataKeys: [],
      tags: [],
      externalReference: null,
      region: null,
    });
  });

  it("LEASE-8: a grace of more than a day needs after-token", () => {
    const long = { type: "hosted-floating", leaseGracePeriod: 2_592_000 } as const;
    expect(refusal(create(long))).toEqual(invalid("/leaseGracePeriod"));
    expect(value(create({ ...long, leaseGracePeriod: 86_400 })).leaseGracePeriod).toBe(86_400);
    expect(value(create({ ...long, seatRelease: "after-token" })).leaseGracePeriod).toBe(2_592_000);
  });

  it("LIC-1: hosted-floating leases for an hour unless told otherwise, 0 and -1 included", () => {
    expect(lease({ type: "hosted-floating" })).toBe(3600);
    expect(lease({ type: "hosted-floating", leaseDuration: 0 })).toBe(0);
    expect(lease({ type: "hosted-floating", leaseDuration: -1 })).toBe(-1);
    expect(lease({ type: "on-premise-floating" })).toBe(0);
    expect(lease({ type: "node-locked", leaseDuration: 90 })).toBe(90);
  });

  it("IN-1: null for an optional member means absent", () => {
    const nothing = {
      type: null,
      validity: null,
      subscriptionInterval: null,
      expiresAt: null,
      createdAt: null,
      metadata: null,
    };
    expect(value(create({ ...nothing, licensedProductIds: null, notes: null }))).toEqual(value(create({})));
  });

  it("keeps what was given, 0 and false included", () => {
    const given = {
      allowedActivations: 0,
      allowedDeactivations: 0,
      allowedClockOffset: -1,
      expiringSoonEventOffset: 0,
      serverSyncInterval: 0,
      suspended: true,
    };
    expect(value(create({ ...given, notes: "n", externalReference: "order 7", region: "weur" }))).toMatchObject({
      ...given,
      notes: "n",
      externalReference: "order 7",
      region: "weur",
    });
  });
});

describe("the first end", () => {
  it("EXP-1: immediate counts from the creation", () => {
    expect(end({ validity: 60 })).toBe(CREATED + 60_000);
    expect(end({ subscriptionInterval: MONTHLY })).toBe(at("2026-02-28T10:00:00Z"));
  });

  it("EXP-1: an imported license counts from its own createdAt", () => {
    const terms = value(create({ createdAt: at("2018-05-06T08:49:17.936Z"), validity: 2_595_000 }));
    expect(licenseEnd(terms.end)).toBe(at("2018-06-05T09:39:17.936Z"));
    expect(terms).toMatchObject({ createdAt: at("2018-05-06T08:49:17.936Z"), updatedAt: CREATED });
  });

  it("EXP-2, EXP-3: delayed and rolling have no end yet, but a period", () => {
    for (const expirationStrategy of ["delayed", "rolling"] as const) {
      expect(value(create({ expirationStrategy, validity: 60 }))).toMatchObject({
        end: null,
        period: { months: 0, seconds: 60 },
      });
    }
  });

  it("PER-1: neither, 0 or an empty interval is perpetual", () => {
    const empty = { text: "", months: 0, seconds: 0 };
    for (const input of [
      {},
      { validity: 0 },
      { subscriptionInterval: empty },
      { subscriptionInterval: { ...empty, text: "P0D" } },
    ]) {
      expect(value(create(input))).toMatchObject({ period: null, end: null, subscriptionInterval: null });
    }
    expect(value(create({ validity: 60, subscriptionInterval: empty }))).toMatchObject({
      validity: 60,
      period: { months: 0, seconds: 60 },
    });
    expect(value(create({ validity: 0, subscriptionInterval: MONTHLY }))).toMatchObject({
      subscriptionInterval: "P1M",
      period: { months: 1, seconds: 0 },
    });
  });

  it("IN-2: expiresAt may be given at creation, with or without a period, past or future", () => {
    expect(value(create({ expiresAt: CREATED + 5 }))).toMatchObject({ end: endAt(CREATED + 5), period: null });
    expect(value(create({ expiresAt: CREATED - 5, validity: 60 }))).toMatchObject({
      end: endAt(CREATED - 5),
      validity: 60,
    });
    expect(value(create({ expirationStrategy: "delayed", expiresAt: CREATED + 5, validity: 60 })).end).toEqual(
      endAt(CREATED + 5),
    );
  });

  it("EXP-1: the end of any period is after the creation, and the terms survive JSON", () => {
    fc.assert(
      fc.property(instants, periods, (createdAt, { months, seconds }) => {
        const terms = value(create({ createdAt, subscriptionInterval: { text: "P", months, seconds } }, createdAt));
        expect(licenseEnd(terms.end)).toBeGreaterThan(createdAt);
        expect(JSON.parse(JSON.stringify(terms))).toEqual(terms);
      }),
    );
  });
});

describe("what a creation refuses", () => {
  const late = at("9999-12-31T00:00:00Z");
  const longest = { text: "P100Y", months: 1200, seconds: 0 };
  const cases: readonly (readonly [string, Partial<NewLicense>, string])[] = [
    ["PER-1: two periods", { validity: 60, subscriptionInterval: MONTHLY }, "/subscriptionInterval"],
    ["PER-1: a validity over 100 years", { validity: 3_155_760_001 }, "/validity"],
    [
      "PER-1: an interval over 100 years",
      { subscriptionInterval: { ...longest, seconds: 1 } },
      "/subscriptionInterval",
    ],
    ["IN-2: a creation in the future", { createdAt: CREATED + 1 }, "/createdAt"],
    ["EXP-10: rolling on floating", { type: "hosted-floating", expirationStrategy: "rolling" }, "/expirationStrategy"],
    [
      "EXP-10: rolling on premises",
      { type: "on-premise-floating", expirationStrategy: "rolling" },
      "/expirationStrategy",
    ],
    ["EXP-3: rolling with a fixed end", { expirationStrategy: "rolling", expiresAt: CREATED + 1 }, "/expiresAt"],
    ["a list without the own product", { licensedProductIds: [OTHER] }, "/licensedProductIds"],
    ["an empty list of products", { licensedProductIds: [] }, "/licensedProductIds"],
    ["a product twice", { licensedProductIds: [PRODUCT, OTHER, OTHER] }, "/licensedProductIds/2"],
    ["51 metadata items", { metadata: Array.from({ length: 51 }, (_, i) => item(`${i}`)) }, "/metadata"],
    ["a metadata key twice", { metadata: [item("a"), item("b"), item("a")] }, "/metadata/2/key"],
    ["an end beyond Date's range", { expiresAt: 9e15 }, "/expiresAt"],
  ];
  it.each(cases)("%s", (_, input, pointer) => {
    expect(refusal(create(input))).toEqual(invalid(pointer));
  });

  it("PER-1: an end after the year 9999", () => {
    expect(refusal(create({ validity: 86_400 }, late))).toEqual(invalid("/validity"));
    expect(refusal(create({ subscriptionInterval: MONTHLY }, late))).toEqual(invalid("/subscriptionInterval"));
    expect(value(create({ validity: 86_399 }, late)).validity).toBe(86_399);
  });

  it("takes the largest that is allowed", () => {
    const metadata = Array.from({ length: 50 }, (_, i) => item(`${i}`));
    const terms = value(
      create({ validity: 3_155_760_000, createdAt: CREATED, metadata, licensedProductIds: [OTHER, PRODUCT] }),
    );
    expect(terms.metadata).toHaveLength(50);
    expect(terms.metadata[0]).toEqual({ ...item("0"), createdAt: CREATED, updatedAt: CREATED });
    expect(terms.licensedProductIds).toEqual([OTHER, PRODUCT]);
    expect(value(create({ subscriptionInterval: longest })).subscriptionInterval).toBe("P100Y");
  });
});

describe("after-token needs tokens that end", () => {
  const open = { seatRelease: "after-token", serverSyncGracePeriod: -1 } as const;
  it("SEAT-10: refuses a perpetual license without lease or sync", () => {
    expect(refusal(create(open))).toEqual(invalid("/seatRelease"));
    expect(refusal(create({ ...open, serverSyncGracePeriod: 0, serverSyncInterval: 0 }))).toEqual(
      invalid("/seatRelease"),
    );
    expect(refusal(create({ ...open, type: "hosted-floating", leaseDuration: -1 }))).toEqual(invalid("/seatRelease"));
    // A node-locked license's lease is stored and ignored.
    expect(refusal(create({ ...open, leaseDuration: 3600 }))).toEqual(invalid("/seatRelease"));
  });

  it.each<[string, Partial<NewLicense>]>([
    ["a lease", { type: "hosted-floating" }],
    ["a period", { validity: 60 }],
    ["a period that starts at the first activation", { validity: 60, expirationStrategy: "delayed" }],
    ["a period of each activation", { validity: 60, expirationStrategy: "rolling" }],
    ["a fixed end", { expiresAt: CREATED + 1 }],
    ["sync without grace", { serverSyncGracePeriod: 0 }],
    ["grace without sync", { serverSyncGracePeriod: 60, serverSyncInterval: 0 }],
  ])("SEAT-10: allows %s", (_, input) => {
    expect(create({ ...open, ...input }).ok).toBe(true);
  });
});
