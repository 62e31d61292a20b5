/** The license resource of /v3, and where one is read from (LIC-1, ID-5, OPS-1). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { created, jsonOf, license, productId, read, v3 } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";

/** The sample of Cryptlex's page (docs/conformance.md), member by member, as JSON types. */
const SEED: Readonly<Record<string, "string" | "boolean" | "number" | "null" | "list">> = {
  key: "string",
  revoked: "boolean",
  suspended: "boolean",
  totalActivations: "number",
  totalDeactivations: "number",
  validity: "number",
  expirationStrategy: "string",
  fingerprintMatchingStrategy: "string",
  allowedActivations: "number",
  allowedDeactivations: "number",
  type: "string",
  allowedFloatingClients: "number",
  serverSyncGracePeriod: "number",
  serverSyncInterval: "number",
  leaseDuration: "number",
  expiresAt: "string",
  allowVmActivation: "boolean",
  userLocked: "boolean",
  productId: "string",
  user: "null",
  allowedCountries: "list",
  disallowedCountries: "list",
  allowedIpAddresses: "list",
  disallowedIpAddresses: "list",
  metadata: "list",
  tags: "list",
  id: "string",
  createdAt: "string",
  updatedAt: "string",
};

/** What that sample's license was made of. */
const SEED_BODY = {
  key: "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54",
  validity: 2_595_000,
  fingerprintMatchingStrategy: "fuzzy",
  allowedDeactivations: 10,
  serverSyncGracePeriod: 2_595_000,
  createdAt: "2018-05-06T08:49:17.9361143Z",
};

describe("the resource", () => {
  it("LIC-1: every member of Cryptlex's sample, by name and JSON type", async () => {
    const resource = await license(SEED_BODY);
    for (const [member, type] of Object.entries(SEED))
      expect([member, jsonType(resource[member])]).toEqual([member, type]);
    expect(resource).toMatchObject({
      ...SEED_BODY,
      revoked: false,
      suspended: false,
      totalActivations: 0,
      totalDeactivations: 0,
      expirationStrategy: "immediate",
      allowedActivations: 1,
      type: "node-locked",
      allowedFloatingClients: 0,
      serverSyncInterval: 3600,
      leaseDuration: 0,
      // 2,595,000 s are 30 days and 50 minutes.
      expiresAt: "2018-06-05T09:39:17.936Z",
      allowVmActivation: true,
      userLocked: false,
      user: null,
      createdAt: "2018-05-06T08:49:17.936Z",
    });
  });

  it("LIC-1: the defaults of every member, ours and those not built yet included", async () => {
    const product = await productId();
    const resource = await created("/licenses", { productId: product });
    expect(resource).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: resource.createdAt,
      key: expect.stringMatching(/^([A-F0-9]{6}-){5}[A-F0-9]{6}$/),
      productId: product,
      licenseTemplateId: null,
      licensedProductIds: [product],
      type: "node-locked",
      revoked: false,
      suspended: false,
      perpetual: true,
      totalActivations: 0,
      totalDeactivations: 0,
      validity: 0,
      expirationStrategy: "immediate",
      subscriptionInterval: null,
      subscriptionStartTrigger: "creation",
      fingerprintMatchingStrategy: "exact",
      allowedActivations: 1,
      allowedDeactivations: -1,
      allowedOverage: 0,
      allowedFloatingClients: 0,
      serverSyncGracePeriod: 2_592_000,
      serverSyncInterval: 3600,
      allowedClockOffset: 60,
      cryptoBindingEnabled: false,
      disableClockValidation: false,
      disableGeoLocation: false,
      expiringSoonEventOffset: 0,
      leaseDuration: 0,
      maxLeaseDuration: 0,
      leaseGracePeriod: 0,
      leasingStrategy: "per-machine",
      duplicateActivation: "resume",
      seatRelease: "at-once",
      effectiveDate: null,
      expiresAt: null,
      activatedAt: null,
      lastUsedAt: null,
      allowVmActivation: true,
      allowContainerActivation: true,
      allowClientLeaseDuration: false,
      userLocked: false,
      requireAuthentication: false,
      notes: null,
      entitlementSetId: null,
      features: [],
      productVersionId: null,
      maintenancePolicyId: null,
      maintenanceExpiresAt: null,
      currentReleaseVersion: null,
      maxAllowedReleaseVersion: null,
      organizationId: null,
      organization: null,
      user: null,
      reseller: null,
      additionalUserIds: [],
      userGroups: [],
      allowedIpRange: null,
      allowedIpRanges: [],
      allowedIpAddresses: [],
      disallowedIpAddresses: [],
      allowedCountries: [],
      disallowedCountries: [],
      tags: [],
      metadata: [],
      meterAttributes: [],
      featureEntitlements: [],
      externalReference: null,
      region: null,
      pendingRenewals: 0,
      pendingExtension: 0,
    });
    expect(await read(`/licenses/${resource.id}`)).toEqual(resource);
    const floating = await created("/licenses", { productId: product, type: "hosted-floating" });
    expect(floating).toMatchObject({ leaseDuration: 3600, type: "hosted-floating" });
  });

  it("IN-1: what clients send is taken: null, unknown members, the empty interval, both spellings of visibility", async () => {
    const resource = await license({
      accountId: "whatever",
      licenseTemplateId: "",
      userId: null,
      entitlementSetId: null,
      tags: [],
      subscriptionInterval: "",
      notes: null,
      allowedActivations: null,
      somethingElse: { deep: [1] },
      metadata: [
        { key: "a", value: "1", visible: true },
        { key: "b", value: "2", viewPermissions: [] },
        { key: "c", value: "3", viewPermissions: ["user", "activation"], visible: false },
      ],
    });
    expect(resource).toMatchObject({ perpetual: true, subscriptionInterval: null, allowedActivations: 1 });
    expect(resource.metadata).toMatchObject([
      { key: "a", visible: true, viewPermissions: ["activation"] },
      { key: "b", visible: false, viewPermissions: [] },
      { key: "c", visible: true, viewPermissions: ["user", "activation"] },
    ]);
  });

  it("EXP-1 to EXP-3: expiresAt by strategy, and the triggers as their aliases", async () => {
    const at = { createdAt: "2024-01-31T10:00:00Z", subscriptionInterval: "P1M" };
    expect(await license(at)).toMatchObject({ expiresAt: "2024-02-29T10:00:00.000Z", perpetual: false });
    const delayed = await license({ ...at, subscriptionStartTrigger: "activation" });
    expect(delayed).toMatchObject({ expiresAt: null, expirationStrategy: "delayed", perpetual: false });
    expect(delayed.subscriptionStartTrigger).toBe("activation");
    const rolling = await license({ ...at, expirationStrategy: "rolling" });
    expect(rolling).toMatchObject({ expiresAt: null, subscriptionStartTrigger: null, perpetual: false });
    const fixed = await license({ expiresAt: "2030-06-30T23:59:59.999999999+02:00" });
    expect(fixed).toMatchObject({ expiresAt: "2030-06-30T21:59:59.999Z", validity: 0 });
    const weeks = await license({ ...at, subscriptionInterval: "P1Y2M1W2DT3H4M5S" });
    expect(weeks).toMatchObject({ expiresAt: "2025-04-09T13:04:05.000Z", subscriptionInterval: "P1Y2M1W2DT3H4M5S" });
  });

  it("KEY-1: a chosen key in the default format is stored in upper case, another exactly, white space trimmed", async () => {
    const lower = "abcdef-012345-abcdef-012345-abcdef-012345";
    expect((await license({ key: ` ${lower} ` })).key).toBe(lower.toUpperCase());
    expect((await license({ key: "My own Key" })).key).toBe("My own Key");
    expect((await license({ key: "" })).key).toMatch(/^([A-F0-9]{6}-){5}[A-F0-9]{6}$/);
  });
});

