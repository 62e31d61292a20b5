/**
 * The ids, the document and the token of an activation, member by member, as a client gets them (ID-1, ID-2, ID-6,
 * DOC-1, TOK-2, TOK-6).
 */

import { decodeJwt, type JWTPayload } from "jose";
import { describe, expect, it } from "vitest";
import { deriveBytes } from "../../src/tokens/derive.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { grantOf } from "../support/clients-v3.ts";
import { created as made, jsonOf as managed, license, productId, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, deployment, documentOf, post, tryActivate, type Document } from "../support/shop.ts";

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V8 = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HOUR = 3_600;

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** ID-1 by hand: the first 60 bits of HMAC-SHA-256 over the key, as hex digits. */
async function locatorByHand(key: string): Promise<string> {
  const secret = await deriveBytes(ROOT_SECRET, "locator-key", 32);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const mac = await crypto.subtle.sign(
    "HMAC",
    await crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]),
    new TextEncoder().encode(key),
  );
  return Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .slice(0, 15);
}

/** `custom_a` and `custom_b` of a UUIDv8 (RFC 9562, 5.8). */
function freeBits(id: string): string {
  expect(id).toMatch(UUID_V8);
  return id.replaceAll("-", "").slice(0, 12) + id.slice(15, 18);
}

function claimsOf(document: Document): JWTPayload {
  return decodeJwt(document.licenseToken);
}

function inSeconds(instant: unknown): number {
  return Math.floor(Date.parse(String(instant)) / 1000);
}

describe("ids", () => {
  it("ID-1, ID-2: license and session ids are UUIDv8 with the locator of the license's key, the rest differs", async () => {
    const created = await license({ allowedActivations: 3 });
    const locator = await locatorByHand(String(created.key));
    expect(freeBits(String(created.id))).toBe(locator);
    const sessions = [await activated(String(created.key), "one"), await activated(String(created.key), "two")];
    for (const { sessionId } of sessions) expect(freeBits(sessionId)).toBe(locator);
    const rest = [created.id, ...sessions.map(({ sessionId }) => sessionId)].map((id) => String(id).slice(19));
    expect(new Set(rest).size).toBe(3);
  });

  it("ID-2: after the key has changed, ids keep the locator of the license", async () => {
    const created = await license({ allowedActivations: 2 });
    const key = `changed ${crypto.randomUUID()}`;
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { key } }), 200);
    const { sessionId } = await activated(key);
    expect(freeBits(sessionId)).toBe(freeBits(String(created.id)));
    expect(freeBits(sessionId)).not.toBe(await locatorByHand(key));
  });
});

describe("other ids", () => {
  it("ID-6: are UUIDv7, and an invented secret has its prefix", async () => {
    const wanted = { name: "shop", scopes: ["license:read"] };
    const minted = await made("/personal-access-tokens", wanted);
    const user = await made("/users", {
      email: `ada-${crypto.randomUUID()}@example.com`,
      firstName: "Ada",
      lastName: "L",
    });
    for (const id of [minted.id, user.id, await productId()]) expect(id).toMatch(UUID_V7);
    expect(minted.token).toMatch(/^lh_pat_/);
  });
});

describe("the document", () => {
  it("DOC-1: each member has MonetizeIt's type, at activation and at renewal", async () => {
    const created = await license({ type: "hosted-floating", allowedActivations: 1 });
    const first = await activated(String(created.key));
    const second = await documentOf(await post(`/${first.sessionId}/renew`, undefined, bearer(first)));
    for (const document of [first, second]) {
      expect(document).toEqual({
        licenseToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenPublicKeyBase64: expect.any(String),
        version: 1,
        legalNotice: expect.any(String),
        copyright: expect.any(String),
        providerUrl: expect.any(String),
        providerEmail: expect.any(String),
        description: expect.any(String),
        licensedProducts: [created.productId],
        sessionId: expect.stringMatching(UUID_V8),
        leaseExpiresAt: expect.any(String),
        renewAfter: expect.any(String),
        serverTime: expect.any(String),
      });
      // Padded standard base64 of an SPKI structure: it comes back as it was, and is a key.
      expect(btoa(atob(document.tokenPublicKeyBase64))).toBe(document.tokenPublicKeyBase64);
      const spki = Uint8Array.from(atob(document.tokenPublicKeyBase64), (character) => character.charCodeAt(0));
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      expect((await crypto.subtle.importKey("spki", spki, algorithm, true, ["verify"])).type).toBe("public");
      expect(inSeconds(document.renewAfter)).toBe(claimsOf(document)["refresh_after"]);
      expect(inSeconds(document.leaseExpiresAt)).toBe(claimsOf(document)["lease_expires_at"]);
    }
  });
});

