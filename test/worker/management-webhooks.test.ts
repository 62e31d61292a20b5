/** Webhooks over /v3: the resource, its lists and its bad input (HOOK-1, HOOK-3, EVT-1). */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, listOf, mint, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const BODY = { name: "shop", url: "http://127.0.0.1:9/hooks", events: ["license.created"] };
const SECRET = `whsec_${"A".repeat(43)}=`;

async function webhook(members: Json = {}): Promise<Json> {
  return await created("/webhooks", { ...BODY, ...members });
}

async function patch(resource: Json, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/webhooks/${resource.id}`, { body }), 200);
}

async function remove(resource: Json): Promise<void> {
  expect((await v3("DELETE", `/webhooks/${resource.id}`)).status).toBe(204);
}

describe("the resource", () => {
  it("HOOK-1: every member; the token that was made is shown once", async () => {
    const answer = await v3("POST", "/webhooks", { body: BODY });
    const location = answer.headers.get("Location");
    const { token, ...resource } = await jsonOf(answer, 201);
    expect(token).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(resource).toEqual({
      ...BODY,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: resource.createdAt,
      enabled: true,
      active: true,
      format: "json",
      status: "healthy",
      statusReason: null,
    });
    expect(location).toBe(`/v3/webhooks/${resource.id}`);
    expect(await read(`/webhooks/${resource.id}`)).toEqual(resource);
    expect(await listOf(await v3("GET", "/webhooks"))).toContainEqual(resource);
    const other = await webhook({ token: "" });
    expect(other.token).toMatch(/^whsec_/);
    expect(other.token).not.toBe(token);
    await remove(resource);
    await remove(other);
  });

  it("HOOK-1: a token that was sent is not shown, and lies encrypted in D1", async () => {
    for (const token of [SECRET, "a token of Cryptlex's time"]) {
      const resource = await webhook({ token, active: false, format: "cloudevents", events: ["*", "license.*", "*"] });
      expect(resource).not.toHaveProperty("token");
      expect(resource).toMatchObject({ enabled: false, format: "cloudevents", events: ["*", "license.*"] });
      const stored = await env.DB.batch(
        ["webhooks", "outbox", "event_log", "management_log"].map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
      );
      expect(JSON.stringify(stored)).not.toContain(token);
      await remove(resource);
    }
  });

  it("IN-1: a PATCH changes what it names, null is absent, and `enabled` wins over its old name", async () => {
    const { token: _, ...resource } = await webhook();
    const changed = await patch(resource, {
      name: "other",
      url: null,
      events: ["license.activation.*", "webhook.test"],
      format: "cloudevents",
      active: false,
      token: "",
    });
    expect(changed).toEqual({
      ...resource,
      name: "other",
      events: ["license.activation.*", "webhook.test"],
      format: "cloudevents",
      enabled: false,
      active: false,
      updatedAt: expect.any(String),
    });
    expect(await patch(resource, { enabled: true, active: false })).toMatchObject({ enabled: true, active: true });
    await remove(resource);
  });

  it("IN-2: what was read can be sent back; what moves by itself is ignored, other read-only members that differ are 400", async () => {
    const { token: _, ...resource } = await webhook();
    const later = { status: "suspended", statusReason: "gone", updatedAt: "2020-01-01T00:00:00Z" };
    expect(await patch(resource, { ...resource, ...later })).toEqual(resource);
    for (const [member, value] of [
      ["id", crypto.randomUUID()],
      ["createdAt", "2020-01-01T00:00:00Z"],
    ] as const) {
      const answer = await v3("PATCH", `/webhooks/${resource.id}`, { body: { name: "x", [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    expect(await read(`/webhooks/${resource.id}`)).toEqual(resource);
    await remove(resource);
  });

  it("DEL-1: a deleted webhook is gone", async () => {
    const resource = await webhook();
    await remove(resource);
    const path = `/webhooks/${resource.id}`;
    for (const call of [v3("GET", path), v3("DELETE", path), v3("PATCH", path, { body: { name: "x" } })])
      await problemOf(await call, 404, "NOT_FOUND");
  });
});

describe("lists", () => {
  it("MGMT-1: pages and orders; unknown parameters are 400", async () => {
    const made = [await webhook(), await webhook(), await webhook()];
    const first = await v3("GET", "/webhooks?limit=2&sort=-createdAt");
    const next = /<\/v3(.*)>; rel="next"/.exec(first.headers.get("Link") ?? "")?.[1];
    expect(first.headers.get("Pagination-Count")).toBe("3");
    const ids = [...(await listOf(first)), ...(await listOf(await v3("GET", String(next))))].map(({ id }) => id);
    expect(ids).toEqual(made.map(({ id }) => id).toReversed());
    for (const query of ["format=a", "sort=url", "limit=101", "url[gt]=x", "status=ill"])
      await problemOf(await v3("GET", `/webhooks?${query}`), 400, "INVALID_REQUEST");
    for (const resource of made) await remove(resource);
  });

  it("MGMT-1: all event types, with the resource that each tells of", async () => {
    const types = await listOf(await v3("GET", "/webhooks/events"));
    expect(types).toContainEqual({ name: "license.activation.limit-reached", resource: "license" });
    expect(types).toContainEqual({ name: "webhook.test", resource: "webhook" });
    // Every one of them can be asked for.
    await remove(await webhook({ events: types.map(({ name }) => name) }));
  });

  it("LIM-2: there are fifty webhooks at most, however many come at once", async () => {
    const calls = Array.from({ length: 55 }, () => v3("POST", "/webhooks", { body: BODY }));
    const answers = await Promise.all(calls);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    for (const answer of answers.filter(({ status }) => status !== 201))
      await problemOf(answer, 400, "INVALID_REQUEST");
    expect(await env.DB.prepare("SELECT count(*) AS n FROM webhooks").first("n")).toBe(50);
    const made = await listOf(await v3("GET", "/webhooks?limit=100"));
    for (const resource of made) await remove(resource);
  });
});

describe("tokens", () => {
  it("HOOK-1: a rotated token is shown, and the old one stays valid for a day", async () => {
    const resource = await webhook({ token: SECRET });
    const before = Date.now();
    const path = `/webhooks/${resource.id}/rotate-secret`;
    const { token, previousTokenValidUntil } = await jsonOf(await v3("POST", path), 200);
    expect(token).toMatch(/^whsec_/);
    expect(token).not.toBe(SECRET);
    expect(Date.parse(String(previousTokenValidUntil)) - before).toBeGreaterThanOrEqual(86_400_000);
    const chosen = await jsonOf(await v3("POST", path, { body: { token: "chosen token of a test" } }), 200);
    expect(chosen).toMatchObject({ token: "chosen token of a test" });
    // The one that it has already changes nothing.
    expect(await jsonOf(await v3("POST", path, { body: { token: "chosen token of a test" } }), 200)).toEqual(chosen);
    await remove(resource);
  });

  it("MGMT-4: calls that show a token take no Idempotency-Key", async () => {
    const resource = await webhook();
    const before = await rowCounts();
    const headers = { "Idempotency-Key": "k" };
    await problemOf(await v3("POST", "/webhooks", { body: BODY, headers }), 400, "INVALID_REQUEST");
    const path = `/webhooks/${resource.id}/rotate-secret`;
    await problemOf(await v3("POST", path, { headers }), 400, "INVALID_REQUEST");
    expect(await rowCounts()).toEqual(before);
    await remove(resource);
  });
});

describe("who may, and what is refused", () => {
  it("MGMT-5, HOOK-5: webhook:read reads, webhook:write writes with what is sent, anything else may neither", async () => {
    const resource = await webhook();
    const [reader, writer, other] = [
      await mint(["webhook:read"]),
      await mint(["webhook:write", "license:read", "user:read"]),
      await mint(["user:write", "license:read", "user:read"]),
    ];
    const path = `/webhooks/${resource.id}`;
    const calls = [
      { scope: "read", call: (token: string | null) => v3("GET", path, { token }) },
      { scope: "read", call: (token: string | null) => v3("GET", "/webhooks", { token }) },
      { scope: "read", call: (token: string | null) => v3("GET", "/webhooks/events", { token }) },
      { scope: "write", call: (token: string | null) => v3("PATCH", path, { token, body: { name: "n" } }) },
      { scope: "write", call: (token: string | null) => v3("POST", "/webhooks", { token, body: BODY }) },
      { scope: "write", call: (token: string | null) => v3("POST", `${path}/rotate-secret`, { token }) },
      { scope: "write", call: (token: string | null) => v3("DELETE", path, { token }) },
    ];
    for (const { scope, call } of calls) {
      await problemOf(await call(null), 401, "UNAUTHORIZED");
      for (const token of [other, ROOT_SECRET, scope === "read" ? writer : reader])
        await problemOf(await call(token), 403, "FORBIDDEN");
      expect((await call(scope === "read" ? reader : writer)).ok).toBe(true);
    }
  });

  it("ERR-1, HOOK-3: bad members are 400 with their pointers, and nothing is written", async () => {
    const resource = await webhook();
    const before = await rowCounts();
    const wrong: readonly (readonly [Json, string])[] = [
      [{ name: "" }, "/name"],
      [{ name: "x".repeat(257) }, "/name"],
      [{ url: "" }, "/url"],
      [{ url: `https://shop.example/${"x".repeat(256)}` }, "/url"],
      [{ url: "not a url" }, "/url"],
      [{ url: "ftp://shop.example/" }, "/url"],
      [{ url: "http://shop.example/" }, "/url"],
      [{ url: "https://shop.example:8443/" }, "/url"],
      [{ url: "https://10.0.0.1/" }, "/url"],
      [{ url: 7 }, "/url"],
      [{ token: "whsec_short" }, "/token"],
      [{ token: "x".repeat(257) }, "/token"],
      [{ events: [] }, "/events"],
      [{ events: "license.created" }, "/events"],
      [{ events: ["license.created", "license.painted"] }, "/events/1"],
      [{ events: ["lic*"] }, "/events/0"],
      [{ events: [".*"] }, "/events/0"],
      [{ events: ["nothing.*"] }, "/events/0"],
      [{ events: Array.from({ length: 65 }, () => "*") }, "/events"],
      [{ format: "xml" }, "/format"],
      [{ enabled: "yes" }, "/enabled"],
      [{ active: 1 }, "/active"],
    ];
    for (const [members, pointer] of wrong) {
      const posted = await v3("POST", "/webhooks", { body: { ...BODY, ...members } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      const patched = await v3("PATCH", `/webhooks/${resource.id}`, { body: members });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    const nothing = await problemOf(await v3("POST", "/webhooks", { body: {} }), 400, "INVALID_REQUEST");
    expect(pointersOf(nothing)).toEqual(["/name", "/url", "/events"]);
    const rotation = await v3("POST", `/webhooks/${resource.id}/rotate-secret`, { body: { token: "whsec_" } });
    expect(pointersOf(await problemOf(rotation, 400, "INVALID_REQUEST"))).toEqual(["/token"]);
    expect(await rowCounts()).toEqual(before);
    await remove(resource);
  });

  it("ERR-3: unknown ids, ids that are none, and other methods", async () => {
    for (const id of [crypto.randomUUID(), "none", "0"]) {
      for (const [method, path] of [
        ["GET", ""],
        ["PATCH", ""],
        ["DELETE", ""],
        ["GET", "/health"],
        ["POST", "/rotate-secret"],
        ["POST", "/test-fire"],
        ["POST", "/replay"],
      ] as const)
        await problemOf(await v3(method, `/webhooks/${id}${path}`), 404, "NOT_FOUND");
    }
    await problemOf(await v3("PUT", "/webhooks"), 405, "METHOD_NOT_ALLOWED");
    await problemOf(await v3("GET", `/webhooks/${crypto.randomUUID()}/replay`), 405, "METHOD_NOT_ALLOWED");
  });
});

