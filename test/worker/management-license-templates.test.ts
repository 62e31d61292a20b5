/** License templates over /v3: the resource (TPL-1, KEY-1, DEL-1, MGMT-1, MGMT-5). */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, listOf, mint, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const PATH = "/license-templates";

async function template(members: Json = {}): Promise<Json> {
  return await created(PATH, { name: "T", ...members });
}

async function patch(resource: Json, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `${PATH}/${resource.id}`, { body }), 200);
}

const GIVEN = {
  type: "hosted-floating",
  expirationStrategy: "delayed",
  subscriptionInterval: "P1Y",
  fingerprintMatchingStrategy: "exact",
  allowedActivations: 0,
  allowedDeactivations: 3,
  leaseDuration: 600,
  allowClientLeaseDuration: true,
  maxLeaseDuration: 1200,
  serverSyncInterval: 180,
  serverSyncGracePeriod: 0,
  allowedClockOffset: -1,
  expiringSoonEventOffset: 86_400,
  requireAuthentication: true,
  cryptoBindingEnabled: false,
  duplicateActivation: "reject",
  seatRelease: "after-token",
  keyPattern: "^ACME-[A-Z0-9]{16}$",
  requiredMetadataKeys: ["order"],
  requiredMeterAttributes: [],
  leasingStrategy: "per-machine",
  userLocked: false,
  allowedCountries: [],
};