describe("the token's claims", () => {
  it("FEAT-1: features in both tokens, in a check and in the resource; a false one is 400 and changes nothing", async () => {
    const end = Math.floor(Date.now() / 1000) + HOUR;
    const expiresAt = new Date(end * 1000).toISOString();
    const sold = await license({
      allowedActivations: 2,
      featureEntitlements: [{ featureName: "cad" }, { featureName: "cores", value: 8, expiresAt }],
    });
    const told = { features: { cad: true, cores: 8 }, features_expire_at: { cores: end } };
    expect(claimsOf(await activated(String(sold.key)))).toMatchObject(told);
    expect(await grantOf(sold, { fingerprint: "f".repeat(64) })).toMatchObject(told);
    const checked = await post("/check", { activationCode: sold.key });
    expect(await managed(checked, 200)).toMatchObject({ features: told.features });
    const shown = await read(`/licenses/${sold.id}`);
    expect(shown.featureEntitlements).toMatchObject([
      { featureName: "cad", value: null, expiresAt: null, expired: false },
      { featureName: "cores", value: 8, expiresAt, expired: false },
    ]);
    const faults: [unknown, string][] = [
      [[{ featureName: "" }], "/featureEntitlements/0/featureName"],
      [[{ featureName: "a" }, { featureName: "a" }], "/featureEntitlements/1/featureName"],
      [[{ featureName: "a", value: {} }], "/featureEntitlements/0/value"],
      [[{ featureName: "a", expires: expiresAt }], "/featureEntitlements/0/expires"],
      [
        Array.from({ length: 5 }, (_, nth) => ({ featureName: `${nth}`, value: "x".repeat(1000) })),
        "/featureEntitlements",
      ],
    ];
    for (const [featureEntitlements, pointer] of faults) {
      const answer = await v3("PATCH", `/licenses/${sold.id}`, { body: { featureEntitlements } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    expect(await read(`/licenses/${sold.id}`)).toEqual({ ...shown, totalActivations: 2 });
    // What was read can be sent back, and an item whose name stays keeps its id.
    const again = await managed(await v3("PATCH", `/licenses/${sold.id}`, { body: shown }), 200);
    expect(again.featureEntitlements).toEqual(shown.featureEntitlements);
  });

  it("TOK-2: each claim, and no other", async () => {
    const [own, other] = [await productId(), await productId()];
    const created = await license({
      productId: own,
      licensedProductIds: [own, other],
      type: "hosted-floating",
      allowedActivations: 2,
      leaseDuration: HOUR,
      validity: 100 * HOUR,
    });
    const document = await activated(String(created.key), "cpu-4711");
    const claims = claimsOf(document);
    const serverTime = inSeconds(document.serverTime);
    expect(claims).toEqual({
      iss: `urn:leasehold:${(await deployment()).id}`,
      aud: [own, other],
      sub: created.id,
      sid: document.sessionId,
      jti: expect.stringMatching(UUID_V7),
      server_time: serverTime,
      iat: serverTime - 300,
      nbf: serverTime - 300,
      exp: inSeconds(document.leaseExpiresAt),
      fp: await sha256("cpu-4711"),
      products: [own, other],
      features: {},
      license_type: "hosted-floating",
      lease_expires_at: inSeconds(document.leaseExpiresAt),
      license_expires_at: inSeconds(created.expiresAt),
      refresh_after: inSeconds(document.renewAfter),
      grace_until: claims.exp,
      gen: 1,
    });
  });

  it("TOK-2: gen counts activations of the session, fp is of the fingerprint that was activated, jti never repeats", async () => {
    const created = await license();
    const first = await activated(String(created.key), "device");
    const second = await activated(String(created.key), "device");
    const body = { fingerprint: "device" };
    const third = await documentOf(await post(`/${first.sessionId}/renew`, body, bearer(first)));
    const fourth = await documentOf(await post(`/${first.sessionId}/renew`, undefined, bearer(first)));
    const claims = [first, second, third, fourth].map(claimsOf);
    expect(claims.map(({ gen }) => gen)).toEqual([1, 2, 2, 2]);
    expect(new Set(claims.map(({ fp }) => fp))).toEqual(new Set([await sha256("device")]));
    expect(new Set(claims.map(({ sid }) => sid))).toEqual(new Set([first.sessionId]));
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(4);
    expect(claims.map(({ aud }) => aud)).toEqual(Array(4).fill(created.productId));
  });

  it("TOK-2: the e-mail that an anonymous body names is nobody's claim, in a token of POST /jwt too", async () => {
    const created = await license();
    const named = { activationCode: created.key, fingerprint: "device", email: "ada@example.com" };
    expect("user" in claimsOf(await documentOf(await post("/license", named)))).toBe(false);
    const answer = await post("/jwt", named);
    const claims = decodeJwt(JSON.parse(await answer.text()) as string);
    expect(claims).toMatchObject({ sub: created.id, gen: 2 });
    expect("user" in claims).toBe(false);
  });
});

describe("the token's times", () => {
  /** Seconds from `server_time`, the refresh at the latest (LEASE-7); null = the claim is absent. */
  interface Times {
    readonly exp: number | null;
    readonly refresh: number | null;
  }

  const FLOATING = { type: "hosted-floating", leaseDuration: HOUR };
  const CASES: readonly (readonly [string, Json, Times])[] = [
    ["the lease is the least", { ...FLOATING, validity: 100 * HOUR }, { exp: HOUR, refresh: HOUR / 2 }],
    [
      "sync plus grace is the least",
      { ...FLOATING, validity: 100 * HOUR, serverSyncInterval: 600, serverSyncGracePeriod: 600 },
      { exp: 1_200, refresh: 600 },
    ],
    [
      "without a lease it is sync plus grace",
      { serverSyncInterval: 600, serverSyncGracePeriod: 300 },
      { exp: 900, refresh: 600 },
    ],
    [
      "the lease with its grace is the least",
      { ...FLOATING, leaseGracePeriod: 7_200, serverSyncGracePeriod: -1 },
      { exp: HOUR + 7_200, refresh: HOUR / 2 },
    ],
    ["grace without end", { serverSyncGracePeriod: -1 }, { exp: null, refresh: 3_600 }],
    ["there is none at all", { serverSyncInterval: 0, serverSyncGracePeriod: 0 }, { exp: null, refresh: null }],
  ];

  it.each(CASES)("TOK-6, LEASE-7, LEASE-8: exp, refresh_after and renewAfter where %s", async (_, members, times) => {
    const document = await activated(String((await license(members)).key));
    const claims = claimsOf(document);
    const serverTime = inSeconds(document.serverTime);
    const after = (seconds: number | null) => (seconds === null ? undefined : serverTime + seconds);
    expect(claims.exp).toBe(after(times.exp));
    expect(claims["grace_until"]).toBe(after(times.exp));
    if (document.leaseExpiresAt !== null) {
      expect(claims["lease_expires_at"]).toBe(after(HOUR));
      expect(inSeconds(document.leaseExpiresAt)).toBe(after(HOUR));
    }
    const refresh = Number(claims["refresh_after"] ?? Number.NaN);
    expect(document.renewAfter === null ? Number.NaN : inSeconds(document.renewAfter)).toBe(refresh);
    if (times.refresh === null) return expect(refresh).toBeNaN();
    expect(refresh).toBeLessThanOrEqual(serverTime + times.refresh);
    expect(refresh).toBeGreaterThanOrEqual(serverTime + Math.floor(times.refresh * 0.9) - 1);
  });

  it("TOK-6: the license's end is the least: exp is that end, refresh_after never later, the lease goes on", async () => {
    const created = await license({ ...FLOATING, validity: 900 });
    const document = await activated(String(created.key));
    const end = inSeconds(created.expiresAt);
    expect(claimsOf(document)).toMatchObject({
      exp: end,
      grace_until: end,
      license_expires_at: end,
    });
    expect(claimsOf(document)["refresh_after"]).toBeLessThanOrEqual(end);
    expect(inSeconds(document.leaseExpiresAt)).toBe(inSeconds(document.serverTime) + HOUR);
  });

  it("TOK-6: a rolling activation's own end is the least", async () => {
    const created = await license({ expirationStrategy: "rolling", validity: 900 });
    const document = await documentOf(await tryActivate(String(created.key)));
    const end = inSeconds(document.serverTime) + 900;
    expect(claimsOf(document)).toMatchObject({ exp: end, license_expires_at: end, grace_until: end });
  });
});
