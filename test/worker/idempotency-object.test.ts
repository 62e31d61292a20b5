/** MGMT-4: calls that a license's object answers, sent again with the same Idempotency-Key. */

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import type { LicenseView } from "../../src/domain/terms/license.ts";
import { jsonOf, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import {
  activated,
  bearer,
  change,
  documentOf,
  look,
  manager,
  newFloating,
  newLicense,
  post,
  remove,
  tryActivate,
  tryActivateOnce,
} from "../support/shop.ts";

const YEAR = 365 * 86_400;

async function lengthen(id: string, verb: "renew" | "extend", key: string, body?: Json): Promise<Response> {
  return await v3("POST", `/licenses/${id}/${verb}`, { body, headers: { "Idempotency-Key": key } });
}

function objectOf(license: LicenseView) {
  return env.LICENSES.get(env.LICENSES.idFromName(locatorOf(license.id) ?? ""));
}

async function rows(license: LicenseView, query: string): Promise<readonly Json[]> {
  return await runInDurableObject(objectOf(license), (_, { storage }) => storage.sql.exec(query).toArray());
}

async function eventsOf(license: LicenseView): Promise<number> {
  const [row] = await rows(license, "SELECT event_seq AS n FROM tally");
  return Number(row?.["n"]);
}

describe.each([
  ["renew", {}, YEAR],
  ["extend", { extensionLength: 60 }, 60],
] as const)("%s of a license", (verb, body, seconds) => {
  it("MGMT-4: across its birth, adds once; the answer is the same then, and tells nobody", async () => {
    const license = await newLicense({ validity: YEAR });
    const copies = await Promise.all(Array.from({ length: 5 }, () => lengthen(license.id, verb, "invoice 1", body)));
    const [first, ...others] = await Promise.all(copies.map((copy) => jsonOf(copy, 200)));
    expect(others).toEqual(others.map(() => first));
    expect(Date.parse(String(first?.expiresAt)) - license.terms.createdAt).toBe((YEAR + seconds) * 1000);
    const before = await eventsOf(license);
    await evictDurableObject(objectOf(license));
    expect(await jsonOf(await lengthen(license.id, verb, "invoice 1", body), 200)).toEqual(first);
    expect(await eventsOf(license)).toBe(before);
    const other = await lengthen(license.id, verb, "invoice 1", { ...body, unknown: 1 });
    await problemOf(other, 422, "IDEMPOTENCY_KEY_REUSED");
    const next = await jsonOf(await lengthen(license.id.toUpperCase(), verb, "invoice 2", body), 200);
    expect(Date.parse(String(next.expiresAt)) - license.terms.createdAt).toBe((YEAR + 2 * seconds) * 1000);
    expect((await jsonOf(await v3("GET", `/licenses/${license.id}`), 200)).expiresAt).toBe(next.expiresAt);
  });

  it("MGMT-4: a malformed key is 400, a deleted license 404 also for a key that is kept", async () => {
    const license = await newLicense({ validity: YEAR });
    await problemOf(await lengthen(license.id, verb, "k".repeat(256), body), 400, "INVALID_REQUEST");
    expect((await lengthen(license.id, verb, "kept", body)).status).toBe(200);
    await remove(license);
    await problemOf(await lengthen(license.id, verb, "kept", body), 404, "NOT_FOUND");
  });
});

describe("a renewal's key", () => {
  it("MGMT-4: an absent body and an empty object are two bodies", async () => {
    const license = await newLicense({ validity: YEAR });
    expect((await lengthen(license.id, "renew", "k")).status).toBe(200);
    await problemOf(await lengthen(license.id, "renew", "k", {}), 422, "IDEMPOTENCY_KEY_REUSED");
  });

  it("MGMT-4: is the caller's and the path's own", async () => {
    const license = await newLicense({ validity: YEAR });
    const token = (await manager("license:write")).replace("Bearer ", "");
    const headers = { "Idempotency-Key": "k" };
    for (const call of [{}, { token }]) await v3("POST", `/licenses/${license.id}/renew`, { headers, ...call });
    const extended = await lengthen(license.id, "extend", "k", { extensionLength: 1 });
    const added = Date.parse(String((await jsonOf(extended, 200)).expiresAt)) - license.terms.createdAt;
    expect(added).toBe((3 * YEAR + 1) * 1000);
  });

  it("MGMT-4: is kept as hashes, and goes with the license", async () => {
    const license = await newLicense({ validity: YEAR });
    await lengthen(license.id, "renew", "the invoice");
    const [row] = await rows(license, "SELECT hex(key) || hex(body_hash) AS hashes FROM idempotency_record");
    expect(String(row?.["hashes"])).toMatch(/^[0-9A-F]{128}$/);
    await remove(license);
    expect(await rows(license, "SELECT 1 FROM idempotency_record")).toEqual([]);
  });
});

describe.each(["/license", "/jwt"])("activating at %s with a key", (path) => {
  const send = async (license: LicenseView, key: string, more: Json = {}, authorization?: string) =>
    await post(path, { activationCode: license.key, fingerprint: "device", ...more }, authorization, {
      "Idempotency-Key": key,
    });
  const tokenOf = async (answer: Response): Promise<string> => {
    expect(answer.status).toBe(200);
    const told = (await answer.json()) as string | { readonly licenseToken: string };
    return typeof told === "string" ? told : told.licenseToken;
  };

  it("MGMT-4: across the birth and at once takes one seat; each answer is signed anew and names the same activation", async () => {
    const license = await newFloating(3);
    const copies = await Promise.all(Array.from({ length: 5 }, () => send(license, "first")));
    const tokens = await Promise.all(copies.map(tokenOf));
    await evictDurableObject(objectOf(license));
    const claims = [...tokens, await tokenOf(await send(license, "first"))].map((token) => decodeJwt(token));
    expect(new Set(claims.map(({ sid, gen }) => `${String(sid)} ${String(gen)}`)).size).toBe(1);
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(6);
    expect(new Set(claims.map(({ lease_expires_at: end }) => end)).size).toBe(1);
    expect((await jsonOf(await v3("GET", `/licenses/${license.id}`), 200)).totalActivations).toBe(1);
  });

  it("MGMT-4: refuses another body, a malformed key before credentials, and unknown codes as without a key", async () => {
    const license = await newFloating(3);
    await tokenOf(await send(license, "k"));
    await problemOf(await send(license, "k", { hostname: "h" }), 422, "idempotency-key-reused");
    await problemOf(await send(license, "", {}, "Bearer nonsense"), 400, "invalid-request");
    await problemOf(await send(license, "k", {}, "Bearer nonsense"), 401, "credentials-invalid");
    await problemOf(await send({ ...license, key: "NOBODYS" }, "k"), 404, "activation-code-unknown");
  });

  it("MGMT-4: an activation that has ended is 409, a license that is refused says so", async () => {
    const license = await newFloating(3);
    const token = await tokenOf(await send(license, "k"));
    const { sid } = decodeJwt(token);
    expect((await post(`/${String(sid)}/check-out`, undefined, `Bearer ${token}`)).status).toBe(200);
    const ended = await problemOf(await send(license, "k"), 409, "activation-ended");
    expect(ended.action).toBe("activate-again");
    await change(license, { suspended: true });
    await problemOf(await send(license, "k"), 403, "license-suspended");
    await change(license, { effectiveAt: Date.now() + 3_600_000 });
    await problemOf(await send(license, "k"), 403, "license-not-yet-effective");
    await change(license, { revoked: true });
    await problemOf(await send(license, "k"), 403, "license-revoked");
  });

  it("MGMT-4: other devices and signed-out managers have keys of their own, or the device's", async () => {
    const license = await newFloating(3);
    const first = decodeJwt(await tokenOf(await send(license, "k")));
    const other = decodeJwt(await tokenOf(await send(license, "k", { fingerprint: "other" })));
    expect(other.sid).not.toBe(first.sid);
    // AUTH-2: at activation a management token counts as anonymous.
    const managed = decodeJwt(await tokenOf(await send(license, "k", {}, await manager("*"))));
    expect([managed.sid, managed.gen]).toEqual([first.sid, 1]);
  });
});

describe("an activation's key", () => {
  it("MGMT-4: expired is 404, as at an activation", async () => {
    const license = await newLicense({ validity: YEAR });
    await documentOf(await tryActivateOnce(license.key, "k"));
    await v3("PATCH", `/licenses/${license.id}/expires-at`, { body: { expiresAt: "2020-01-01T00:00:00Z" } });
    await problemOf(await tryActivateOnce(license.key, "k"), 404, "license-expired");
  });

  it("MGMT-4: after the license's key was changed, the old one is unknown and the new one a new call", async () => {
    const license = await newFloating(2);
    const { sessionId } = await documentOf(await tryActivateOnce(license.key, "k"));
    const renamed = await change(license, { key: "ANOTHER KEY" });
    await problemOf(await tryActivateOnce(license.key, "k"), 404, "activation-code-unknown");
    // The body names another code, so it is another body.
    await problemOf(await tryActivateOnce(renamed.key, "k"), 422, "idempotency-key-reused");
    expect((await documentOf(await tryActivateOnce(renamed.key, "k2"))).sessionId).toBe(sessionId);
  });

  it("MGMT-4: a session's renewal, check-in and check-out ignore it", async () => {
    const license = await newFloating(1);
    const document = await activated(license.key);
    for (const key of ["k", "k", "k".repeat(300)]) {
      for (const verb of ["renew", "check-in"]) {
        const answer = await post(`/${document.sessionId}/${verb}`, {}, bearer(document), { "Idempotency-Key": key });
        expect(answer.status).toBe(200);
      }
    }
    const out = { "Idempotency-Key": "k" };
    expect((await post(`/${document.sessionId}/check-out`, {}, bearer(document), out)).status).toBe(200);
    await problemOf(await post(`/${document.sessionId}/check-out`, {}, bearer(document), out), 404, "session-unknown");
    expect((await look(document.sessionId, bearer(document))).status).toBe(404);
    expect((await tryActivate(license.key)).status).toBe(200);
  });

  /** 9,999 copies of the record that is there. */
  async function copyRecord(license: LicenseView): Promise<void> {
    await runInDurableObject(objectOf(license), (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
         INSERT INTO idempotency_record SELECT day, randomblob(32), at, body_hash, outcome FROM idempotency_record, n`,
      );
    });
    await evictDurableObject(objectOf(license));
  }

  it("MGMT-4: 10,000 live ones of a vendor are the most: 429 with Retry-After, and other calls go on", async () => {
    const license = await newLicense({ validity: YEAR });
    await lengthen(license.id, "renew", "first");
    await copyRecord(license);
    const full = await lengthen(license.id, "renew", "one more");
    expect((await problemOf(full, 429, "TOO_MANY_REQUESTS")).retryAfter).toBeGreaterThan(86_000);
    await problemOf(await lengthen(license.id, "extend", "more", { extensionLength: 60 }), 429, "TOO_MANY_REQUESTS");
    expect((await lengthen(license.id, "renew", "first")).status).toBe(200);
    expect((await v3("POST", `/licenses/${license.id}/renew`)).status).toBe(200);
    expect((await tryActivateOnce(license.key, "one more")).status).toBe(200);
  });

  it("MGMT-4, SEAT-3: a device that resumes with 10,000 fresh keys locks out neither the vendor nor who is there", async () => {
    const license = await newLicense({ validity: YEAR, allowedActivations: 3 });
    const [mine, other] = [await tryActivateOnce(license.key, "a", "mine"), await tryActivate(license.key, "other")];
    expect([mine.status, other.status]).toEqual([200, 200]);
    await copyRecord(license);
    for (const name of ["mine", "other"]) {
      expect((await tryActivateOnce(license.key, "fresh", name)).status).toBe(200);
    }
    expect(await rows(license, "SELECT count(*) AS n FROM idempotency_record")).toEqual([{ n: 10_000 }]);
    expect((await lengthen(license.id, "renew", "invoice")).status).toBe(200);
    expect((await lengthen(license.id, "renew", "invoice")).status).toBe(200);
    expect((await lengthen(license.id, "extend", "gift", { extensionLength: 60 })).status).toBe(200);
    const refused = await tryActivateOnce(license.key, "fresh", "third");
    expect((await problemOf(refused, 429, "too-many-requests")).retryAfter).toBeGreaterThan(86_000);
    expect(await rows(license, "SELECT count(*) AS n FROM activation")).toEqual([{ n: 2 }]);
    expect((await tryActivate(license.key, "third")).status).toBe(200);
  });
});
