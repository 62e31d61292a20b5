/** `/v3/products/{id}/keys` (TOK-4) and what it does to tokens, key sets and those who verify. */

import { env, exports } from "cloudflare:workers";
import { createLocalJWKSet, decodeProtectedHeader, exportPKCS8, generateKeyPair, jwtVerify, type JWK } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { wrappingContext } from "../../src/tokens/key-ring.ts";
import { created, jsonOf, listOf, mint, v3, type Json } from "../support/management.ts";
import { activated, bearer, deployment } from "../support/shop.ts";

const MINUTE = 60_000;

afterEach(() => void vi.useRealTimers());

async function product(more: Json = {}): Promise<string> {
  return String((await created("/products", { name: "App", ...more })).id);
}

async function keysOf(id: string): Promise<readonly Json[]> {
  return await listOf(await v3("GET", `/products/${id}/keys`));
}

async function statuses(id: string): Promise<readonly unknown[]> {
  return (await keysOf(id)).map(({ status }) => status).toSorted();
}

async function keyAs(id: string, status: string): Promise<string> {
  return String((await keysOf(id)).find((key) => key.status === status)?.kid);
}

async function act(id: string, kid: string, what: string): Promise<Response> {
  return await v3("POST", `/products/${id}/keys/${kid}/${what}`);
}

function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

async function keySet(id: string): Promise<{ readonly keys: JWK[] }> {
  const answer = await exports.default.fetch(`http://leasehold.test/v3/products/${id}/jwks`);
  return await answer.json();
}

async function newToken(id: string): Promise<string> {
  const license = await created("/licenses", { productId: id });
  return (await activated(String(license.key), "a device")).licenseToken;
}

describe("a product", () => {
  it("TOK-4, TOK-5: is made with a key that signs and one in reserve, both of them published", async () => {
    const id = await product();
    expect(await statuses(id)).toEqual(["active", "published"]);
    const keys = await keysOf(id);
    expect((await keySet(id)).keys).toEqual(keys.map(({ publicKey }) => publicKey));
    expect(decodeProtectedHeader(await newToken(id)).kid).toBe(await keyAs(id, "active"));
    expect(JSON.stringify(keys)).not.toMatch(/"d":|private/i);
  });

  it("TOK-4: turns to the reserve; what the old key signed verifies on, and a new reserve is published", async () => {
    const id = await product();
    const [old, reserve] = [await keyAs(id, "active"), await keyAs(id, "published")];
    const token = await newToken(id);
    const copy = createLocalJWKSet(await keySet(id));
    expect(await jsonOf(await act(id, reserve, "activate"), 409)).toMatchObject({ code: "KEY_TOO_NEW" });
    later(MINUTE);
    expect(await jsonOf(await act(id, reserve, "activate"), 200)).toMatchObject({ kid: reserve, status: "active" });
    expect(await statuses(id)).toEqual(["active", "published", "retired"]);
    // Lost answers: the same call again changes nothing.
    await jsonOf(await act(id, reserve, "activate"), 200);
    expect(await statuses(id)).toEqual(["active", "published", "retired"]);
    later(MINUTE);
    const next = await newToken(id);
    expect(decodeProtectedHeader(next).kid).toBe(reserve);
    // Yesterday's copy of the key set has the reserve.
    await jwtVerify(next, copy);
    await jwtVerify(token, createLocalJWKSet(await keySet(id)));
    expect(await jsonOf(await act(id, old, "retire"), 200)).toMatchObject({ status: "retired" });
    expect(await jsonOf(await act(id, reserve, "retire"), 409)).toMatchObject({ code: "IN_USE" });
  });

  it("TOK-4: whose key is compromised signs with the reserve, and nothing signed by the other counts", async () => {
    const id = await product();
    const [stolen, reserve] = [await keyAs(id, "active"), await keyAs(id, "published")];
    const license = await created("/licenses", { productId: id, type: "hosted-floating", leaseDuration: 3_600 });
    const document = await activated(String(license.key), "a device");
    // Also of a reserve that is not a minute old: nobody waits with a stolen key.
    await jsonOf(await act(id, stolen, "compromise"), 200);
    expect(await statuses(id)).toEqual(["active", "compromised", "published"]);
    const row = await env.DB.prepare("SELECT * FROM signing_keys WHERE kid = ?1").bind(stolen).first<Json>();
    const { wrapping } = await deployment();
    const wrapped = { ciphertext: String(row?.private_key), wrappingKey: String(row?.wrapping_key) };
    expect(await wrapping.decrypt(wrapped, wrappingContext(stolen))).toEqual(new Uint8Array(0));
    later(MINUTE);
    expect((await keySet(id)).keys.map(({ kid }) => kid)).not.toContain(stolen);
    const renewed = await exports.default.fetch(
      `http://leasehold.test/api/v1/activations/${document.sessionId}/renew`,
      { method: "POST", headers: { Authorization: bearer(document) } },
    );
    expect(renewed.status).toBe(401);
    const again = await activated(String(license.key), "a device");
    expect(again.sessionId).toBe(document.sessionId);
    expect(decodeProtectedHeader(again.licenseToken).kid).toBe(reserve);
    for (const what of ["activate", "retire"]) {
      expect(await jsonOf(await act(id, stolen, what), 409)).toMatchObject({ code: "KEY_COMPROMISED" });
    }
  });

  it("TOK-7: its key set is vouched for by an old key, so that who pins it follows", async () => {
    const id = await product();
    const [old, reserve] = [await keyAs(id, "active"), await keyAs(id, "published")];
    const pinned = createLocalJWKSet({ keys: (await keySet(id)).keys.filter(({ kid }) => kid === old) });
    later(MINUTE);
    await jsonOf(await act(id, reserve, "activate"), 200);
    later(MINUTE);
    const url = `http://leasehold.test/v3/products/${id}/jwks.jwt`;
    const answer = await exports.default.fetch(`${url}?by=${old}`);
    expect(answer.headers.get("Content-Type")).toBe("application/jwt");
    expect(answer.headers.get("Cache-Control")).toMatch(/^public, max-age=\d+$/);
    const { payload, protectedHeader } = await jwtVerify(await answer.text(), pinned, { subject: id });
    expect(protectedHeader).toMatchObject({ typ: "jwk-set+jwt", kid: old });
    expect((payload["keys"] as JWK[]).map(({ kid }) => kid)).toContain(reserve);
    expect((await exports.default.fetch(`${url}?by=nobody`)).status).toBe(404);
    expect(decodeProtectedHeader(await (await exports.default.fetch(url)).text()).kid).toBe(reserve);
  });
});

