/**
 * LIM-1. A burst and misses on the real bindings: twice as many calls as one period allows, so that no window's edge
 * can hide the limit. What else counts, and for whom, on counters of ten that have no window.
 */

import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { network64 } from "../../src/http/rate-limits.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { ALLOWED, counter, MET, SENT } from "../support/limits.ts";
import { problemOf } from "../support/problems.ts";
import { activated, bearer, manager, newFloating, type Document } from "../support/shop.ts";

const BASE = "http://leasehold.test/api/v1/activations";
const app = createApp(deploymentOpener());

const UNLIMITED = { limit: () => Promise.resolve({ success: true }) };

/** Of `SENT` calls, how many were answered so, and how many met the limit. */
function met(counts: ReadonlyMap<number, number>, status: number): readonly (number | undefined)[] {
  return [counts.get(status), counts.get(429)];
}

function signed(document: Document | undefined): Init {
  return { method: "POST", headers: document === undefined ? {} : { Authorization: bearer(document) } };
}

function session(number: number): string {
  return `${BASE}/00000000-0000-8000-8000-${String(number).padStart(12, "0")}`;
}

interface Init {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `bindings`: instead of the real ones. */
async function call(url: string, address: string, init: Init = {}, bindings: Partial<Env> = {}): Promise<Response> {
  const request = new Request(url, { ...init, headers: { "CF-Connecting-IP": address, ...init.headers } });
  return await app.fetch(request, { ...env, ...bindings, RATE_LIMITS: "on" }, createExecutionContext());
}

function post(body: object): Init {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function statuses(count: number, one: (index: number) => Promise<Response>): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const answer = await one(index);
    await answer.arrayBuffer();
    counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
  }
  return counts;
}

describe("bursts", () => {
  it("LIM-1: counts by address, and tells when to come back", async () => {
    const counts = await statuses(210, () => call(session(1), "192.0.2.1"));
    expect(counts.get(401)).toBeGreaterThanOrEqual(100);
    expect(counts.get(429)).toBeGreaterThan(0);

    const one = await firstRefused(() => call(session(1), "192.0.2.1"));
    expect(Number(one.headers.get("Retry-After"))).toBeLessThanOrEqual(15);
    expect(one.headers.get("X-Rate-Limit-Limit")).toBe("10s");
    expect(one.headers.get("X-Rate-Limit-Remaining")).toBe("0");
    expect(one.headers.get("RateLimit-Policy")).toBe('"burst";q=100;w=10');
    expect(one.headers.get("RateLimit")).toMatch(/^"burst";r=0;t=([1-9]|10)$/);
    const reset = Date.parse(one.headers.get("X-Rate-Limit-Reset") ?? "");
    expect(reset % 10_000).toBe(0);
    const problem = await problemOf(one, 429, "too-many-requests");
    expect(problem).toMatchObject({ action: "wait", retryable: true });

    expect((await call(session(1), "192.0.2.2")).status).toBe(401);
  });

  it("LIM-1: renew and check-in of its own session count by session and address, since offices share an address", async () => {
    const bindings = { BURST_LIMIT: counter() };
    const license = await newFloating(SENT + 2);
    const office = await Promise.all(Array.from({ length: SENT }, (_, i) => activated(license.key, `device ${i}`)));
    for (const verb of ["renew", "check-in"]) {
      const spare = await activated(license.key, verb);
      const own = (document: Document | undefined, address: string) =>
        call(`${BASE}/${document?.sessionId}/${verb}`, address, signed(document), bindings);
      const counts = await statuses(SENT, (index) => own(office[index], "192.0.2.3"));
      expect(counts).toEqual(new Map([[200, SENT]]));
      expect(met(await statuses(SENT, () => own(spare, "192.0.2.8")), 200)).toEqual(MET);
    }
  });

  it("LIM-1: who knows a session's id spends nothing of its device's burst, by a made-up token from elsewhere", async () => {
    const document = await activated((await newFloating(1)).key);
    const part = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const madeUp = `${part({ alg: "EdDSA", typ: "license+jwt", kid: "x" })}.${part({ sid: document.sessionId })}.AAAA`;
    const forged = { method: "POST", headers: { Authorization: `Bearer ${madeUp}` } };
    const url = `${BASE}/${document.sessionId}/renew`;
    const bindings = { BURST_LIMIT: counter(), MISS_LIMIT: UNLIMITED };
    expect(met(await statuses(SENT, () => call(url, "192.0.2.9", forged, bindings)), 401)).toEqual(MET);
    const device = await statuses(ALLOWED, () => call(url, "192.0.2.10", signed(document), bindings));
    expect(device).toEqual(new Map([[200, ALLOWED]]));
  });

  it("LIM-1: other credentials count for themselves at renew and check-in, and none by address", async () => {
    const bindings = { BURST_LIMIT: counter() };
    const renew = async (index: number, address: string, headers: Record<string, string> = {}) =>
      await call(`${session(index)}/renew`, address, { method: "POST", headers }, bindings);
    const own = async (authorization: string, index: number) =>
      await renew(index, "192.0.2.5", { Authorization: authorization });
    const mine = await manager("activation:write");
    expect(met(await statuses(SENT, (index) => own(mine, index)), 404)).toEqual(MET);
    expect((await own(await manager("activation:write"), 1)).status).toBe(404);
    expect(met(await statuses(SENT, (index) => renew(index, "192.0.2.6")), 401)).toEqual(MET);
  });

  it("LIM-1: with the license token of another session they count by address", async () => {
    const document = await activated((await newFloating(1)).key);
    const bindings = { BURST_LIMIT: counter(), MISS_LIMIT: UNLIMITED };
    const counts = await statuses(SENT, (index) =>
      call(`${session(index)}/renew`, "192.0.2.7", signed(document), bindings),
    );
    expect(met(counts, 404)).toEqual(MET);
    const own = await call(`${BASE}/${document.sessionId}/renew`, "192.0.2.7", signed(document), bindings);
    expect(own.status).toBe(200);
  });

  it("LIM-1: what has no session id counts by address", async () => {
    const bindings = { BURST_LIMIT: counter() };
    const counts = await statuses(SENT, (index) =>
      call(`${BASE}/x${index}/renew`, "192.0.2.4", { method: "POST" }, bindings),
    );
    expect(counts.get(429)).toBe(SENT - ALLOWED);
  });
});

