/** Trials as the vendor sees and moves them, and their policies (TRIAL-1). */

import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { tokenOf } from "../support/clients-v3.ts";
import { jsonOf, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { claims, countOf, eventsOf, trial, tried, typesOf } from "../support/trials.ts";

describe("the vendor", () => {
  it("TRIAL-1: moves an end, by a date or by a length, and the device is told at its next call", async () => {
    const { product } = await tried();
    const { aid, eat } = await claims(product);
    const path = `/trial-activations/${aid}`;
    const before = await v3("GET", path);
    const tag = String(before.headers.get("ETag"));
    const shown = await jsonOf(before, 200);
    const end = async (expiresAt: unknown, headers = {}) =>
      await v3("PATCH", `${path}/expires-at`, { body: { expiresAt }, headers });
    const moved = await jsonOf(await end("2099-01-01T00:00:00Z", { "If-Match": tag }), 200);
    expect(moved).toEqual({ ...shown, expiresAt: "2099-01-01T00:00:00.000Z", updatedAt: moved.updatedAt });
    await problemOf(await end("2098-01-01T00:00:00Z", { "If-Match": tag }), 412, "PRECONDITION_FAILED");
    expect((await claims(product))["eat"]).toBe(Date.parse("2099-01-01T00:00:00Z") / 1000);
    for (const wrong of [undefined, null, "tomorrow"]) {
      expect(pointersOf(await problemOf(await end(wrong), 400, "INVALID_REQUEST"))).toEqual(["/expiresAt"]);
    }
    await jsonOf(await end("2020-01-01T00:00:00Z"), 200);
    const extend = async (extensionLength: number, headers = {}) =>
      await v3("POST", `${path}/extend`, { body: { extensionLength }, headers });
    const key = { "Idempotency-Key": "once" };
    const extended = await jsonOf(await extend(86_400, key), 200);
    expect(extended.expiresAt).toBe("2020-01-02T00:00:00.000Z");
    expect(await jsonOf(await extend(86_400, key), 200)).toEqual(extended);
    const both = await Promise.all([extend(60, { "Idempotency-Key": "b" }), extend(60, { "Idempotency-Key": "b" })]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect((await read(path)).expiresAt).toBe("2020-01-02T00:01:00.000Z");
    for (const none of [0, -1]) await problemOf(await extend(none), 400, "INVALID_REQUEST");
    await jsonOf(await end("9999-12-31T23:59:59Z"), 200);
    expect(pointersOf(await problemOf(await extend(60), 400, "INVALID_REQUEST"))).toEqual(["/extensionLength"]);
    const updated = (await eventsOf(aid)).filter(({ type }) => type === "trialActivation.updated");
    expect(updated.length).toBe(5);
    const changes = JSON.parse(updated[0]?.body ?? "{}") as { readonly changes: Json };
    const { before: was, after } = changes.changes["expiresAt"] as { readonly before: number; readonly after: number };
    expect([Math.floor(was / 1000), after]).toEqual([eat, Date.parse("2099-01-01T00:00:00Z")]);
    const gone = "/trial-activations/0193f3a4-0000-7000-8000-000000000000";
    await problemOf(await v3("POST", `${gone}/extend`, { body: { extensionLength: 1 } }), 404, "NOT_FOUND");
    await problemOf(await v3("DELETE", gone), 404, "NOT_FOUND");
  });

  it("MGMT-1: finds trials by product, end, place, system, metadata and words", async () => {
    const { product } = await tried();
    const from = { headers: { "CF-IPCountry": "DE" } };
    const said = { os: "linux", hostname: "atelier 7", metadata: [{ key: "channel", value: "fair" }] };
    const one = decodeJwt(await tokenOf(await trial(product, said, from)))["aid"];
    const two = (await claims(product, { fingerprint: "2", os: "windows" }))["aid"];
    await jsonOf(
      await v3("PATCH", `/trial-activations/${two}/expires-at`, { body: { expiresAt: "2020-01-01T00:00:00Z" } }),
      200,
    );
    const found = async (query: string) =>
      (await listOf(await v3("GET", `/trial-activations?productId=${product}${query}`))).map(({ id }) => id);
    expect(await found("")).toEqual([one, two]);
    expect(await found("&sort=-createdAt")).toEqual([two, one]);
    expect(await found("&sort=expiresAt")).toEqual([two, one]);
    for (const query of [
      ...["&expired=false", "&os=linux", "&location.countryCode=DE", "&search=atelier"],
      ...["&metadata.key=channel&metadata.value=fair", "&expiresAt[gt]=2021-01-01T00:00:00Z", `&id=${one}`],
    ]) {
      expect([query, await found(query)]).toEqual([query, [one]]);
    }
    for (const query of ["&expired=true", "&os[ne]=linux", "&search=win", "&expiresAt[lt]=2021-01-01T00:00:00Z"]) {
      expect([query, await found(query)]).toEqual([query, [two]]);
    }
    expect(await found("&metadata.key=channel&metadata.value=other")).toEqual([]);
    const expired = (await listOf(await v3("GET", "/trial-activations?expired=true"))).map(({ id }) => id);
    expect(expired).toContain(two);
    expect(expired).not.toContain(one);
    await problemOf(await v3("GET", "/trial-activations?fingerprint=2"), 400, "INVALID_REQUEST");
  });

  it("MGMT-5: needs a scope for each of it", async () => {
    const { policy, product } = await tried();
    const { aid } = await claims(product);
    const [policies, trials] = ["/trial-policies", "/trial-activations"];
    const calls: readonly (readonly [scope: string, method: string, path: string, body?: Json])[] = [
      ["trialPolicy:read", "GET", policies],
      ["trialPolicy:read", "GET", `${policies}/${policy}`],
      ["trialPolicy:write", "POST", policies, { name: "P", trialLength: 1 }],
      ["trialPolicy:write", "PATCH", `${policies}/${policy}`, { name: "Q" }],
      ["trialActivation:read", "GET", trials],
      ["trialActivation:read", "GET", `${trials}/${aid}`],
      ["trialActivation:write", "PATCH", `${trials}/${aid}/expires-at`, { expiresAt: "2099-01-01T00:00:00Z" }],
      ["trialActivation:write", "POST", `${trials}/${aid}/extend`, { extensionLength: 1 }],
      ["trialActivation:write", "DELETE", `${trials}/${aid}`],
    ];
    const scopes = [...new Set(calls.map(([scope]) => scope))];
    for (const [scope, method, path, body] of calls) {
      const others = await mint(scopes.filter((one) => one !== scope));
      await problemOf(await v3(method, path, { token: others, body }), 403, "FORBIDDEN");
      const answer = await v3(method, path, { token: await mint([scope]), body });
      expect([method, path, answer.ok]).toEqual([method, path, true]);
    }
  });
});

describe("a policy", () => {
  it("TRIAL-1: is made, read, sent back whole, changed and deleted, each with its event", async () => {
    const lists = {
      allowedCountries: ["de"],
      disallowedIpAddresses: ["2001:DB8::/32"],
      allowedIpRange: "192.0.2.0/24",
    };
    const answer = await v3("POST", "/trial-policies", { body: { name: "P", trialLength: 60, ...lists } });
    const policy = await jsonOf(answer, 201);
    const path = `/trial-policies/${policy.id}`;
    expect(answer.headers.get("Location")).toBe(`/v3${path}`);
    expect(policy).toEqual({
      ...{ id: policy.id, createdAt: policy.createdAt, updatedAt: policy.createdAt, name: "P", trialLength: 60 },
      ...{ fingerprintMatchingStrategy: "exact", allowVmActivation: true, allowContainerActivation: true },
      ...{ userLocked: false, disableGeoLocation: false, allowedCountries: ["DE"], disallowedCountries: [] },
      ...{ allowedIpAddresses: [], disallowedIpAddresses: ["2001:db8::/32"], allowedIpRanges: ["192.0.2.0/24"] },
      allowedIpRange: "192.0.2.0/24",
    });
    expect(await read(path)).toEqual(policy);
    const headers = { Prefer: "handling=strict" };
    expect(await jsonOf(await v3("PATCH", path, { body: policy, headers }), 200)).toEqual(policy);
    const changed = await jsonOf(await v3("PATCH", path, { body: { trialLength: 120, allowedCountries: [] } }), 200);
    expect(changed).toMatchObject({ trialLength: 120, allowedCountries: [], name: "P" });
    expect((await v3("DELETE", path)).status).toBe(204);
    await problemOf(await v3("GET", path), 404, "NOT_FOUND");
    expect(await typesOf(policy.id)).toEqual([
      ...["trialPolicy.created", "trialPolicy.updated", "trialPolicy.deleted"],
    ]);
    const logged = await listOf(
      await v3("GET", `/event-logs?resourceId=${String(policy.id)}&event=trialPolicy.updated`),
    );
    expect(logged[0]?.changes).toEqual({
      trialLength: { before: 60, after: 120 },
      allowedCountries: { before: ["DE"], after: [] },
    });
    for (const [body, pointer] of [
      [{ name: "P" }, "/trialLength"],
      [{ name: "P", trialLength: 0 }, "/trialLength"],
      [{ trialLength: 1 }, "/name"],
      [{ name: "P", trialLength: 1, fingerprintMatchingStrategy: "fuzzy" }, "/fingerprintMatchingStrategy"],
      [{ name: "P", trialLength: 1, fingerprintMatchingStrategy: "loose" }, "/fingerprintMatchingStrategy"],
      [{ name: "P", trialLength: 1, allowedCountries: ["Germany"] }, "/allowedCountries/0"],
      [{ name: "P", trialLenght: 1, trialLength: 1 }, "/trialLenght"],
    ] as const) {
      const no = await problemOf(await v3("POST", "/trial-policies", { body }), 400, "INVALID_REQUEST");
      expect(pointersOf(no)).toEqual([pointer]);
    }
  });

  it("REF-1, DEL-1: is a product's, which has to name one that is there, and stays while it is", async () => {
    const { product, policy } = await tried();
    expect(await read(`/products/${product}`)).toMatchObject({ trialPolicyId: policy });
    expect((await problemOf(await v3("DELETE", `/trial-policies/${policy}`), 409, "IN_USE")).detail).toContain(
      "products",
    );
    for (const [method, path] of [
      ["POST", "/products"],
      ["PATCH", `/products/${product}`],
    ] as const) {
      const body = { name: "Q", trialPolicyId: crypto.randomUUID() };
      const no = await problemOf(await v3(method, path, { body }), 400, "INVALID_REQUEST");
      expect(pointersOf(no)).toEqual(["/trialPolicyId"]);
      const both = { ...body, licenseTemplateId: crypto.randomUUID() };
      const first = await problemOf(await v3(method, path, { body: both }), 400, "INVALID_REQUEST");
      expect(pointersOf(first)).toEqual(["/licenseTemplateId"]);
    }
    expect(await read(`/products/${product}`)).toMatchObject({ name: "App", trialPolicyId: policy });
    const { aid } = await claims(product);
    const used = await problemOf(await v3("DELETE", `/products/${product}`), 409, "IN_USE");
    expect(used.detail).toContain("trials");
    expect((await v3("DELETE", `/trial-activations/${aid}`)).status).toBe(204);
    expect((await v3("DELETE", `/products/${product}`)).status).toBe(204);
    const left = env.DB.prepare("SELECT count(*) AS n FROM gone_trials WHERE product_id = ?").bind(product);
    expect(await left.first("n")).toBe(0);
    expect((await v3("DELETE", `/trial-policies/${policy}`)).status).toBe(204);
    for (let round = 0; round < 3; round += 1) {
      const ended = await tried();
      const [gone, late] = await Promise.all([v3("DELETE", `/products/${ended.product}`), trial(ended.product)]);
      const isGone = gone.status === 204;
      expect([gone.status, [400, 503].includes(late.status)]).toEqual([isGone ? 204 : 409, isGone]);
      expect(await countOf(ended.product)).toBe(isGone ? 0 : 1);
    }
  });
});