describe("keys that are brought along", () => {
  it.each(["ES256", "Ed25519", "RS256"] as const)("TOK-4: %s, as PKCS#8 and as JWK, once", async (tokenAlgorithm) => {
    const id = await product({ tokenAlgorithm });
    const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
    const pem = await exportPKCS8(privateKey);
    const headers = { "Idempotency-Key": `import ${tokenAlgorithm}` };
    const call = { body: { privateKey: pem }, headers };
    const key = await jsonOf(await v3("POST", `/products/${id}/keys`, call), 201);
    expect(key).toMatchObject({ status: "published", algorithm: tokenAlgorithm });
    expect(await jsonOf(await v3("POST", `/products/${id}/keys`, call), 201)).toEqual(key);
    const jwk = await crypto.subtle.exportKey("jwk", privateKey);
    const taken = await jsonOf(await v3("POST", `/products/${id}/keys`, { body: { privateKey: jwk } }), 409);
    expect(taken).toMatchObject({ code: "ALREADY_EXISTS", errors: [{ pointer: "/privateKey" }] });
    expect(await keysOf(id)).toHaveLength(3);
    later(MINUTE);
    await jsonOf(await act(id, String(key.kid), "activate"), 200);
    later(MINUTE);
    const { protectedHeader } = await jwtVerify(await newToken(id), createLocalJWKSet(await keySet(id)));
    expect(protectedHeader).toMatchObject({ kid: key.kid, alg: tokenAlgorithm });
  });

  it("TOK-4: another algorithm's is 400 at the member, and nothing is kept", async () => {
    const id = await product();
    const { privateKey } = await generateKeyPair("RS256", { extractable: true });
    const body = { privateKey: await exportPKCS8(privateKey) };
    const refused = await jsonOf(await v3("POST", `/products/${id}/keys`, { body }), 400);
    expect(refused).toMatchObject({ code: "INVALID_REQUEST", errors: [{ pointer: "/privateKey" }] });
    expect(JSON.stringify(refused)).not.toContain("BEGIN");
    expect(await keysOf(id)).toHaveLength(2);
  });
});

it("TOK-4, EVT-1: the product's event says what became of which key, and nothing else of them", async () => {
  const id = await product();
  const [old, reserve] = [await keyAs(id, "active"), await keyAs(id, "published")];
  later(MINUTE);
  await jsonOf(await act(id, reserve, "activate"), 200);
  const [event] = await vi.waitUntil(async () => {
    const found = await listOf(await v3("GET", `/event-logs?resourceId=${id}&event=product.updated`));
    return found.length === 1 ? found : null;
  });
  const made = await keyAs(id, "published");
  const before = [
    { kid: old, status: "active" },
    { kid: reserve, status: "published" },
  ];
  const after = [
    { kid: old, status: "retired" },
    { kid: reserve, status: "active" },
    { kid: made, status: "published" },
  ];
  const { signingKeys } = (event as Json).changes as Record<"signingKeys", Record<"before" | "after", Json[]>>;
  const byKid = (keys: readonly Json[]) => keys.toSorted((a, b) => String(a.kid).localeCompare(String(b.kid)));
  expect(byKid(signingKeys.before)).toEqual(byKid(before));
  expect(byKid(signingKeys.after)).toEqual(byKid(after));
});

it("TOK-4, MGMT-5: two at once leave one key that signs, and who lacks the scope changes nothing", async () => {
  const id = await product();
  for (const _ of [1, 2]) await created(`/products/${id}/keys`, {});
  later(MINUTE);
  const waiting = (await keysOf(id)).filter(({ status }) => status === "published").map(({ kid }) => String(kid));
  const answers = await Promise.all(waiting.map((kid) => act(id, kid, "activate")));
  for (const answer of answers) await jsonOf(answer, 200);
  expect((await statuses(id)).filter((status) => status === "active")).toHaveLength(1);
  const token = await mint(["product:read"]);
  const before = await keysOf(id);
  const kid = await keyAs(id, "published");
  for (const path of [`/products/${id}/keys`, `/products/${id}/keys/${kid}/compromise`]) {
    await jsonOf(await v3("POST", path, { token, ...(path.endsWith("keys") ? { body: {} } : {}) }), 403);
  }
  expect(await keysOf(id)).toEqual(before);
});
