/** What the six calls answer when they say yes: the documents, whole (DOC-1, CALL-1). */

import { env, exports } from "cloudflare:workers";
import { decodeJwt, decodeProtectedHeader, importSPKI, jwtVerify } from "jose";
import { describe, expect, it, vi } from "vitest";
import {
  activated,
  BASE,
  bearer,
  documentOf,
  jsonOf,
  look,
  newFloating,
  newLicense,
  newProduct,
  post,
  tryActivate,
  type Document,
} from "../support/shop.ts";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const TEXTS = {
  description: "An editor",
  legalNotice: "No warranty",
  copyright: "© Vendor",
  providerUrl: "https://vendor.test",
  providerEmail: "sales@vendor.test",
};

async function verified(document: Document) {
  const pem = `-----BEGIN PUBLIC KEY-----\n${document.tokenPublicKeyBase64}\n-----END PUBLIC KEY-----`;
  const { alg = "" } = decodeProtectedHeader(document.licenseToken);
  return await jwtVerify(document.licenseToken, await importSPKI(pem, alg));
}

describe("POST /license", () => {
  it("DOC-1: the nine members of MonetizeIt's page and ours, exactly so named and typed", async () => {
    const product = await newProduct(TEXTS);
    const license = await newFloating(3, { productId: product.id });
    const answer = await tryActivate(license.key);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    const document = await documentOf(answer);
    expect(Object.keys(document)).toEqual([
      "licenseToken",
      "tokenPublicKeyBase64",
      "version",
      "legalNotice",
      "copyright",
      "providerUrl",
      "providerEmail",
      "description",
      "licensedProducts",
      "sessionId",
      "leaseExpiresAt",
      "serverTime",
      "renewAfter",
    ]);
    expect(document).toMatchObject({ ...TEXTS, version: 1, licensedProducts: [product.id] });
    for (const instant of [document.leaseExpiresAt, document.renewAfter, document.serverTime])
      expect(instant).toMatch(INSTANT);
    expect(Date.parse(document.leaseExpiresAt ?? "") - Date.parse(document.serverTime)).toBe(3_600_000);
    expect(document.tokenPublicKeyBase64).toMatch(/^[A-Za-z0-9+/]+={0,2}$/);
    expect(answer.headers.get("Location")).toBe(`/api/v1/activations/${document.sessionId}`);
  });

  it("DOC-1: what is void is null, and product texts default to the empty string", async () => {
    const license = await newLicense({ serverSyncInterval: 0 });
    const document = await activated(license.key);
    expect(document).toMatchObject({ leaseExpiresAt: null, renewAfter: null });
    expect(document).toMatchObject({
      description: "",
      legalNotice: "",
      copyright: "",
      providerUrl: "",
      providerEmail: "",
    });
  });

  for (const tokenAlgorithm of ["ES256", "Ed25519", "RS256"] as const) {
    it(`DOC-1, TOK-1: the ${tokenAlgorithm} token verifies with the key in the document and with the JWKS`, async () => {
      const license = await newLicense({ productId: (await newProduct({ tokenAlgorithm })).id });
      const document = await activated(license.key);
      const { payload, protectedHeader } = await verified(document);
      expect(protectedHeader).toMatchObject({ typ: "license+jwt", alg: tokenAlgorithm });
      expect(payload).toMatchObject({ sub: license.id, sid: document.sessionId, aud: license.terms.productId });
      const path = `/v3/products/${license.terms.productId}/jwks`;
      const jwks = await jsonOf<{ keys: { kid: string }[] }>(
        await exports.default.fetch(`http://leasehold.test${path}`),
      );
      expect(jwks.keys.map((key) => key.kid)).toContain(protectedHeader.kid);
    });
  }

  it("CLOCK-1, TOK-2: the token's server_time is the instant that the document calls serverTime", async () => {
    const document = await activated((await newFloating(1)).key);
    const serverTime = Math.floor(Date.parse(document.serverTime) / 1000);
    expect(decodeJwt(document.licenseToken)).toMatchObject({ server_time: serverTime, iat: serverTime - 300 });
  });

  it("KEY-1: takes the key in lower case and with white space around it", async () => {
    const license = await newLicense();
    const document = await activated(`  ${license.key.toLowerCase()}\n`);
    expect(decodeJwt(document.licenseToken).sub).toBe(license.id);
  });

  it("NET-2: takes every member of MonetizeIt's page and ours, null for absent, and ignores unknown ones", async () => {
    const license = await newFloating(2, { allowClientLeaseDuration: true });
    const full = {
      email: "user@example.com",
      requestedLeaseDuration: "00:30:00",
      targetSoftwareVersion: "1.2.3",
      hostname: "host",
      userHash: "hash",
      vmName: "vm",
      container: true,
      unknown: { anything: [1] },
    };
    const document = await activated(license.key, "one", full);
    expect(Date.parse(document.leaseExpiresAt ?? "") - Date.parse(document.serverTime)).toBe(1_800_000);
    const nulls = Object.fromEntries(Object.keys(full).map((name) => [name, null]));
    expect((await activated(license.key, "two", nulls)).sessionId).not.toBe(document.sessionId);
  });

  it("NET-2, AUTH-4: records whatever e-mail is sent, MonetizeIt's sample too, and takes an empty one as none", async () => {
    const license = await newFloating(0);
    const emailOf = async (email: string) => {
      const { sessionId } = await activated(license.key, `device of ${email}`, { email });
      const facts = env.DB.prepare("SELECT facts ->> '$.email' AS email FROM activations WHERE id = ?").bind(sessionId);
      return await vi.waitUntil(async () => await facts.first<{ email: string | null }>());
    };
    for (const email of ["example", "user@example.com", " ", "a b@c", "x".repeat(320)]) {
      expect(await emailOf(email)).toEqual({ email });
    }
    expect(await emailOf("")).toEqual({ email: null });
  });

  it("IN-1: takes application/json-patch+json", async () => {
    const answer = await exports.default.fetch(`${BASE}/license`, {
      method: "POST",
      headers: { "Content-Type": "application/json-patch+json" },
      body: JSON.stringify({ activationCode: (await newLicense()).key, fingerprint: "device" }),
    });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
  });
});