describe("the resource", () => {
  it("TPL-1: shows what it was given, and null for everything else", async () => {
    const answer = await v3("POST", PATH, { body: { name: "Floating", ...GIVEN, color: "red" } });
    const location = answer.headers.get("Location");
    const resource = await jsonOf(answer, 201);
    const rest = Object.fromEntries(Object.entries(resource).filter(([member]) => !(member in GIVEN)));
    expect(resource).toMatchObject({ ...GIVEN, name: "Floating", subscriptionStartTrigger: "activation" });
    expect(rest).toMatchObject({ validity: null, allowedOverage: null, allowedIpRanges: null });
    expect(rest).not.toHaveProperty("color");
    for (const own of ["revoked", "metadata", "tags", "licensedProductIds", "organizationId"])
      expect(resource).not.toHaveProperty(own);
    expect(location).toBe(`/v3/license-templates/${resource.id}`);
    expect(await read(`${PATH}/${String(resource.id).toUpperCase()}`)).toEqual(resource);
    const bare = await template({ type: null, validity: null });
    const { id, name, createdAt, updatedAt, ...members } = bare;
    expect({ id, name }).toEqual({ id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/), name: "T" });
    expect(updatedAt).toBe(createdAt);
    expect(new Set(Object.values(members))).toEqual(new Set([null]));
  });

  it("TPL-1: null in a PATCH takes a member out, what is not named stays, and one period replaces the other", async () => {
    const resource = await template({ validity: 60, allowedActivations: 5, keyPattern: "[A-Z]{20}" });
    expect(await patch(resource, resource)).toEqual(resource);
    const changed = await patch(resource, { name: "U", allowedActivations: null, keyPattern: "", leaseDuration: 0 });
    expect(changed).toMatchObject({
      name: "U",
      allowedActivations: null,
      keyPattern: null,
      leaseDuration: 0,
      validity: 60,
    });
    expect(await patch(resource, { subscriptionInterval: "P1M" })).toMatchObject({
      subscriptionInterval: "P1M",
      validity: null,
    });
    expect(await patch(resource, { validity: 0 })).toMatchObject({ subscriptionInterval: "P1M", validity: 0 });
    expect(await patch(resource, { validity: 90 })).toMatchObject({ subscriptionInterval: null, validity: 90 });
    expect(await patch(resource, { subscriptionStartTrigger: "activation" })).toMatchObject({
      expirationStrategy: "delayed",
    });
    const rolling = await patch(resource, { expirationStrategy: "rolling" });
    expect(rolling).toMatchObject({ expirationStrategy: "rolling", subscriptionStartTrigger: null });
    expect(await patch(resource, rolling)).toEqual(rolling);
    expect(await patch(resource, { expirationStrategy: null, subscriptionInterval: "" })).toMatchObject({
      expirationStrategy: null,
      subscriptionInterval: "",
    });
  });

  it("IN-2: read-only members are ignored if equal, else 400 at that member", async () => {
    const resource = await template();
    for (const [member, value] of [
      ["id", crypto.randomUUID()],
      ["createdAt", "2020-01-01T00:00:00Z"],
    ] as const) {
      const answer = await v3("PATCH", `${PATH}/${resource.id}`, { body: { name: "X", [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    expect(await read(`${PATH}/${resource.id}`)).toEqual(resource);
  });

  it("TPL-1: license-policies is the older name of the same", async () => {
    const answer = await v3("POST", "/license-policies", { body: { name: "Old", validity: 60 } });
    const location = String(answer.headers.get("Location"));
    const resource = await jsonOf(answer, 201);
    expect(location).toBe(`/v3/license-policies/${resource.id}`);
    expect(await read(location.slice("/v3".length))).toEqual(resource);
    expect(await read(`${PATH}/${resource.id}`)).toEqual(resource);
    const path = `/license-policies/${resource.id}`;
    expect(await jsonOf(await v3("PATCH", path, { body: { name: "Older" } }), 200)).toMatchObject({ name: "Older" });
    expect(await listOf(await v3("GET", `/license-policies?id=${resource.id}`))).toHaveLength(1);
    expect((await v3("DELETE", path)).status).toBe(204);
    await problemOf(await v3("GET", `${PATH}/${resource.id}`), 404, "NOT_FOUND");
  });

  it("MGMT-1: lists by id, name and instants, in orders and pages", async () => {
    const [a, b] = [await template({ name: "List A" }), await template({ name: "List B" })];
    const list = async (query: string) => (await listOf(await v3("GET", `${PATH}?${query}`))).map(({ id }) => id);
    expect(await list("name=List A&name=List B&sort=-name")).toEqual([b.id, a.id]);
    expect(await list("search=list b")).toEqual([b.id]);
    expect(await list("name[sw]=list")).toEqual([a.id, b.id]);
    expect(await list(`id=${a.id}`)).toEqual([a.id]);
    expect(await list(`id=${a.id}&createdAt[lt]=${a.createdAt}`)).toEqual([]);
    const page = await v3("GET", `${PATH}?limit=1&name[in][]=List A&name[in][]=List B`);
    const next = /<\/v3(.*)>; rel="next"/.exec(page.headers.get("Link") ?? "")?.[1];
    expect(page.headers.get("Pagination-Count")).toBe("2");
    expect((await listOf(await v3("GET", String(next)))).map(({ id }) => id)).toEqual([b.id]);
    await problemOf(await v3("GET", `${PATH}?type=node-locked`), 400, "INVALID_REQUEST");
  });

  it("MGMT-5: licenseTemplate:read reads, licenseTemplate:write writes, by either name", async () => {
    const [reader, writer] = [await mint(["licenseTemplate:read"]), await mint(["licenseTemplate:write"])];
    const other = await mint(["license:write", "product:write"]);
    for (const base of [PATH, "/license-policies"]) {
      const path = `${base}/${(await template()).id}`;
      const calls = [
        { scope: "read", call: (token: string | null) => v3("GET", path, { token }) },
        { scope: "read", call: (token: string | null) => v3("GET", base, { token }) },
        { scope: "write", call: (token: string | null) => v3("PATCH", path, { token, body: { name: "a" } }) },
        { scope: "write", call: (token: string | null) => v3("POST", base, { token, body: { name: "b" } }) },
        { scope: "write", call: (token: string | null) => v3("DELETE", path, { token }) },
      ];
      for (const { scope, call } of calls) {
        await problemOf(await call(null), 401, "UNAUTHORIZED");
        for (const token of [other, ROOT_SECRET, scope === "read" ? writer : reader])
          await problemOf(await call(token), 403, "FORBIDDEN");
        expect((await call(scope === "read" ? reader : writer)).ok).toBe(true);
      }
    }
  });

  it("ERR-1, ERR-3: what is wrong, or could never make a license, is 400 where it is, and nothing is written", async () => {
    const resource = await template();
    const before = await rowCounts();
    const wrong: readonly (readonly [Json, string])[] = [
      [{ name: "" }, "/name"],
      [{ name: "x".repeat(257) }, "/name"],
      [{ type: "floating" }, "/type"],
      [{ allowedActivations: -2 }, "/allowedActivations"],
      [{ allowedClockOffset: 59 }, "/allowedClockOffset"],
      [{ validity: -1 }, "/validity"],
      [{ subscriptionInterval: "1Y" }, "/subscriptionInterval"],
      [{ subscriptionInterval: "P101Y" }, "/subscriptionInterval"],
      [{ validity: 60, subscriptionInterval: "P1Y" }, "/subscriptionInterval"],
      [{ expirationStrategy: "delayed", subscriptionStartTrigger: "creation" }, "/subscriptionStartTrigger"],
      [{ expirationStrategy: "rolling", type: "hosted-floating" }, "/expirationStrategy"],
      [{ seatRelease: "after-token", serverSyncGracePeriod: -1 }, "/seatRelease"],
      [{ leasingStrategy: "per-instance" }, "/leasingStrategy"],
      [{ allowedCountries: ["DE", "UK"] }, "/allowedCountries/1"],
      [{ allowedIpRange: "203.0.113.7" }, "/allowedIpRange"],
      [{ requiredMeterAttributes: ["m"] }, "/requiredMeterAttributes"],
      [{ requiredMetadataKeys: ["a", "a"] }, "/requiredMetadataKeys/1"],
      [{ requiredMetadataKeys: [""] }, "/requiredMetadataKeys/0"],
      [{ requiredMetadataKeys: Array.from({ length: 51 }, (_, at) => `k${at}`) }, "/requiredMetadataKeys"],
      [{ keyPattern: "x".repeat(257) }, "/keyPattern"],
      [{ keyPattern: "[A-Z]{10}" }, "/keyPattern"],
      [{ keyPattern: "[A-Z]+" }, "/keyPattern"],
      [{ keyPattern: "[A-F0-9]{36}" }, "/keyPattern"],
    ];
    for (const [members, pointer] of wrong) {
      const posted = await v3("POST", PATH, { body: { name: "T", ...members } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      const patched = await v3("PATCH", `${PATH}/${resource.id}`, { body: members });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    const weak = await problemOf(
      await v3("POST", PATH, { body: { name: "T", keyPattern: "[A-F0-9]{12}" } }),
      400,
      "INVALID_REQUEST",
    );
    expect(weak.detail).toContain("48 bits");
    await problemOf(await v3("POST", PATH, { body: {} }), 400, "INVALID_REQUEST");
    for (const id of [crypto.randomUUID(), "none"]) {
      for (const method of ["GET", "PATCH", "DELETE"])
        await problemOf(await v3(method, `${PATH}/${id}`), 404, "NOT_FOUND");
    }
    await problemOf(await v3("PUT", PATH), 405, "METHOD_NOT_ALLOWED");
    expect(await rowCounts()).toEqual(before);
    expect(await read(`${PATH}/${resource.id}`)).toEqual(resource);
  });

  it("DEL-1: a template that is a product's default is 409 until the product lets go of it", async () => {
    const resource = await template();
    const product = await created("/products", { name: "P", licenseTemplateId: resource.id });
    const before = await rowCounts();
    const refused = await problemOf(await v3("DELETE", `${PATH}/${resource.id}`), 409, "IN_USE");
    expect(refused.detail).toContain("products");
    expect(refused.retryable).toBeUndefined();
    expect(await rowCounts()).toEqual(before);
    await jsonOf(await v3("PATCH", `/products/${product.id}`, { body: { licenseTemplateId: null } }), 200);
    expect((await v3("DELETE", `${PATH}/${resource.id}`)).status).toBe(204);
    await problemOf(await v3("GET", `${PATH}/${resource.id}`), 404, "NOT_FOUND");
  });

  it("EVT-1: each change has its event, which tells member by member; no change has none", async () => {
    const resource = await template({ validity: 60, allowedActivations: 5 });
    await patch(resource, { allowedActivations: null, subscriptionInterval: "P1M" });
    await patch(resource, { subscriptionInterval: "P1M" });
    await v3("DELETE", `${PATH}/${resource.id}`);
    const events = await vi.waitUntil(async () => {
      const list = await listOf(await v3("GET", `/event-logs?resourceId=${resource.id}`));
      return list.length === 3 ? list : null;
    });
    expect(events.map(({ event }) => event)).toEqual([
      "licenseTemplate.created",
      "licenseTemplate.updated",
      "licenseTemplate.deleted",
    ]);
    expect(events[0]?.data).toEqual(resource);
    expect(events[1]?.changes).toEqual({
      validity: { before: 60, after: null },
      allowedActivations: { before: 5, after: null },
      subscriptionInterval: { before: null, after: "P1M" },
    });
    expect(events[2]?.data).toMatchObject({ subscriptionInterval: "P1M", validity: null });
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM license_templates WHERE id = ?").bind(resource.id).first("n"),
    ).toBe(0);
  });
});
