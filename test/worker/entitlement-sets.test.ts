/** Features, entitlement sets and the licenses that have one, over HTTP (FEAT-2, SNAP-1, REF-1, DEL-1, HOT-1, IN-2). */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { MOST_FEATURES } from "../../src/registry/rows/features.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bodyOf, grantOf, tokenOf } from "../support/clients-v3.ts";
import { deleteIf, patchIf, readTagged } from "../support/entity-tags.ts";
import { created, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, post } from "../support/shop.ts";
import { watchedDatabase } from "../support/bindings.ts";

afterEach(() => void vi.useRealTimers());

const name = () => crypto.randomUUID();

async function feature(members: Json = {}): Promise<Json> {
  return await created("/features", { name: name(), ...members });
}

async function set(featureEntitlements: readonly Json[] = [], members: Json = {}): Promise<Json> {
  return await created("/entitlement-sets", { name: name(), featureEntitlements, ...members });
}

async function patched(path: string, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", path, { body }), 200);
}

async function references(licenseId: unknown): Promise<unknown> {
  return await env.DB.prepare(
    `SELECT entitlement_set_id AS "set", (SELECT count(*) FROM license_references WHERE license_id = licenses.id)
       AS reserved FROM licenses WHERE id = ?`,
  )
    .bind(licenseId)
    .first();
}

const COMMON = {
  id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
  createdAt: expect.any(String),
  updatedAt: expect.any(String),
} as const;

