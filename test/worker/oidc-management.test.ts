/** Signed-in people on /v3 (MGMT-5): the role admin has all scopes, support and agent some, anybody else none. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Vars } from "../../src/config/config.ts";
import { plant, type Planted } from "../support/planted-routes.ts";
import { jsonOf, listOf, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { newFloating } from "../support/shop.ts";
import { appWith, type SignedInApp } from "../support/signed-in-app.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const NAMESPACED = "https://acme.test/claims/roles";
const EMAIL = "boss@acme.test";

async function signedIn(
  claims: Record<string, unknown>,
  vars: Vars = {},
): Promise<{ app: SignedInApp; token: string }> {
  const provider = await newProvider({ "subject-1": { email: EMAIL, email_verified: true, ...claims } });
  return { app: appWith(provider.issuer, vars), token: (await provider.tokens("subject-1")).access_token };
}

describe("the role admin", () => {
  it.each([
    ["roles", { roles: ["admin"] }],
    ["realm_access.roles", { realm_access: { roles: ["offline_access", "admin"] } }],
    [NAMESPACED, { [NAMESPACED]: ["admin"] }],
  ])("MGMT-5: at %s has all scopes", async (claim, claims) => {
    const { app, token } = await signedIn(claims, { OIDC_ROLES_CLAIM: claim });
    const product = await jsonOf(await app.call("POST", "/v3/products", { token, body: { name: "App" } }), 201);
    const license = await jsonOf(
      await app.call("POST", "/v3/licenses", { token, body: { productId: product.id, validity: 86_400 } }),
      201,
    );
    const path = `/v3/licenses/${String(license.id)}`;
    const renewed = await jsonOf(await app.call("POST", `${path}/renew`, { token }), 200);
    expect(Date.parse(String(renewed.expiresAt))).toBe(Date.parse(String(license.expiresAt)) + 86_400_000);
    await jsonOf(await app.call("PATCH", path, { token, body: { suspended: true } }), 200);
    expect((await app.call("DELETE", path, { token })).status).toBe(204);
  });

  it("EVT-1: is named in events by its subject, never by its e-mail", async () => {
    const { app, token } = await signedIn({ roles: ["admin"] });
    const product = await jsonOf(await app.call("POST", "/v3/products", { token, body: { name: "Seen" } }), 201);
    const rows = await env.DB.prepare(
      `SELECT actor FROM ${EVENTS} WHERE subject_id = ?1 UNION ALL SELECT event FROM outbox WHERE event LIKE ?2`,
    )
      .bind(product.id, `%${String(product.id)}%`)
      .all<{ actor: string }>();
    expect(rows.results.length).toBeGreaterThan(0);
    for (const { actor } of rows.results) {
      expect(actor).toContain('{"type":"user","id":"subject-1"}');
      expect(actor).not.toContain(EMAIL);
    }
  });

  it("MGMT-5: mints access tokens within a year", async () => {
    const { app, token } = await signedIn({ roles: "admin" });
    const in366Days = Date.now() + 366 * 86_400_000;
    const wanted = { name: "mine", scopes: ["license:read"] };
    for (const expiresAt of [undefined, null, new Date(in366Days + 60_000).toISOString()]) {
      const answer = await app.call("POST", "/v3/personal-access-tokens", { token, body: { ...wanted, expiresAt } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/expiresAt"]);
    }
    const body = { ...wanted, expiresAt: new Date(in366Days - 60_000).toISOString() };
    const minted = await jsonOf(await app.call("POST", "/v3/personal-access-tokens", { token, body }), 201);
    expect((await app.call("GET", "/v3/licenses", { token: String(minted.token) })).status).toBe(200);
  });
});

describe("the roles support and agent", () => {
  let planted: Planted;
  beforeAll(async () => {
    planted = await plant();
  });

  it.each(["support", "agent"])("MGMT-5: %s says so at /v3/me, and ends an activation or may not", async (role) => {
    const { app, token } = await signedIn({ roles: [role] });
    const me = await jsonOf(await app.call("GET", "/v3/me", { token }), 200);
    expect(me).toMatchObject({ role, email: EMAIL });
    const path = `/v3/activations/${planted.activation}`;
    const ended = await app.call("DELETE", path, { token });
    expect(ended.status).toBe(role === "agent" ? 204 : 403);
    expect((await app.call("GET", path, { token })).status).toBe(role === "agent" ? 404 : 200);
  });

  it("EVT-4: are the vendor's people in events, and the words of a refusal name the scope", async () => {
    const { app, token } = await signedIn({ roles: ["agent"] });
    const { id, key } = await newFloating(2);
    const { sessionId } = await app.activated(key);
    expect((await app.call("DELETE", `/v3/activations/${sessionId}`, { token })).status).toBe(204);
    const told = await listOf(await v3("GET", `/event-logs?resourceId=${id}&event=activation.deleted`));
    expect(told).toMatchObject([{ actor: { type: "user", id: "subject-1" } }]);
    const problem = await problemOf(await app.call("POST", "/v3/users", { token, body: {} }), 403, "FORBIDDEN");
    expect(problem.detail).toBe("You are signed in, but your role lacks the scope user:write.");
  });
});

describe("anybody else", () => {
  it("MGMT-5: a person without the role is 403 everywhere, and changes nothing", async () => {
    const { app, token } = await signedIn({ roles: ["editor"], realm_access: { roles: ["admin"] } });
    const before = await env.DB.prepare("SELECT count(*) AS products FROM products").first();
    for (const [method, path] of [
      ["GET", "/v3/products"],
      ["POST", "/v3/products"],
      ["GET", "/v3/licenses"],
      ["GET", "/v3/users"],
      ["POST", "/v3/personal-access-tokens"],
      ["GET", "/v3/personal-access-tokens"],
    ] as const) {
      await problemOf(
        await app.call(method, path, { token, ...(method === "POST" ? { body: {} } : {}) }),
        403,
        "FORBIDDEN",
      );
    }
    expect(await env.DB.prepare("SELECT count(*) AS products FROM products").first()).toEqual(before);
  });

  it("MGMT-5: a token of another provider, a changed one and half of one are 401", async () => {
    const { app, token } = await signedIn({ roles: ["admin"] });
    const other = await signedIn({ roles: ["admin"] });
    for (const wrong of [other.token, `${token.slice(0, -8)}AAAAAAAA`, token.split(".").slice(0, 2).join(".")]) {
      await problemOf(await app.call("GET", "/v3/products", { token: wrong }), 401, "UNAUTHORIZED");
    }
    expect((await app.call("GET", "/v3/products", { token })).status).toBe(200);
  });

  it("TOK-3: a license token is nobody on /v3", async () => {
    const { app, token } = await signedIn({ roles: ["admin"] });
    const product = await jsonOf(await app.call("POST", "/v3/products", { token, body: { name: "App" } }), 201);
    const license = await jsonOf(
      await app.call("POST", "/v3/licenses", { token, body: { productId: product.id } }),
      201,
    );
    const { licenseToken } = await app.activated(String(license.key));
    await problemOf(await app.call("GET", "/v3/licenses", { token: licenseToken }), 401, "UNAUTHORIZED");
  });
});
