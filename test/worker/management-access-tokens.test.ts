/** Personal access tokens (MGMT-5), and who may call /v3 at all. */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, listOf, mint, read, rowCounts, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { look } from "../support/shop.ts";

const TOKENS = "/personal-access-tokens";

describe("who may call", () => {
  const paths: readonly (readonly [string, string])[] = [
    ["POST", TOKENS],
    ["GET", TOKENS],
    ["GET", `${TOKENS}/x`],
    ["PATCH", `${TOKENS}/x`],
    ["DELETE", `${TOKENS}/x`],
    ["POST", "/products"],
    ["GET", "/products"],
    ["GET", "/products/x"],
    ["PATCH", "/products/x"],
    ["POST", "/licenses"],
    ["GET", "/licenses"],
    ["GET", "/licenses/x"],
    ["PATCH", "/licenses/x"],
    ["DELETE", "/licenses/x"],
    ["POST", "/licenses/x/renew"],
  ];

  it("MGMT-5: refuses the anonymous, made-up tokens and other schemes on every route, with 401", async () => {
    for (const [method, path] of paths) {
      const anonymous = await v3(method, path, { token: null });
      expect(anonymous.headers.get("WWW-Authenticate")).toBe("Bearer");
      await problemOf(anonymous, 401, "UNAUTHORIZED");
      await problemOf(await v3(method, path, { token: `lh_pat_${"A".repeat(43)}` }), 401, "UNAUTHORIZED");
      await problemOf(await v3(method, path, { token: "nonsense" }), 401, "UNAUTHORIZED");
    }
    const basic = await v3("GET", "/licenses", { token: null, headers: { Authorization: "Basic Zm9vOmJhcg==" } });
    await problemOf(basic, 401, "UNAUTHORIZED");
  });

  it("MGMT-5: a token without the route's scope is 403, and nothing is written", async () => {
    const token = await mint(["tag:read"]);
    const before = await rowCounts();
    for (const [method, path] of paths) await problemOf(await v3(method, path, { token }), 403, "FORBIDDEN");
    expect(await rowCounts()).toEqual(before);
  });

  it("MGMT-5: read does not write, write does not read, and each scope is of its own resource", async () => {
    const reader = await mint(["license:read"]);
    expect((await v3("GET", "/licenses", { token: reader })).status).toBe(200);
    await problemOf(await v3("POST", "/licenses", { token: reader, body: {} }), 403, "FORBIDDEN");
    await problemOf(await v3("GET", "/products", { token: reader }), 403, "FORBIDDEN");
    const writer = await mint(["license:write"]);
    await problemOf(await v3("GET", "/licenses", { token: writer }), 403, "FORBIDDEN");
    await problemOf(await v3("POST", "/licenses", { token: writer, body: {} }), 400, "INVALID_REQUEST");
  });

  it("MGMT-5: ROOT_SECRET mints access tokens and does nothing else", async () => {
    for (const [method, path] of paths) {
      if (method === "POST" && path === TOKENS) continue;
      await problemOf(await v3(method, path, { token: ROOT_SECRET }), 403, "FORBIDDEN");
    }
    const minted = await created(TOKENS, { name: "first", scopes: ["license:read"] }, ROOT_SECRET);
    expect(minted.token).toMatch(/^lh_pat_[A-Za-z0-9_-]{43}$/);
    await problemOf(await v3("POST", TOKENS, { token: `${ROOT_SECRET}x`, body: {} }), 401, "UNAUTHORIZED");
  });

  it("MGMT-5: an expired, a revoked and a deleted token are 401", async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const expiring = await mint(["license:read"], { expiresAt: soon });
    expect((await v3("GET", "/licenses", { token: expiring })).status).toBe(200);
    vi.setSystemTime(Date.now() + 60_000);
    await problemOf(await v3("GET", "/licenses", { token: expiring }), 401, "UNAUTHORIZED");
    vi.useRealTimers();

    const revoked = await created(TOKENS, { name: "r", scopes: ["license:read"] });
    await jsonOf(await v3("PATCH", `${TOKENS}/${revoked.id}`, { body: { revoked: true } }), 200);
    await problemOf(await v3("GET", "/licenses", { token: String(revoked.token) }), 401, "UNAUTHORIZED");

    const deleted = await created(TOKENS, { name: "d", scopes: ["license:read"] });
    expect((await v3("DELETE", `${TOKENS}/${deleted.id}`)).status).toBe(204);
    await problemOf(await v3("GET", "/licenses", { token: String(deleted.token) }), 401, "UNAUTHORIZED");
  });
});

