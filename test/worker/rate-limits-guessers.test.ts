/** LIM-1: what is a miss and what is none, and whom the block of an address never stops. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { Vars } from "../../src/config/config.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { ALLOWED, counter, SENT } from "../support/limits.ts";
import { jsonOf, mint, v3 } from "../support/management.ts";
import { AUDIENCE, newProvider, type TestProvider } from "../support/provider.ts";
import { activated, BASE, bearer, newFloating, newLicense, type Document } from "../support/shop.ts";

const FREE = { limit: () => Promise.resolve({ success: true }) };
/** Counts of the misses alone: the bursts are the other file's. */
const MISSES_ALONE = { BURST_LIMIT: FREE, ADDRESS_LIMIT: FREE };
const UNKNOWN_SESSION = `${BASE}/00000000-0000-8000-8000-000000000001`;

type Caller = (url: string, address: string, authorization?: string, method?: string) => Promise<Response>;

/** An isolate of its own, with limits on. */
function isolate(bindings: Partial<Env> = MISSES_ALONE, vars: Vars = {}): Caller {
  const app = createApp(deploymentOpener());
  return async (url, address, authorization, method = "POST") => {
    const headers = {
      "CF-Connecting-IP": address,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    };
    const context = createExecutionContext();
    const answer = await app.fetch(
      new Request(url, { method, headers }),
      { ...env, ...bindings, ...vars, RATE_LIMITS: "on" },
      context,
    );
    await answer.clone().arrayBuffer();
    await waitOnExecutionContext(context);
    return answer;
  };
}