describe("what anybody may read", () => {
  it.each([
    "/.well-known/jwks.json",
    "/v3/products/00000000-0000-7000-8000-000000000000/jwks",
    "/health",
    "/problems/x",
  ])("LIM-1: %s counts by address", async (path) => {
    const bindings = { BURST_LIMIT: counter() };
    const ask = () => call(`http://leasehold.test${path}`, `203.0.113.${path.length}`, {}, bindings);
    const counts = await statuses(SENT, ask);
    expect([counts.get(429), counts.get(503)]).toEqual([SENT - ALLOWED, undefined]);
    await problemOf(await ask(), 429, codeAt(path));
  });

  it("LIM-1: a call counts once, whatever it asks for", async () => {
    let charged = 0;
    const counting = { limit: () => Promise.resolve({ success: (charged += 1) > 0 }) };
    const paths = ["/health", "/.well-known/jwks.json", "/v3/products", "/v3/nothing", "/api/v1/activations/x/renew"];
    for (const path of paths)
      await call(`http://leasehold.test${path}`, "203.0.113.200", {}, { BURST_LIMIT: counting });
    expect(charged).toBe(4);
  });

  it("LIM-1, CFG-2: health counts also where the deployment does not open, and answers then", async () => {
    const url = "http://leasehold.test/health";
    const closed = createApp(deploymentOpener());
    const bindings = { ...env, ROOT_SECRET: "short", RATE_LIMITS: "on", BURST_LIMIT: counter() };
    const request = () => new Request(url, { headers: { "CF-Connecting-IP": "203.0.113.201" } });
    const counts = await statuses(SENT, async () => await closed.fetch(request(), bindings, createExecutionContext()));
    expect(met(counts, 503)).toEqual(MET);
  });
});