describe("the resource", () => {
  it("MGMT-5: shows the token once, stores only its hash", async () => {
    const minted = await created(TOKENS, { name: "shop", scopes: ["license:read", "license:read", "product:read"] });
    const { token, ...resource } = minted;
    expect(resource).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{14}7[0-9a-f-]{21}$/),
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: minted.createdAt,
      name: "shop",
      scopes: ["license:read", "product:read"],
      expiresAt: null,
      revoked: false,
      mintedBy: expect.stringMatching(/^[0-9a-f-]{36}$/),
      lastUsedAt: null,
    });
    expect(await read(`${TOKENS}/${minted.id}`)).toEqual(resource);
    expect(await listOf(await v3("GET", `${TOKENS}?limit=100`))).toContainEqual(resource);
    const stored = await env.DB.prepare("SELECT * FROM access_tokens WHERE id = ?").bind(minted.id).all();
    expect(JSON.stringify(stored.results)).not.toContain(token);
    expect(stored.results[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("MGMT-5: a token mints only scopes that it holds", async () => {
    const minter = await mint(["personalAccessToken:write", "license:read"]);
    await created(TOKENS, { name: "a", scopes: ["license:read"] }, minter);
    for (const scopes of [["license:write"], ["*"], ["license:read", "product:read"]]) {
      await problemOf(await v3("POST", TOKENS, { token: minter, body: { name: "b", scopes } }), 403, "FORBIDDEN");
    }
  });

  it("MGMT-5: a token mints none that outlives it, and the ends of both stay", async () => {
    const end = new Date(Date.now() + 60_000).toISOString();
    const later = new Date(Date.parse(end) + 1).toISOString();
    const minter = await mint(["personalAccessToken:write", "tag:read"], { expiresAt: end });
    const body = { name: "child", scopes: ["tag:read"] };
    const before = await rowCounts();
    for (const expiresAt of [undefined, null, later, "2999-01-01T00:00:00Z"]) {
      const answer = await v3("POST", TOKENS, { token: minter, body: { ...body, expiresAt } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/expiresAt"]);
    }
    expect(await rowCounts()).toEqual(before);
    const child = await created(TOKENS, { ...body, expiresAt: end }, minter);
    const path = `${TOKENS}/${child.id}`;
    for (const expiresAt of [later, null, new Date(Date.parse(end) - 1).toISOString()]) {
      const changed = await problemOf(await v3("PATCH", path, { body: { expiresAt } }), 400, "INVALID_REQUEST");
      expect(pointersOf(changed)).toEqual(["/expiresAt"]);
    }
    expect((await read(path)).expiresAt).toBe(end);
    vi.setSystemTime(Date.parse(end));
    for (const token of [minter, String(child.token)]) {
      await problemOf(await v3("GET", "/tags", { token }), 401, "UNAUTHORIZED");
    }
    vi.useRealTimers();
  });

  it("MGMT-5: ROOT_SECRET and a token without an end mint with any, and without", async () => {
    for (const minter of [ROOT_SECRET, await mint(["personalAccessToken:write", "tag:read"])]) {
      for (const expiresAt of [null, "2999-01-01T00:00:00.000Z"]) {
        const minted = await created(TOKENS, { name: "a", scopes: ["tag:read"], expiresAt }, minter);
        expect(minted.expiresAt).toBe(expiresAt);
      }
    }
  });

  it("MGMT-4: minting takes no Idempotency-Key", async () => {
    const headers = { "Idempotency-Key": "1" };
    const answer = await v3("POST", TOKENS, { headers, body: { name: "a", scopes: ["tag:read"] } });
    await problemOf(answer, 400, "INVALID_REQUEST");
  });

  it("points at what is wrong, and mints nothing", async () => {
    const before = await rowCounts();
    const cases: readonly (readonly [unknown, readonly string[]])[] = [
      [{}, ["/name", "/scopes"]],
      [{ name: "", scopes: ["tag:read"] }, ["/name"]],
      [{ name: "x".repeat(257), scopes: ["tag:read"] }, ["/name"]],
      [{ name: "a", scopes: [] }, ["/scopes"]],
      [{ name: "a", scopes: ["tag:read", "tag:burn"] }, ["/scopes/1"]],
      [{ name: "a", scopes: "tag:read" }, ["/scopes"]],
      [{ name: "a", scopes: ["tag:read"], expiresAt: "tomorrow" }, ["/expiresAt"]],
      [{ name: "a", scopes: ["tag:read"], expiresAt: "2020-01-01T00:00:00Z" }, ["/expiresAt"]],
    ];
    for (const [body, pointers] of cases) {
      expect(pointersOf(await problemOf(await v3("POST", TOKENS, { body }), 400, "INVALID_REQUEST"))).toEqual(pointers);
    }
    expect(await rowCounts()).toEqual(before);
  });

  it("MGMT-5: renames and revokes; a revoked token stays revoked; scopes never change", async () => {
    const minted = await created(TOKENS, { name: "a", scopes: ["tag:read"] });
    const path = `${TOKENS}/${minted.id}`;
    expect(await jsonOf(await v3("PATCH", path, { body: { name: "b", scopes: ["tag:read"] } }), 200)).toMatchObject({
      name: "b",
      revoked: false,
    });
    const more = await problemOf(await v3("PATCH", path, { body: { scopes: ["*"] } }), 400, "INVALID_REQUEST");
    expect(pointersOf(more)).toEqual(["/scopes"]);
    expect(await jsonOf(await v3("PATCH", path, { body: { revoked: true } }), 200)).toMatchObject({ revoked: true });
    const back = await problemOf(await v3("PATCH", path, { body: { revoked: false } }), 400, "INVALID_REQUEST");
    expect(pointersOf(back)).toEqual(["/revoked"]);
    expect(await read(path)).toMatchObject({ name: "b", revoked: true, scopes: ["tag:read"] });
  });

  it("ERR-3: unknown and malformed ids answer the same 404", async () => {
    for (const id of ["0199f6a0-0000-7000-8000-000000000000", "x", "%00", "%F0%9F%92%A9"]) {
      for (const method of ["GET", "PATCH", "DELETE"]) {
        await problemOf(await v3(method, `${TOKENS}/${id}`), 404, "NOT_FOUND");
      }
    }
  });

  it.each([
    ["/v3", async (token: string) => await v3("GET", "/licenses", { token })],
    [
      "the activation API",
      async (token: string) => await look("00000000-0000-8000-8000-000000000000", `Bearer ${token}`),
    ],
  ])("MGMT-5: records the last use at %s, at most once a minute", async (_, call) => {
    const minted = await created(TOKENS, { name: "a", scopes: ["license:read"] });
    const lastUse = async () => {
      const row = env.DB.prepare("SELECT last_used_at FROM access_tokens WHERE id = ?").bind(minted.id);
      return await row.first<number | null>("last_used_at");
    };
    const use = async () => await call(String(minted.token));
    await use();
    await vi.waitUntil(async () => (await lastUse()) !== null);
    const first = await lastUse();
    await use();
    await use();
    expect(await lastUse()).toBe(first);
    vi.setSystemTime(Number(first) + 60_000);
    await use();
    await vi.waitUntil(async () => (await lastUse()) !== first);
    vi.useRealTimers();
    expect(await lastUse()).toBe(Number(first) + 60_000);
    expect((await read(`${TOKENS}/${minted.id}`)).updatedAt).toBe(minted.updatedAt);
  });
});