it("EVT-1, EVT-3: each change has its event, without the token, and the log without the address", async () => {
  const { token, ...resource } = await webhook();
  await patch(resource, { name: "renamed", url: "https://elsewhere.example/?secret=1" });
  await patch(resource, { name: "renamed" });
  const rotation = await v3("POST", `/webhooks/${resource.id}/rotate-secret`);
  const { token: second } = await jsonOf(rotation, 200);
  await patch(resource, { token: "third token token of a test" });
  await remove(resource);
  const log = env.DB.prepare(`SELECT type, body FROM ${EVENTS} WHERE subject_id = ? ORDER BY id`).bind(resource.id);
  const events = await vi.waitUntil(async () => {
    const { results } = await log.all<{ type: string; body: string }>();
    return results.length === 5 ? results : null;
  });
  expect(events.map(({ type }) => type)).toEqual([
    "webhook.created",
    ...["webhook.updated", "webhook.updated", "webhook.updated"],
    "webhook.deleted",
  ]);
  expect(JSON.parse(String(events[1]?.body))).toMatchObject({
    changes: { name: { before: "shop", after: "renamed" }, url: null },
    data: { id: resource.id, name: "renamed", url: null },
  });
  expect(JSON.parse(String(events[2]?.body))).toMatchObject({
    changes: { previousTokenEndsAt: { before: null, after: expect.any(Number) } },
  });
  for (const secret of [token, second, "third token", "elsewhere", "127.0.0.1"])
    expect(JSON.stringify(events)).not.toContain(String(secret));
});