/** How often each status came. */
async function statuses(count: number, one: (index: number) => Promise<Response>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (let index = 0; index < count; index += 1) {
    const { status } = await one(index);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Guesses until the address is blocked; a period may end meanwhile. */
async function block(call: Caller, address: string): Promise<void> {
  const guess = (index: number) => call(`${UNKNOWN_SESSION}/renew`, address, `Bearer guess-${index}`);
  expect((await statuses(210, guess))[429]).toBeGreaterThan(0);
}

function renewal(call: Caller, { sessionId }: Document, address: string, authorization: string): Promise<Response> {
  return call(`${BASE}/${sessionId}/renew`, address, authorization);
}

function providerVars({ issuer }: TestProvider): Vars {
  return { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE };
}

describe("an office", () => {
  it("LIM-1: v3's syncs count by activation and address, since each keeps its lease; other calls of /v3 by address", async () => {
    const license = await newFloating(SENT);
    const { key, terms } = license;
    const desks = await Promise.all(Array.from({ length: SENT }, (_, i) => activated(key, `desk ${i}`)));
    const app = createApp(deploymentOpener());
    const limited = { ...env, BURST_LIMIT: counter(), ADDRESS_LIMIT: FREE, RATE_LIMITS: "on" };
    const sync = async (id: string, nth: number, address: string, method = "PATCH") => {
      const body = JSON.stringify({ key, productId: terms.productId, fingerprint: `desk ${nth}` });
      const headers = { "CF-Connecting-IP": address, "Content-Type": "application/json" };
      const request = new Request(`http://leasehold.test/v3/activations${id}`, { method, headers, body });
      return await app.fetch(request, limited, createExecutionContext());
    };
    const idOf = (nth: number) => `/${desks[nth]?.sessionId}`;
    expect(await statuses(SENT, (nth) => sync(idOf(nth), nth, "198.51.100.30"))).toEqual({ 200: SENT });
    expect(await statuses(SENT, () => sync(idOf(0), 0, "198.51.100.31"))).toEqual({
      200: ALLOWED,
      429: SENT - ALLOWED,
    });
    const others = await statuses(SENT, (nth) => sync("", nth, "198.51.100.30", "POST"));
    expect(others).toEqual({ 201: ALLOWED, 429: SENT - ALLOWED });
  });
});

describe("an office whose guest guesses", () => {
  it("LIM-1: keeps its seats: 1,000 junk bearers and 100 renewing devices at one address, all renewals pass", async () => {
    const license = await newFloating(100);
    const office = await Promise.all(Array.from({ length: 100 }, (_, i) => activated(license.key, `desk ${i}`)));
    const call = isolate();
    const address = "198.51.100.20";
    const renewals: number[] = [];
    const junk: Record<number, number> = {};
    for (const [index, document] of office.entries()) {
      const guesses = await statuses(10, (n) => call(`${UNKNOWN_SESSION}/renew`, address, `Bearer junk-${index}-${n}`));
      for (const [status, count] of Object.entries(guesses)) junk[Number(status)] = (junk[Number(status)] ?? 0) + count;
      renewals.push((await renewal(call, document, address, bearer(document))).status);
    }
    expect(renewals).toEqual(Array.from({ length: 100 }, () => 200));
    expect((junk[401] ?? 0) + (junk[429] ?? 0)).toBe(1_000);
    expect(junk[429]).toBeGreaterThan(700);
  });

  it("LIM-1: the block stops what nobody can vouch for, and asks D1 nothing for it", async () => {
    const license = await newFloating(2);
    const document = await activated(license.key);
    const call = isolate();
    const address = "198.51.100.21";
    await block(call, address);
    expect((await call(UNKNOWN_SESSION, address, undefined, "GET")).status).toBe(429);
    const [head, body] = document.licenseToken.split(".");
    const forged = `Bearer ${head}.${body}.${"A".repeat(86)}`;
    expect((await renewal(call, document, address, forged)).status).toBe(429);
    expect((await renewal(call, document, address, bearer(document))).status).toBe(200);
    // A token that verifies, about another session: it passes the block, and is a miss.
    expect((await call(`${UNKNOWN_SESSION}/renew`, address, bearer(document))).status).toBe(429);
    expect((await renewal(call, document, "198.51.100.22", forged)).status).toBe(401);
  });

  it("LIM-1: an access token passes that this isolate has verified within the last minute, until D1 says no", async () => {
    const call = isolate();
    const [known, unknown] = [await mint(["tag:read"]), await mint(["tag:read"])];
    const address = "198.51.100.23";
    const tags = (token: string) => call("http://leasehold.test/v3/tags", address, `Bearer ${token}`, "GET");
    expect((await tags(known)).status).toBe(200);
    await block(call, address);
    expect((await tags(known)).status).toBe(200);
    expect((await tags(unknown)).status).toBe(429);
    const { id } = await jsonOf(await v3("GET", "/me", { token: known }), 200);
    await jsonOf(await v3("PATCH", `/personal-access-tokens/${String(id)}`, { body: { revoked: true } }), 200);
    // It passes once more, is told that it is revoked, which is a miss, and is known no longer.
    expect((await tags(known)).status).toBe(429);
    expect((await call("http://leasehold.test/v3/tags", "198.51.100.24", `Bearer ${known}`, "GET")).status).toBe(401);
  });

  it("LIM-1: a person passes whose token verifies under the keys at hand", async () => {
    const provider = await newProvider({ ada: { email: "ada@acme.test", email_verified: true } });
    const call = isolate(MISSES_ALONE, providerVars(provider));
    const token = (await provider.tokens("ada")).access_token;
    const address = "198.51.100.25";
    const me = (bearerToken: string) => call("http://leasehold.test/v3/me", address, `Bearer ${bearerToken}`, "GET");
    expect((await me(token)).status).toBe(200);
    await block(call, address);
    const { keys } = await provider.counts();
    expect((await me(token)).status).toBe(200);
    expect((await me(`${token.slice(0, -10)}AAAAAAAAAA`)).status).toBe(429);
    expect((await provider.counts()).keys).toBe(keys);
  });
});

describe("what is a miss", () => {
  it("LIM-1: 1,500 renewals under forged provider tokens, each under another key id, meet the limit", async () => {
    const provider = await newProvider({ ada: {} });
    const call = isolate(MISSES_ALONE, providerVars(provider));
    const session = await activated((await newLicense()).key);
    const claims = { sub: "ada", aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 3_600 };
    const [, body, signature] = (await provider.forge(claims)).split(".");
    const forged = (index: number) => {
      const header = btoa(JSON.stringify({ alg: "ES256", typ: "at+jwt", kid: `made-up-${index}` })).replaceAll("=", "");
      return `Bearer ${header}.${body}.${signature}`;
    };
    const counts = await statuses(1_500, (index) => renewal(call, session, "198.51.100.26", forged(index)));
    expect(counts[503]).toBeUndefined();
    expect(counts[401]).toBeGreaterThanOrEqual(100);
    expect(counts[429]).toBeGreaterThan(1_000);
  });

  it("LIM-1: none is a token that has only expired, ours or the provider's, nor one while the provider is down", async () => {
    const provider = await newProvider({ ada: {} });
    const call = isolate({ ...MISSES_ALONE, MISS_LIMIT: counter() }, providerVars(provider));
    const expired = await mint(["tag:read"], { name: "ended", expiresAt: "2099-01-01T00:00:00Z" });
    await env.DB.prepare("UPDATE access_tokens SET expires_at = 1 WHERE name = 'ended'").run();
    const ended = await provider.forge({ sub: "ada", aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) - 3_600 });
    const me = (token: string) => () => call("http://leasehold.test/v3/me", "198.51.100.27", `Bearer ${token}`, "GET");
    expect(await statuses(SENT, me(expired))).toEqual({ 401: SENT });
    expect(await statuses(SENT, me(ended))).toEqual({ 401: SENT });
    const down = await newProvider({ ada: {} });
    const cold = isolate({ ...MISSES_ALONE, MISS_LIMIT: counter() }, providerVars(down));
    const sound = (await down.tokens("ada")).access_token;
    await down.become("down");
    const asked = () => cold("http://leasehold.test/v3/me", "198.51.100.28", `Bearer ${sound}`, "GET");
    expect(await statuses(SENT, asked)).toEqual({ 503: SENT });
  });
});

describe("an address's own burst", () => {
  it("LIM-1: is charged by every call, known path or not, beside any other", async () => {
    const charged: string[] = [];
    const counting = { limit: ({ key }: { key: string }) => Promise.resolve({ success: charged.push(key) > 0 }) };
    const call = isolate({ BURST_LIMIT: FREE, MISS_LIMIT: FREE, ADDRESS_LIMIT: counting });
    const document = await activated((await newFloating(1)).key);
    const asked: readonly (readonly [string, string])[] = [
      ["GET", "/health"],
      ["GET", "/.well-known/jwks.json"],
      ["GET", "/problems/x"],
      ["GET", "/nothing"],
      ["OPTIONS", "/api/v1/activations/license"],
      ["OPTIONS", "/v3/licenses"],
      ["GET", "/v3/nothing"],
      ["DELETE", "/api/v1/activations/license"],
    ];
    for (const [method, path] of asked) await call(`http://leasehold.test${path}`, "2001:db8::1", undefined, method);
    await renewal(call, document, "2001:db8::2", bearer(document));
    expect(charged).toEqual(Array.from({ length: asked.length + 1 }, () => "2001:db8::/64"));
  });

  it("LIM-1: beyond 1,000 calls an unknown path is 429, and that of another address is not", async () => {
    const call = isolate({});
    const nothing = (address: string) => call("http://leasehold.test/nothing", address, undefined, "GET");
    // Charged at once, so that they stand in one period; again where one ended meanwhile.
    const spend = () =>
      Promise.all(Array.from({ length: 1_000 }, () => env.ADDRESS_LIMIT.limit({ key: "198.51.100.29" })));
    let status = 0;
    for (let period = 0; period < 5 && status !== 429; period += 1) {
      await spend();
      ({ status } = await nothing("198.51.100.29"));
    }
    expect(status).toBe(429);
    expect((await nothing("198.51.100.30")).status).toBe(404);
  });
});
