/**
 * The provider's keys as the Worker meets them (AUTH-1): cold, warm, rotated, and away; and what that costs callers.
 */

import { describe, expect, it, vi } from "vitest";
import { watchedDatabase } from "../support/bindings.ts";
import { problemOf } from "../support/problems.ts";
import { AUDIENCE, newProvider, type TestProvider } from "../support/provider.ts";
import { newFloating, newLicense } from "../support/shop.ts";
import { appWith, onSession, SESSION_CALLS } from "../support/signed-in-app.ts";

const PEOPLE = { ada: { email: "ada@acme.test", email_verified: true } };
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Of ada, for a day. */
async function lastingToken(provider: TestProvider): Promise<string> {
  return await provider.forge({ sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() + DAY) / 1000) });
}

async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  vi.setSystemTime(Date.now() + ms);
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

describe("the provider's keys", () => {
  it("AUTH-1: concurrent cold requests share one fetch of the discovery document and the JWKS", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer);
    const license = await newFloating(50, { requireAuthentication: true });
    const token = await lastingToken(provider);
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, device) => app.activate(license.key, token, { fingerprint: `device-${device}` })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(await provider.counts()).toEqual({ discovery: 1, keys: 1 });
  });

  it("AUTH-1: a key that the provider rotates in is taken at once", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer);
    const license = await newFloating(5);
    const { sessionId } = await app.activated(license.key, await lastingToken(provider));
    await provider.rotate();
    const token = await lastingToken(provider);
    await later(MINUTE, async () => {
      expect((await onSession(app, "renew", sessionId, token)).status).toBe(200);
      expect(await provider.counts()).toEqual({ discovery: 2, keys: 2 });
    });
  });

  it("AUTH-1: with the provider down for an hour and more, the last known keys go on", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer);
    const license = await newFloating(5, { leaseDuration: 86_400 });
    const token = await lastingToken(provider);
    const { sessionId } = await app.activated(license.key, token);
    await provider.become("down");
    for (const minutes of [1, 30, 61, 180]) {
      await later(minutes * MINUTE, async () => {
        expect((await onSession(app, "renew", sessionId, token)).status).toBe(200);
      });
    }
    expect((await provider.counts()).discovery).toBeGreaterThan(1);
  });

  it("AUTH-1: a cold start with the provider down is 503 with Retry-After, in both dialects, and not 401", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer);
    const license = await newLicense({ requireAuthentication: true });
    const token = await lastingToken(provider);
    await provider.become("down");
    const answer = await app.activate(license.key, token);
    expect((await problemOf(answer, 503, "identity-provider-unavailable")).action).toBe("wait");
    const managing = await app.call("GET", "/v3/products", { token });
    await problemOf(managing, 503, "IDENTITY_PROVIDER_UNAVAILABLE");
    // Everybody else goes on.
    const open = await newLicense();
    const anonymous = await app.activated(open.key);
    expect((await onSession(app, "renew", anonymous.sessionId, anonymous.licenseToken)).status).toBe(200);
    await provider.become("up");
    await later(10_000, async () => expect((await app.activate(license.key, token)).status).toBe(200));
  });
});

describe("a warm isolate", () => {
  it("AUTH-1: answers signed-in people without asking D1 or the provider, and while both are down", async () => {
    const provider = await newProvider(PEOPLE);
    const watched = watchedDatabase();
    const app = appWith(provider.issuer, {}, watched.db);
    const license = await newFloating(5, { requireAuthentication: true });
    const token = await lastingToken(provider);
    const { sessionId } = await app.activated(license.key, token);
    const before = [watched.calls(), await provider.counts()];
    watched.fail();
    await provider.become("down");
    expect((await app.activated(license.key, token)).sessionId).toBe(sessionId);
    for (const call of SESSION_CALLS) expect((await onSession(app, call, sessionId, token)).status).toBe(200);
    expect([watched.calls(), await provider.counts()]).toEqual(before);
  });
});

describe("misses", () => {
  const address = (last: number) => ({ "CF-Connecting-IP": `192.0.2.${last}` });
  const session = (number: number) => `00000000-0000-8000-8000-${String(number).padStart(12, "0")}`;
  /** Twice as many as a period allows, so that no window's edge can hide the limit. */
  const CALLS = 220;
  /** Another token each time, since a burst of one counts for itself: the same with another signature. */
  const varied = (token: string, call: number) => `${token.slice(0, -8)}${String(call).padStart(8, "A")}`;

  it("LIM-1: a provider that does not answer charges nobody", async () => {
    const provider = await newProvider(PEOPLE);
    await provider.become("down");
    const app = appWith(provider.issuer, { RATE_LIMITS: "on" });
    const token = await lastingToken(provider);
    for (let call = 0; call < CALLS; call += 1) {
      const path = `/api/v1/activations/${session(call)}/renew`;
      expect((await app.call("POST", path, { token: varied(token, call), headers: address(1) })).status).toBe(503);
    }
  });

  it("LIM-1: failing tokens of the provider are misses", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer, { RATE_LIMITS: "on" });
    const token = (await provider.tokens("ada", { audience: "another" })).access_token;
    const statuses = new Set<number>();
    for (let call = 0; call < CALLS; call += 1) {
      const path = `/api/v1/activations/${session(call)}/renew`;
      statuses.add((await app.call("POST", path, { token: varied(token, call), headers: address(2) })).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
  });

  it("LIM-1: genuine tokens that have expired are 401 in both dialects, and no misses", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer, { RATE_LIMITS: "on" });
    const expired = async (claims: object) =>
      await provider.forge({ sub: "ada", aud: AUDIENCE, exp: Math.floor((Date.now() - DAY) / 1000), ...claims });
    for (let call = 0; call < CALLS; call += 1) {
      const path = `/api/v1/activations/${session(call)}/renew`;
      const sent = { token: await expired({ jti: `call ${call}` }), headers: address(3) };
      const answer = await app.call("POST", path, sent);
      await problemOf(answer, 401, "credentials-invalid");
      expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
    }
    const managing = await app.call("GET", "/v3/products", { token: await expired({}), headers: address(3) });
    await problemOf(managing, 401, "UNAUTHORIZED");
    expect(managing.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
  });

  it("LIM-1: a key id that the provider's document of the last ten seconds does not have is a miss, whoever fetched it", async () => {
    const provider = await newProvider(PEOPLE);
    const app = appWith(provider.issuer, { RATE_LIMITS: "on" });
    const exp = Math.floor((Date.now() + DAY) / 1000);
    const statuses = new Set<number>();
    for (let call = 0; call < CALLS; call += 1) {
      const token = await provider.forge({ sub: "ada", aud: AUDIENCE, exp }, { kid: `unseen-${call}` });
      const path = `/api/v1/activations/${session(call)}/renew`;
      statuses.add((await app.call("POST", path, { token, headers: address(4) })).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
  });
});