describe("a feature", () => {
  it("MGMT-1, IN-2, MGMT-3: every member, its defaults, its changes, its list and its scopes", async () => {
    const called = name();
    const resource = await feature({ name: called });
    expect(resource).toEqual({ ...COMMON, name: called, displayName: called, description: null });
    const path = `/features/${resource.id}`;
    const { tag } = await readTagged(path);
    const change = { displayName: "Computer-aided", description: "drawings" };
    const changed = await jsonOf(await patchIf(path, tag, change), 200);
    expect(changed).toMatchObject(change);
    expect(await patched(path, changed)).toEqual(changed);
    await problemOf(await deleteIf(path, tag), 412, "PRECONDITION_FAILED");
    for (const [body, pointer] of [
      [{ name: "" }, "/name"],
      [{ id: crypto.randomUUID() }, "/id"],
    ] as const) {
      expect(pointersOf(await problemOf(await v3("PATCH", path, { body }), 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    await problemOf(await v3("POST", "/features", { body: { name: called } }), 409, "ALREADY_EXISTS");
    expect(await listOf(await v3("GET", `/features?displayName[sw]=computer&search=drawings`))).toEqual([changed]);
    const reader = await mint(["feature:read"]);
    await problemOf(await v3("POST", "/features", { body: { name: name() }, token: reader }), 403, "FORBIDDEN");
    await listOf(await v3("GET", "/features", { token: reader }));
    expect((await v3("DELETE", path)).status).toBe(204);
    await problemOf(await v3("GET", path), 404, "NOT_FOUND");
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
    expect(events.map(({ event }) => event)).toEqual(["feature.created", "feature.updated", "feature.deleted"]);
    expect(events[1]).toMatchObject({ changes: { description: { before: null, after: "drawings" } } });
  });

  it("FEAT-2, DEL-1: that a set gives keeps its name and stays; its other members change", async () => {
    const given = await feature();
    const path = `/features/${given.id}`;
    const { id } = await set([{ featureName: given.name }]);
    await problemOf(await v3("PATCH", path, { body: { name: name() } }), 409, "IN_USE");
    await problemOf(await v3("DELETE", path), 409, "IN_USE");
    expect(await patched(path, { displayName: "Shown" })).toMatchObject({ name: given.name, displayName: "Shown" });
    await patched(`/entitlement-sets/${id}`, { featureEntitlements: [] });
    const other = name();
    expect(await patched(path, { name: other })).toMatchObject({ name: other, displayName: "Shown" });
    expect((await v3("DELETE", path)).status).toBe(204);
  });

  it("FEAT-2: is one of two hundred at most", async () => {
    const { n = 0 } = (await env.DB.prepare("SELECT count(*) AS n FROM features").first<{ n: number }>()) ?? {};
    await env.DB.batch(
      Array.from({ length: MOST_FEATURES - n }, (_, nth) =>
        env.DB.prepare("INSERT INTO features VALUES (?, ?, '', NULL, 0, 0)").bind(`filler-${nth}`, `filler-${nth}`),
      ),
    );
    const refused = await v3("POST", "/features", { body: { name: name() } });
    expect((await problemOf(refused, 400, "INVALID_REQUEST")).errors).toEqual([
      { pointer: "", detail: "there are 200 features already" },
    ]);
    await env.DB.prepare("DELETE FROM features WHERE id LIKE 'filler-%'").run();
    await feature();
  });
});

describe("an entitlement set", () => {
  it("MGMT-1, IN-1, IN-2, MGMT-3: every member, its defaults, its changes, its list and its scopes", async () => {
    const [cad, cores] = [await feature(), await feature()];
    const called = name();
    const resource = await created("/entitlement-sets", { name: ` ${called} ` });
    expect(resource).toEqual({ ...COMMON, name: called, displayName: called, tier: 0, featureEntitlements: [] });
    const path = `/entitlement-sets/${resource.id}`;
    const { tag } = await readTagged(path);
    const featureEntitlements = [
      { featureName: cad.name, value: null },
      { featureName: cores.name, value: 8 },
    ];
    const changed = await jsonOf(await patchIf(path, tag, { tier: 3, displayName: "Pro", featureEntitlements }), 200);
    expect(changed).toMatchObject({ tier: 3, displayName: "Pro", featureEntitlements });
    expect(await patched(path, changed)).toEqual(changed);
    await problemOf(await deleteIf(path, tag), 412, "PRECONDITION_FAILED");
    const faults: readonly (readonly [Json, string])[] = [
      [{ featureEntitlements: [{ featureName: "nobody's" }] }, "/featureEntitlements/0/featureName"],
      [
        { featureEntitlements: [...featureEntitlements, { featureName: cad.name }] },
        "/featureEntitlements/2/featureName",
      ],
      [{ featureEntitlements: [{ featureName: cad.name, value: {} }] }, "/featureEntitlements/0/value"],
      [{ tier: -1 }, "/tier"],
      [{ tiers: 1 }, "/tiers"],
    ];
    for (const [body, pointer] of faults) {
      for (const answer of [
        await v3("PATCH", path, { body }),
        await v3("POST", "/entitlement-sets", { body: { name: name(), ...body } }),
      ]) {
        expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      }
    }
    await problemOf(await v3("POST", "/entitlement-sets", { body: { name: called } }), 409, "ALREADY_EXISTS");
    const query = `featureName=${String(cores.name)}&tier[gt]=2&sort=-tier`;
    expect(await listOf(await v3("GET", `/entitlement-sets?${query}`))).toEqual([changed]);
    const reader = await mint(["entitlementSet:read"]);
    await problemOf(await v3("DELETE", path, { token: reader }), 403, "FORBIDDEN");
    const [, updated] = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
    expect(updated).toMatchObject({
      event: "entitlementSet.updated",
      changes: { tier: { before: 0, after: 3 }, featureEntitlements: { before: [], after: featureEntitlements } },
    });
    expect((await v3("DELETE", path)).status).toBe(204);
  });
});

describe("a license with a set", () => {
  it("FEAT-2, TOK-2, TOK-3: the license's own over the set's, in the resource, a check and both tokens", async () => {
    const [cad, cores] = [String((await feature({ displayName: "CAD" })).name), String((await feature()).name)];
    const { id } = await set([{ featureName: cad }, { featureName: cores, value: 4 }]);
    const sold = await license({
      ...{ entitlementSetId: id, allowedActivations: 3 },
      featureEntitlements: [
        { featureName: cores, value: 8 },
        { featureName: "own", expiresAt: "2001-01-01T00:00:00Z" },
      ],
    });
    const features = [
      { featureName: cores, featureDisplayName: cores, value: 8, baseValue: 4, expiresAt: null },
      { featureName: cad, featureDisplayName: "CAD", value: true, baseValue: true, expiresAt: null },
    ];
    expect(sold).toMatchObject({ entitlementSetId: id, features });
    const told = { features: { [cores]: 8, [cad]: true }, features_base: { [cores]: 4 } };
    expect(await jsonOf(await post("/check", { activationCode: sold.key }), 200)).toMatchObject({
      ...{ features: told.features, baseFeatures: { [cores]: 4, [cad]: true } },
    });
    expect(decodeJwt((await activated(String(sold.key))).licenseToken)).toMatchObject(told);
    expect(await grantOf(sold, { fingerprint: "f".repeat(64) })).toMatchObject(told);
    const now = await read(`/licenses/${sold.id}`);
    expect(now).toMatchObject({ entitlementSetId: id, features });
    // IN-2: what was read can be sent back.
    expect(await patched(`/licenses/${sold.id}`, { ...now, notes: "n" })).toMatchObject({ features, notes: "n" });
    const listed = await listOf(await v3("GET", `/licenses?entitlementSetId=${String(id)}`));
    expect(listed).toMatchObject([{ id: sold.id, features }]);
    // Managers read it live.
    await patched(`/entitlement-sets/${String(id)}`, { featureEntitlements: [] });
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ features: [{ featureName: cores, baseValue: null }] });
  });

  it("REF-1, DEL-1, TPL-2: gets it at its creation, by a change, a template and a plan; what is gone is 400", async () => {
    const { id } = await set();
    const path = `/entitlement-sets/${String(id)}`;
    const sold = await license({ entitlementSetId: id });
    await problemOf(await v3("DELETE", path), 409, "IN_USE");
    expect(await patched(`/licenses/${sold.id}`, { entitlementSetId: "" })).toMatchObject({ entitlementSetId: null });
    expect(await references(sold.id)).toEqual({ set: null, reserved: 0 });
    expect(await patched(`/licenses/${sold.id}`, { entitlementSetId: id })).toMatchObject({ entitlementSetId: id });
    expect(await references(sold.id)).toEqual({ set: id, reserved: 0 });
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${sold.id}&event=license.updated`));
    expect(events.at(-1)).toMatchObject({ changes: { entitlementSetId: { before: null, after: id } } });

    const plan = await created("/license-templates", { name: "pro", entitlementSetId: id });
    expect(plan.entitlementSetId).toBe(id);
    expect(await license({ licenseTemplateId: plan.id })).toMatchObject({ entitlementSetId: id });
    const declined = await license({ licenseTemplateId: plan.id, entitlementSetId: "" });
    expect(declined).toMatchObject({ entitlementSetId: null, features: [] });
    const renewed = await license({ validity: 60 });
    const body = { licenseTemplateId: plan.id };
    expect(await jsonOf(await v3("POST", `/licenses/${renewed.id}/renew`, { body }), 200)).toMatchObject({
      entitlementSetId: id,
    });
    expect(await references(renewed.id)).toEqual({ set: id, reserved: 0 });
    await problemOf(await v3("DELETE", path), 409, "IN_USE");

    const gone = await set();
    const stale = await created("/license-templates", { name: "stale", entitlementSetId: gone.id });
    await problemOf(await v3("DELETE", `/entitlement-sets/${gone.id}`), 409, "IN_USE");
    await env.DB.prepare("DELETE FROM entitlement_sets WHERE id = ?").bind(gone.id).run();
    const plain = await license({ validity: 60 });
    const refusals: readonly (readonly [string, string, Json, string])[] = [
      ["POST", "/licenses", { productId: plain.productId, entitlementSetId: gone.id }, "/entitlementSetId"],
      ["POST", "/licenses", { productId: plain.productId, licenseTemplateId: stale.id }, "/entitlementSetId"],
      ["PATCH", `/licenses/${plain.id}`, { entitlementSetId: gone.id }, "/entitlementSetId"],
      ["PATCH", `/licenses/${plain.id}`, { licenseTemplateId: stale.id }, "/licenseTemplateId"],
      ["POST", `/licenses/${plain.id}/renew`, { licenseTemplateId: stale.id }, "/licenseTemplateId"],
      ["POST", "/license-templates", { name: "t", entitlementSetId: gone.id }, "/entitlementSetId"],
    ];
    for (const [method, at, sent, pointer] of refusals) {
      const problem = await problemOf(await v3(method, at, { body: sent }), 400, "INVALID_REQUEST");
      expect([at, pointersOf(problem)]).toEqual([at, [pointer]]);
    }
    expect(await read(`/licenses/${plain.id}`)).toMatchObject({ entitlementSetId: null, licenseTemplateId: null });
  });

  it("SNAP-1, HOT-1, FEAT-2: tokens tell a changed set within 60 s, and warm calls ask no D1", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const start = Date.now();
    const database = watchedDatabase();
    const app = createApp(deploymentOpener());
    const call = async (path: string, body: Json): Promise<Response> => {
      const context = createExecutionContext();
      const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
      const answer = await app.fetch(
        new Request(`http://leasehold.test${path}`, init),
        { ...env, DB: database.db },
        context,
      );
      await waitOnExecutionContext(context);
      return answer;
    };
    const cores = String((await feature()).name);
    const { id } = await set([{ featureName: cores, value: 4 }]);
    const sold = await license({ entitlementSetId: id, allowedActivations: 0 });
    const told = async (): Promise<readonly unknown[]> => {
      const body = { activationCode: sold.key, fingerprint: "desk" };
      const token = await (await call("/api/v1/activations/jwt", body)).json<string>();
      const other = await tokenOf(await call("/v3/activations", bodyOf(sold)));
      const checked = await jsonOf(await call("/api/v1/activations/check", body), 200);
      return [decodeJwt(token)["features"], decodeJwt(other)["features"], checked.features];
    };
    const all = (value: number) => Array.from({ length: 3 }, () => ({ [cores]: value }));
    expect(await told()).toEqual(all(4));
    const becomes = async (value: number) => {
      await patched(`/entitlement-sets/${String(id)}`, { featureEntitlements: [{ featureName: cores, value }] });
    };
    await becomes(6);
    vi.setSystemTime(start + 29_000);
    const before = database.calls();
    expect(await told()).toEqual(all(4));
    expect(database.calls()).toBe(before);
    // From half a minute on it is read again beside an answer; nobody waits for that.
    vi.setSystemTime(start + 59_000);
    const [first] = await told();
    expect(first).toEqual({ [cores]: 4 });
    expect(await told()).toEqual(all(6));
    // And where nobody has asked for a minute, the answer waits for what is true now.
    await becomes(8);
    vi.setSystemTime(start + 59_000 + 60_000);
    expect(await told()).toEqual(all(8));
    database.fail();
    vi.setSystemTime(start + 86_400_000);
    const checked = await call("/api/v1/activations/check", { activationCode: sold.key });
    expect(await jsonOf(checked, 200)).toMatchObject({ features: { [cores]: 8 } });
    database.heal();
  });
});
