/** Maintenance policies and the licenses that have one, over HTTP (MAINT-1, MAINT-2, SNAP-1, REF-1, DEL-1, IN-2). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { activate as v3Activate, grantOf, sync } from "../support/clients-v3.ts";
import { deleteIf, patchIf, readTagged } from "../support/entity-tags.ts";
import { created, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { post } from "../support/shop.ts";

const YEAR = 365 * 86_400;
const UPDATES = { name: "updates", validity: YEAR, allowMajorVersionUpdates: true, allowMinorVersionUpdates: true };

async function policy(members: Json = {}): Promise<Json> {
  return await created("/maintenance-policies", { ...UPDATES, ...members });
}

async function patched(id: unknown, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${id}`, { body }), 200);
}

async function references(licenseId: unknown): Promise<unknown> {
  return await env.DB.prepare(
    `SELECT maintenance_policy_id AS policy, (SELECT count(*) FROM license_references WHERE license_id = licenses.id)
       AS reserved FROM licenses WHERE id = ?`,
  )
    .bind(licenseId)
    .first();
}

const at = (instant: unknown) => Date.parse(String(instant));

describe("the resource", () => {
  it("MGMT-1, IN-1, IN-2, MGMT-3: every member, its defaults, its changes, its list, and its events", async () => {
    const resource = await created("/maintenance-policies", { name: " patches alone " });
    expect(resource).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.any(String),
      updatedAt: resource.createdAt,
      name: "patches alone",
      validity: 0,
      subscriptionInterval: null,
      expirationStrategy: "immediate",
      subscriptionStartTrigger: "creation",
      allowMajorVersionUpdates: false,
      allowMinorVersionUpdates: false,
    });
    const path = `/maintenance-policies/${resource.id}`;
    const { tag } = await readTagged(path);
    const changed = await patchIf(path, tag, { subscriptionInterval: "P1Y", subscriptionStartTrigger: "activation" });
    expect(await jsonOf(changed, 200)).toMatchObject({ subscriptionInterval: "P1Y", expirationStrategy: "delayed" });
    const seconds = await jsonOf(await v3("PATCH", path, { body: { validity: YEAR } }), 200);
    expect(seconds).toMatchObject({ validity: YEAR, subscriptionInterval: null });
    expect(await jsonOf(await v3("PATCH", path, { body: seconds }), 200)).toEqual(seconds);
    await problemOf(await deleteIf(path, tag), 412, "PRECONDITION_FAILED");
    for (const [body, pointer] of [
      [{ validity: 60, subscriptionInterval: "P1Y" }, "/subscriptionInterval"],
      [{ validity: 4e9 }, "/validity"],
      [{ expirationStrategy: "rolling" }, "/expirationStrategy"],
      [{ id: crypto.randomUUID() }, "/id"],
    ] as const) {
      expect(pointersOf(await problemOf(await v3("PATCH", path, { body }), 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    const listed = await listOf(await v3("GET", `/maintenance-policies?name[eq]=patches alone&sort=-createdAt`));
    expect(listed).toEqual([seconds]);
    expect((await v3("DELETE", path)).status).toBe(204);
    await problemOf(await v3("GET", path), 404, "NOT_FOUND");
    const reader = await mint(["maintenancePolicy:read"]);
    await problemOf(await v3("POST", "/maintenance-policies", { body: UPDATES, token: reader }), 403, "FORBIDDEN");
    await listOf(await v3("GET", "/maintenance-policies", { token: reader }));
  });
});

describe("a license with a policy", () => {
  it("MAINT-1, SNAP-1, DEL-1, REF-1: copies it, keeps it, and is checked by it in the words of either API", async () => {
    const { id } = await policy({ allowMajorVersionUpdates: false });
    const sold = await license({ maintenancePolicyId: id, allowedActivations: 2, maxAllowedReleaseVersion: "0.1" });
    expect(sold.maintenancePolicyId).toBe(id);
    expect(at(sold.maintenanceExpiresAt) - at(sold.createdAt)).toBe(YEAR * 1000);
    const path = `/maintenance-policies/${String(id)}`;
    await problemOf(await v3("DELETE", path), 409, "IN_USE");
    await jsonOf(await v3("PATCH", path, { body: { validity: 60, allowMajorVersionUpdates: true } }), 200);
    const asked = (version: string) => ({
      ...{ activationCode: sold.key, fingerprint: "desk", targetSoftwareVersion: version },
    });
    expect((await post("/license", asked("1.4"))).status).toBe(200);
    await problemOf(await post("/license", asked("2.0")), 403, "version-not-allowed");
    expect(await jsonOf(await post("/check", asked("2.0")), 200)).toMatchObject({ code: "version-not-allowed" });
    await problemOf(await v3Activate(sold, { releaseVersion: "2.0" }), 400, "RELEASE_VERSION_NOT_ALLOWED");
    const { aid } = await grantOf(sold, { releaseVersion: "1.5", releasePublishedAt: "2020-01-01T00:00:00Z" });
    await problemOf(await sync(sold, aid, { releaseVersion: "2.0" }), 400, "RELEASE_VERSION_NOT_ALLOWED");
    const now = await read(`/licenses/${sold.id}`);
    expect(now).toMatchObject({ maintenanceExpiresAt: sold.maintenanceExpiresAt, currentReleaseVersion: "1.5" });
    // IN-2: what was read can be sent back, whatever has moved.
    await patched(sold.id, { ...now, maintenanceExpiresAt: null, notes: "n" });
    expect(await references(sold.id)).toEqual({ policy: id, reserved: 0 });
    const found = await listOf(
      await v3("GET", `/licenses?key=${sold.key}&maintenanceExpiresAt[gt]=2020-01-01T00:00:00Z`),
    );
    expect(found).toHaveLength(1);
    expect(await patched(sold.id, { maintenancePolicyId: "", maxAllowedReleaseVersion: null })).toMatchObject({
      ...{ maintenancePolicyId: null, maintenanceExpiresAt: null },
    });
    expect(await references(sold.id)).toEqual({ policy: null, reserved: 0 });
    expect((await v3("DELETE", path)).status).toBe(204);
  });

  it("REF-1, SNAP-1, TPL-1: gets it by a change, by a template and by a plan, each time reserved; what is gone is 400", async () => {
    const { id } = await policy();
    const sold = await license({ validity: YEAR });
    const got = await patched(sold.id, { maintenancePolicyId: id });
    expect(at(got.maintenanceExpiresAt)).toBeGreaterThan(at(sold.createdAt) + YEAR * 1000 - 1);
    expect(await references(sold.id)).toEqual({ policy: id, reserved: 0 });
    const plan = await created("/license-templates", { name: "maintained", maintenancePolicyId: id });
    expect(plan.maintenancePolicyId).toBe(id);
    const ofPlan = (members: Json) => license({ licenseTemplateId: plan.id, ...members });
    for (const given of [{}, { maintenancePolicyId: null }])
      expect(await ofPlan(given)).toMatchObject({ maintenancePolicyId: id });
    // TPL-1: `""` declines it, as a PATCH to the plan does.
    const none = { maintenancePolicyId: null, maintenanceExpiresAt: null };
    const declined = await ofPlan({ maintenancePolicyId: "" });
    expect(declined).toMatchObject(none);
    expect(await references(declined.id)).toEqual({ policy: null, reserved: 0 });
    const other = await license({});
    expect(await patched(other.id, { licenseTemplateId: plan.id, maintenancePolicyId: "" })).toMatchObject(none);
    const renewed = await license({ validity: YEAR });
    const body = { licenseTemplateId: plan.id, renewalReference: "invoice" };
    expect(await jsonOf(await v3("POST", `/licenses/${renewed.id}/renew`, { body }), 200)).toMatchObject({
      maintenancePolicyId: id,
    });
    expect(await references(renewed.id)).toEqual({ policy: id, reserved: 0 });
    await problemOf(await v3("DELETE", `/maintenance-policies/${String(id)}`), 409, "IN_USE");

    const gone = await policy();
    const stale = await created("/license-templates", { name: "stale", maintenancePolicyId: gone.id });
    await problemOf(await v3("DELETE", `/maintenance-policies/${gone.id}`), 409, "IN_USE");
    await env.DB.prepare("DELETE FROM maintenance_policies WHERE id = ?").bind(gone.id).run();
    const plain = await license({ validity: YEAR });
    const refusals: readonly (readonly [string, string, Json, string])[] = [
      ["POST", "/licenses", { productId: plain.productId, maintenancePolicyId: gone.id }, "/maintenancePolicyId"],
      ["POST", "/licenses", { productId: plain.productId, licenseTemplateId: stale.id }, "/maintenancePolicyId"],
      ["PATCH", `/licenses/${plain.id}`, { maintenancePolicyId: gone.id }, "/maintenancePolicyId"],
      ["PATCH", `/licenses/${plain.id}`, { licenseTemplateId: stale.id }, "/licenseTemplateId"],
      ["POST", `/licenses/${plain.id}/renew`, { licenseTemplateId: stale.id }, "/licenseTemplateId"],
      ["POST", "/license-templates", { name: "t", maintenancePolicyId: gone.id }, "/maintenancePolicyId"],
      [
        "POST",
        "/licenses",
        { productId: plain.productId, maintenanceExpiresAt: "2030-01-01T00:00:00Z" },
        "/maintenanceExpiresAt",
      ],
    ];
    for (const [method, path, sent, pointer] of refusals) {
      const problem = await problemOf(await v3(method, path, { body: sent }), 400, "INVALID_REQUEST");
      expect([path, pointersOf(problem)]).toEqual([path, [pointer]]);
    }
    const answer = await v3("PATCH", `/licenses/${plain.id}`, { body: { maintenancePolicyId: null } });
    expect(await jsonOf(answer, 200)).toEqual(await read(`/licenses/${plain.id}`));
  });

  it("MAINT-2, MGMT-4, EXP-11: is lengthened once per key and per reference, apart from the license", async () => {
    const { id } = await policy();
    const sold = await license({
      ...{ validity: YEAR, maintenancePolicyId: id, maintenanceExpiresAt: "2030-02-01T00:00:00Z" },
    });
    const renew = async (body?: Json, headers: Record<string, string> = {}) =>
      await jsonOf(
        await v3("POST", `/licenses/${sold.id}/maintenance/renew`, {
          headers,
          ...(body === undefined ? {} : { body }),
        }),
        200,
      );
    expect(await renew()).toMatchObject({
      maintenanceExpiresAt: "2031-02-01T00:00:00.000Z",
      expiresAt: sold.expiresAt,
    });
    await v3("POST", `/licenses/${sold.id}/renew`, { body: { renewalReference: "invoice" } });
    const invoice = { renewalReference: "invoice" };
    expect(await renew(invoice)).toMatchObject({ maintenanceExpiresAt: "2032-02-01T00:00:00.000Z" });
    expect(await renew(invoice)).toMatchObject({ maintenanceExpiresAt: "2032-02-01T00:00:00.000Z" });
    const once = { "Idempotency-Key": "once" };
    const first = await renew({}, once);
    expect(first).toMatchObject({ maintenanceExpiresAt: "2033-01-31T00:00:00.000Z" });
    expect(await renew({}, once)).toEqual(first);
    const extend = await v3("POST", `/licenses/${sold.id}/maintenance/extend`, { body: { extensionLength: 60 } });
    expect(await jsonOf(extend, 200)).toMatchObject({ maintenanceExpiresAt: "2033-01-31T00:01:00.000Z" });
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${sold.id}&event=license.updated`));
    expect(events).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({
      changes: {
        maintenanceExpiresAt: { before: "2033-01-31T00:00:00.000Z", after: "2033-01-31T00:01:00.000Z" },
      },
    });
    const bare = await license();
    await problemOf(await v3("POST", `/licenses/${bare.id}/maintenance/renew`), 400, "INVALID_REQUEST");
  });
});