describe("POST /jwt", () => {
  it("DOC-1: answers the token as a bare JSON string, with the session in Location", async () => {
    const license = await newLicense();
    const answer = await post("/jwt", { activationCode: license.key, fingerprint: "device" });
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    const location = answer.headers.get("Location");
    const token = await jsonOf<string>(answer);
    expect(decodeJwt(token).sub).toBe(license.id);
    expect(location).toBe(`/api/v1/activations/${String(decodeJwt(token)["sid"])}`);
  });
});

describe("POST /{sessionId}/renew", () => {
  it("DOC-1, LEASE-3: answers the document anew, of the same session, with no body needed", async () => {
    const first = await activated((await newFloating(1)).key);
    const answer = await post(`/${first.sessionId}/renew`, undefined, bearer(first));
    expect(answer.headers.get("Location")).toBe(`/api/v1/activations/${first.sessionId}`);
    const second = await documentOf(answer);
    expect(Object.keys(second)).toEqual(Object.keys(first));
    expect(second.sessionId).toBe(first.sessionId);
    expect(Date.parse(second.leaseExpiresAt ?? "")).toBeGreaterThanOrEqual(Date.parse(first.leaseExpiresAt ?? ""));
    expect((await verified(second)).payload["gen"]).toBe(decodeJwt(first.licenseToken)["gen"]);
  });

  it("LEASE-1: takes a wish and a fingerprint in its body", async () => {
    const first = await activated(
      (await newFloating(1, { allowClientLeaseDuration: true, maxLeaseDuration: 7_200 })).key,
    );
    const body = { fingerprint: "device", requestedLeaseDuration: "PT2H" };
    const second = await documentOf(await post(`/${first.sessionId}/renew`, body, bearer(first)));
    expect(Date.parse(second.leaseExpiresAt ?? "") - Date.parse(second.serverTime)).toBe(7_200_000);
  });

  it("ID-2: takes the session id in upper case", async () => {
    const first = await activated((await newFloating(1)).key);
    const second = await documentOf(await post(`/${first.sessionId.toUpperCase()}/renew`, undefined, bearer(first)));
    expect(second.sessionId).toBe(first.sessionId);
  });
});

describe("POST /{sessionId}/check-in", () => {
  it("CALL-1: renews the lease and signs nothing", async () => {
    const first = await activated((await newFloating(1)).key);
    const answer = await post(`/${first.sessionId}/check-in`, { fingerprint: "device" }, bearer(first));
    expect(answer.headers.get("Location")).toBeNull();
    const checkedIn = await jsonOf<Record<string, unknown>>(answer);
    expect(Object.keys(checkedIn)).toEqual([
      "sessionId",
      "leaseExpiresAt",
      "nextCheckInSeconds",
      "renewNow",
      "serverTime",
    ]);
    expect(checkedIn).toMatchObject({ sessionId: first.sessionId, renewNow: false });
    // LEASE-7: half a lease, and up to a tenth of that earlier.
    expect(checkedIn.nextCheckInSeconds).toBeLessThanOrEqual(1_800);
    expect(checkedIn.nextCheckInSeconds).toBeGreaterThanOrEqual(1_619);
    expect(checkedIn["leaseExpiresAt"]).toMatch(INSTANT);
    expect(checkedIn["serverTime"]).toMatch(INSTANT);
  });

  it("CALL-1: without a lease and without sync there is nothing to come back for", async () => {
    const first = await activated((await newLicense({ serverSyncInterval: 0 })).key);
    const checkedIn = await jsonOf<object>(await post(`/${first.sessionId}/check-in`, undefined, bearer(first)));
    expect(checkedIn).toMatchObject({ leaseExpiresAt: null, nextCheckInSeconds: null, renewNow: false });
  });
});

describe("POST /{sessionId}/check-out", () => {
  it("CALL-1: frees the seat", async () => {
    const license = await newFloating(1);
    const first = await activated(license.key, "one");
    expect((await tryActivate(license.key, "two")).status).toBe(409);
    const checkedOut = await jsonOf<object>(await post(`/${first.sessionId}/check-out`, undefined, bearer(first)));
    expect(checkedOut).toEqual({ sessionId: first.sessionId, serverTime: expect.stringMatching(INSTANT) });
    await activated(license.key, "two");
  });
});

describe("GET /{sessionId}", () => {
  it("DOC-1: the document without a token, of the last token's renewAfter, and nothing changes", async () => {
    const product = await newProduct(TEXTS);
    const first = await activated((await newFloating(1, { productId: product.id })).key);
    const answer = await look(first.sessionId, bearer(first));
    expect(answer.headers.get("Location")).toBeNull();
    const seen = await jsonOf<Document>(answer);
    const { licenseToken: _, serverTime: __, ...rest } = first;
    expect(seen).toEqual({ ...rest, serverTime: expect.stringMatching(INSTANT) });
    expect(await jsonOf<Document>(await look(first.sessionId, bearer(first)))).toMatchObject(rest);
  });
});