describe("misses", () => {
  const guess = (address: string, index: number, bindings: Partial<Env> = {}) => {
    const headers = { Authorization: `Bearer guess-${index}` };
    return call(`${session(index)}/renew`, address, { method: "POST", headers }, bindings);
  };

  it("LIM-1: failing credentials count by address, then nothing is asked for it any more", async () => {
    const counts = await statuses(210, (index) => guess("198.51.100.1", index));
    expect(counts.get(401)).toBeGreaterThanOrEqual(100);
    expect(counts.get(429)).toBeGreaterThan(0);

    const refused = await firstRefused(() => guess("198.51.100.1", 7));
    expect(refused.headers.get("X-Rate-Limit-Limit")).toBe("1m");
    expect(refused.headers.get("RateLimit-Policy")).toBe('"misses";q=100;w=60');
    expect(refused.headers.get("RateLimit")).toMatch(/^"misses";r=0;t=([1-9]|[1-5]\d|60)$/);
    await problemOf(refused, 429, "too-many-requests");
    // Its other calls are refused too, and nobody else's.
    await problemOf(await firstRefused(() => call(session(9), "198.51.100.1")), 429, "too-many-requests");
    expect((await guess("198.51.100.2", 7)).status).toBe(401);
  });

  it("LIM-1: unknown keys count by address; a correct key meets the limit only where it was guessed before", async () => {
    const license = await newFloating(5);
    const bindings = { BURST_LIMIT: UNLIMITED, MISS_LIMIT: counter() };
    const activate = (activationCode: string, address: string, path = "license") =>
      call(`${BASE}/${path}`, address, post({ activationCode, fingerprint: "device" }), bindings);

    const correct = await statuses(SENT, () => activate(license.key, "198.51.100.9"));
    expect(correct).toEqual(new Map([[200, SENT]]));
    const guessed = await statuses(SENT, (index) =>
      activate(`guess ${index}`, "198.51.100.9", index % 2 === 0 ? "license" : "check"),
    );
    expect(met(guessed, 404)).toEqual(MET);
    await problemOf(await activate("guess", "198.51.100.9"), 429, "too-many-requests");
    expect((await activate(license.key, "198.51.100.10")).status).toBe(200);
  });

  it("LIM-1: IPv6 counts by /64", async () => {
    const bindings = { MISS_LIMIT: counter() };
    const counts = await statuses(SENT, (index) => guess(`2001:db8:1:2::${index.toString(16)}`, index, bindings));
    expect(met(counts, 401)).toEqual(MET);
    expect((await guess("2001:db8:1:3::1", 1, bindings)).status).toBe(401);
  });

  it("LIM-1: asking about another session with one's own license token is a miss", async () => {
    const document = await activated((await newFloating(1)).key);
    const bindings = { BURST_LIMIT: UNLIMITED, MISS_LIMIT: counter() };
    for (const [index, path] of ["/renew", "/check-in", "/check-out", ""].entries()) {
      const address = `198.51.100.${index + 20}`;
      const init = { ...signed(document), method: path === "" ? "GET" : "POST" };
      const ask = (url: string) => call(`${url}${path}`, address, init, bindings);
      expect(met(await statuses(SENT, (number) => ask(session(number))), 404)).toEqual(MET);
    }
    const another = await activated((await newFloating(1)).key);
    const owned = await statuses(SENT, () =>
      call(`${BASE}/${another.sessionId}`, "198.51.100.30", { headers: signed(document).headers ?? {} }, bindings),
    );
    expect(met(owned, 401)).toEqual(MET);
  });

  it("LIM-1: one's own session that is gone is no miss", async () => {
    const document = await activated((await newFloating(1)).key);
    const bindings = { BURST_LIMIT: UNLIMITED, MISS_LIMIT: counter() };
    const path = `${BASE}/${document.sessionId}`;
    await call(`${path}/check-out`, "198.51.100.31", signed(document), bindings);
    const counts = await statuses(SENT, () => call(`${path}/renew`, "198.51.100.31", signed(document), bindings));
    expect(counts).toEqual(new Map([[404, SENT]]));
  });

  it("LIM-1: calls without credentials are no misses", async () => {
    const bindings = { BURST_LIMIT: UNLIMITED, MISS_LIMIT: counter() };
    const counts = await statuses(SENT, (index) =>
      call(`${session(5_000 + index)}/renew`, "198.51.100.3", { method: "POST" }, bindings),
    );
    expect(counts).toEqual(new Map([[401, SENT]]));
  });
});

describe("development", () => {
  it("LIM-1: has no limits unless it asks for them", async () => {
    const counts = await statuses(210, (index) =>
      exports.default.fetch(`${session(index)}/renew`, {
        method: "POST",
        headers: { "CF-Connecting-IP": "203.0.113.1", Authorization: "Bearer guess" },
      }),
    );
    expect(counts).toEqual(new Map([[401, 210]]));
  });
});

describe("addresses", () => {
  it("LIM-1: the /64 of an IPv6 address, however it is written", () => {
    const networks: [string, string][] = [
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:0DB8:0001:0002::", "2001:db8:1:2::/64"],
      ["2001:db8::1", "2001:db8::/64"],
      ["::1", "::/64"],
      ["::", "::/64"],
      ["1::", "1::/64"],
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["::ffff:c000:201", "192.0.2.1"],
      ["192.0.2.1", "192.0.2.1"],
      ["unknown", "unknown"],
      ["2001:db8:1::2:3:4:5", "2001:db8:1::/64"],
    ];
    for (const [address, network] of networks) expect([address, network64(address)]).toEqual([address, network]);
  });
});

/** A call that is refused; the limit may just have been lifted, then it is met again. */
async function firstRefused(one: () => Promise<Response>): Promise<Response> {
  for (let attempt = 0; attempt < 210; attempt += 1) {
    const answer = await one();
    if (answer.status === 429) return answer;
    await answer.arrayBuffer();
  }
  throw new Error("the limit was never met");
}

function codeAt(path: string): string {
  return path.startsWith("/v3/") ? "TOO_MANY_REQUESTS" : "too-many-requests";
}
