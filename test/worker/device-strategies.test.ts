/** Which device is which and whose its seat is (FP-1, SEAT-2, SEAT-3, NET-1), over HTTP with a real provider. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { created, jsonOf as jsonIn, read, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { jsonOf } from "../support/shop.ts";
import { appWith, claimsOf } from "../support/signed-in-app.ts";

const provider = await newProvider({
  ada: { email: "ada@devices.test", email_verified: true },
  grace: { email: "grace@devices.test", email_verified: true },
});
const app = appWith(provider.issuer);
const ada = (await provider.tokens("ada")).access_token;
const grace = (await provider.tokens("grace")).access_token;

async function licenseWith(members: object): Promise<{ readonly id: string; readonly key: string }> {
  const { id: productId } = await created("/products", { name: "App" });
  const { id, key } = await created("/licenses", { productId, ...members });
  return { id: String(id), key: String(key) };
}

async function evict(id: string): Promise<void> {
  await evictDurableObject(env.LICENSES.get(env.LICENSES.idFromName(locatorOf(id) ?? "")));
}

async function sessionOf(key: string, token: string | undefined, more: object): Promise<string> {
  return (await app.activated(key, token, more)).sessionId;
}

async function renewed(sessionId: string, token: string, fingerprint: string): Promise<Response> {
  return await app.call("POST", `/api/v1/activations/${sessionId}/renew`, { token, body: { fingerprint } });
}

describe("matching", () => {
  it("FP-1: a device is known by its parts, for as long as it is stored, and no other is", async () => {
    const { id, key } = await licenseWith({ fingerprintMatchingStrategy: "fuzzy", allowedActivations: 2 });
    const fingerprint = (board: string, net: string) => ({ fingerprint: `board=${board};disk=d;net=${net};os=linux` });
    const first = await app.activated(key, undefined, fingerprint("a", "1"));
    await evict(id);
    expect(await sessionOf(key, undefined, fingerprint("b", "1"))).toBe(first.sessionId);
    expect(await sessionOf(key, undefined, fingerprint("b", "2"))).toBe(first.sessionId);
    const other = await sessionOf(key, undefined, { fingerprint: "board=x;disk=y;net=z;os=linux" });
    expect(other).not.toBe(first.sessionId);
    await problemOf(
      await app.activate(key, undefined, { fingerprint: "board=q;disk=q;net=q;os=linux" }),
      409,
      "seats-exhausted",
    );
    expect((await renewed(first.sessionId, first.licenseToken, fingerprint("a", "9").fingerprint)).status).toBe(200);
    const stranger = await renewed(first.sessionId, first.licenseToken, "board=x;disk=y;net=z;os=linux");
    await problemOf(stranger, 403, "fingerprint-mismatch");
    const check = await app.call("POST", "/api/v1/activations/check", {
      body: { activationCode: key, ...fingerprint("b", "1") },
    });
    expect(await jsonOf(check)).toMatchObject({ valid: true, activated: null, sessionId: null });
  });

  it("NET-1, SEAT-3: under userLocked a device is the user's, too, and who does not say is 400", async () => {
    const { key } = await licenseWith({ userLocked: true, allowedActivations: 2 });
    const problem = await problemOf(await app.activate(key), 400, "invalid-request");
    expect(pointersOf(problem)).toEqual(["/userHash"]);
    const hers = await sessionOf(key, undefined, { userHash: "hash of ada" });
    expect(await sessionOf(key, undefined, { userHash: "hash of bob" })).not.toBe(hers);
    expect(await sessionOf(key, undefined, { userHash: "hash of ada" })).toBe(hers);
    await problemOf(await app.activate(key, undefined, { userHash: "hash of eve" }), 409, "seats-exhausted");
  });
});

describe("v3", () => {
  it("FP-1, SEAT-2, NET-1: knows the same devices, and tells its own codes", async () => {
    const productId = String((await created("/products", { name: "App" })).id);
    const sell = async (members: object) => String((await created("/licenses", { productId, ...members })).key);
    const said = (key: string, more: object) => ({ body: { key, productId, ...more } });
    const call = async (key: string, more: object, token?: string) =>
      await app.call("POST", "/v3/activations", { token, ...said(key, more) });

    const alike = await sell({ fingerprintMatchingStrategy: "loose", allowedActivations: 1, userLocked: true });
    const device = { fingerprint: "a=1;b=2;c=3;d=4", userHash: "hash" };
    const missing = await problemOf(await call(alike, { ...device, userHash: null }), 400, "INVALID_REQUEST");
    expect(pointersOf(missing)).toEqual(["/userHash"]);
    const grant = claimsOf(String((await jsonIn(await call(alike, device), 201)).activationToken));
    expect(grant).toMatchObject({ fms: "loose" });
    const later = { fingerprint: "a=1;b=2;c=x;d=y", userHash: "hash" };
    const resumed = claimsOf(String((await jsonIn(await call(alike, later), 201)).activationToken));
    expect(resumed["aid"]).toBe(grant["aid"]);
    await problemOf(await call(alike, { ...device, userHash: "other" }), 400, "ACTIVATION_LIMIT_REACHED");
    const path = `/v3/activations/${String(grant["aid"])}`;
    expect((await app.call("PATCH", path, said(alike, later))).status).toBe(200);
    const stranger = said(alike, { ...later, userHash: "other" });
    await problemOf(await app.call("PATCH", path, stranger), 400, "INVALID_ACTIVATION_FINGERPRINT");

    const shared = await sell({ leasingStrategy: "per-user", allowedActivations: 1 });
    await problemOf(await call(shared, device), 400, "AUTHENTICATION_FAILED");
    const hers = claimsOf(String((await jsonIn(await call(shared, device, ada), 201)).activationToken));
    expect(hers).toMatchObject({ ls: "per-user" });
    await jsonIn(await call(shared, later, ada), 201);
    await problemOf(await call(shared, device, grace), 400, "ACTIVATION_LIMIT_REACHED");
  });
});

describe("leasing", () => {
  const FLOATING = { type: "hosted-floating", leaseDuration: 3600 };

  it("SEAT-2: per instance, the same fingerprint takes seat after seat; without a lease it is 400", async () => {
    const { key } = await licenseWith({ ...FLOATING, leasingStrategy: "per-instance", allowedActivations: 2 });
    const sessions = [await sessionOf(key, undefined, {}), await sessionOf(key, undefined, {})];
    expect(new Set(sessions).size).toBe(2);
    await problemOf(await app.activate(key), 409, "seats-exhausted");
    const { id: productId } = await created("/products", { name: "App" });
    for (const members of [{}, { type: "hosted-floating", leaseDuration: 0 }]) {
      const body = { productId, leasingStrategy: "per-instance", ...members };
      const problem = await problemOf(await v3("POST", "/licenses", { body }), 400, "INVALID_REQUEST");
      expect(pointersOf(problem)).toEqual(["/leasingStrategy"]);
    }
  });

  it("SEAT-2: per user, a person's devices share a seat, over evictions and revokes", async () => {
    const { id, key } = await licenseWith({ ...FLOATING, leasingStrategy: "per-user", allowedActivations: 1 });
    await problemOf(await app.activate(key), 403, "authentication-required");
    const laptop = await sessionOf(key, ada, { fingerprint: "laptop" });
    await sessionOf(key, ada, { fingerprint: "phone" });
    await evict(id);
    await sessionOf(key, ada, { fingerprint: "tablet" });
    expect(await sessionOf(key, ada, { fingerprint: "laptop" })).toBe(laptop);
    const full = await problemOf(await app.activate(key, grace, { fingerprint: "laptop" }), 409, "seats-exhausted");
    expect(full).toMatchObject({ limit: 1, used: 1 });
    expect(await read(`/licenses/${id}`)).toMatchObject({ leasingStrategy: "per-user", totalActivations: 3 });
    expect(await read(`/licenses/${id}/usage`)).toMatchObject({ used: 1, limit: 1 });
    for (const revoked of [true, false]) await jsonOf(await v3("PATCH", `/licenses/${id}`, { body: { revoked } }));
    await sessionOf(key, grace, { fingerprint: "laptop" });
    await problemOf(await app.activate(key, ada, { fingerprint: "laptop" }), 409, "seats-exhausted");
  });
});