describe("reading one", () => {
  it("ERR-3: unknown and malformed ids answer the same 404", async () => {
    const ids = [
      "0199f6a0-0000-8000-8000-00000000beef",
      "0199f6a0-0000-7000-8000-00000000beef",
      "x",
      "%00",
      "%F0%9F%92%A9",
    ];
    for (const id of ids) {
      for (const [method, path] of [
        ["GET", ""],
        ["PATCH", ""],
        ["DELETE", ""],
        ["POST", "/renew"],
      ]) {
        await problemOf(await v3(String(method), `/licenses/${id}${path}`), 404, "NOT_FOUND");
      }
    }
  });

  it("ID-5: before birth it is read from D1, in any case of the id", async () => {
    const resource = await license();
    expect(await read(`/licenses/${String(resource.id).toUpperCase()}`)).toEqual(resource);
    const row = env.DB.prepare("SELECT born_at, fence FROM licenses WHERE id = ?").bind(resource.id);
    expect(await row.first()).toEqual({ born_at: null, fence: 0 });
  });

  it("ID-5: claimed and not born is read from D1; projected and not there is a lost object, 503", async () => {
    const resource = await license();
    await env.DB.prepare("UPDATE licenses SET born_at = 1 WHERE id = ?").bind(resource.id).run();
    expect(await read(`/licenses/${resource.id}`)).toEqual(resource);
    await env.DB.prepare("UPDATE licenses SET fence = 7 WHERE id = ?").bind(resource.id).run();
    await problemOf(await v3("GET", `/licenses/${resource.id}`), 503, "LICENSE_LOST");
    await problemOf(await v3("PATCH", `/licenses/${resource.id}`, { body: { notes: "n" } }), 503, "LICENSE_LOST");
  });

  it("OPS-1: a license that D1 has forgotten is asked of its object", async () => {
    const resource = await license({ notes: "n" });
    await jsonOf(await v3("PATCH", `/licenses/${resource.id}`, { body: { notes: "born" } }), 200);
    await env.DB.prepare("DELETE FROM licenses WHERE id = ?").bind(resource.id).run();
    expect(await read(`/licenses/${resource.id}`)).toMatchObject({ id: resource.id, notes: "born" });
  });
});

function jsonType(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
