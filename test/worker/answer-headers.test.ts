/** WEB-1: the exact headers and content type of every route's answers, and of each kind of error in both APIs. */

import { exports } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { CALLS } from "../support/every-route.ts";
import { fullToken, v3 } from "../support/management.ts";
import { nodeApp } from "../support/node-app.ts";
import { KEY, plant, type Planted } from "../support/planted-routes.ts";
import { post } from "../support/shop.ts";

const EVERYWHERE = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000",
  "x-content-type-options": "nosniff",
};
const PROBLEM = "application/problem+json";
const JSON_TYPE = "application/json";
const ID = "0193f3a4-0000-7000-8000-000000000000";
const SECRETS = /PANGALACTIC|lh_pat_|whsec_|eyJ[\w-]+\.|"key":"/;

let at: Planted;
let counted = 0;

beforeAll(async () => {
  at = await plant();
});

/** The text, of an answer whose headers are right. */
async function sound(asked: string, answer: Response, type: string | null): Promise<string> {
  const text = await answer.text();
  const { headers, status } = answer;
  const policy = Object.fromEntries(Object.keys(EVERYWHERE).map((name) => [name, headers.get(name)]));
  expect([asked, status, policy]).toEqual([asked, status, EVERYWHERE]);
  expect([asked, status, headers.get("Content-Type")]).toEqual([asked, status, type]);
  expect([asked, headers.get("X-Request-Id")]).toEqual([asked, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  expect([asked, headers.get("Set-Cookie"), headers.get("Server")]).toEqual([asked, null, null]);
  if (status >= 400 || SECRETS.test(text)) {
    expect([asked, headers.get("Cache-Control")]).toEqual([asked, expect.stringMatching(/^no-store/)]);
  }
  counted += 1;
  return text;
}

it("ERR-1: every route of /v3 answers with the security headers, its exact type, and no-store on secrets", async () => {
  const secrets = new Set<string>();
  let taken = 0;
  for (const [route, calls] of Object.entries(CALLS)) {
    const [method = ""] = route.split(" ");
    for (const { path, body, headers } of calls(at)) {
      const more = { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) };
      for (const token of [await fullToken(), null, "lh_pat_none"]) {
        const answer = await v3(method, path, { token, ...more });
        const { status } = answer;
        const csv = route.endsWith("/export") ? "text/csv; charset=utf-8; header=present" : JSON_TYPE;
        const text = await sound(route, answer, status === 204 ? null : status < 400 ? csv : PROBLEM);
        if (status < 400) taken += 1;
        if (SECRETS.test(text)) secrets.add(route);
      }
    }
  }
  console.log(
    `headers: ${counted} answers of ${Object.keys(CALLS).length} routes, ${secrets.size} of them with a secret`,
  );
  expect(taken).toBeGreaterThan(100);
  expect([...secrets]).toEqual(
    expect.arrayContaining(["POST /personal-access-tokens", "POST /webhooks/:id/rotate-secret"]),
  );
});

it("ERR-1: each kind of error of /v3 is a problem with the security headers", async () => {
  const tag = `/tags/${at.tag}`;
  const text = { "Content-Type": "text/plain" };
  const huge = JSON.stringify({ name: "x".repeat(1_100_000) });
  const kinds: readonly (readonly [number, string, string, Parameters<typeof v3>[2]])[] = [
    [400, "POST", "/tags", { body: "{" }],
    [400, "GET", "/tags?limit=none", {}],
    [401, "GET", "/tags", { token: null }],
    [403, "GET", "/deployment", { token: await narrow() }],
    [404, "GET", `/tags/${ID}`, {}],
    [404, "GET", "/nothing", {}],
    [405, "PUT", "/tags", {}],
    [409, "POST", "/tags", { body: { name: "tag" } }],
    [412, "PATCH", tag, { body: { description: "x" }, headers: { "If-Match": '"other"' } }],
    [413, "POST", "/tags", { body: huge }],
    [415, "POST", "/tags", { body: "{}", headers: text }],
  ];
  for (const [status, method, path, call] of kinds) {
    const answer = await v3(method, path, call);
    expect([path, answer.status]).toEqual([path, status]);
    await sound(`${method} ${path}`, answer, PROBLEM);
  }
});

async function narrow(): Promise<string> {
  const body = { name: "narrow", scopes: ["tag:read"] };
  const { token } = await (await v3("POST", "/personal-access-tokens", { body })).json<{ token: string }>();
  return token;
}

it("ERR-1: the activation API answers with the security headers, taken or refused", async () => {
  const device = { activationCode: KEY, fingerprint: "headers" };
  const call = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    await exports.default.fetch(`http://leasehold.test/api/v1/activations${path}`, {
      ...{ method, headers: { "Content-Type": JSON_TYPE, ...headers } },
      ...(body === undefined ? {} : { body }),
    });
  const first = await (await post("/license", device)).json<{ sessionId: string; licenseToken: string }>();
  const bearer = { Authorization: `Bearer ${first.licenseToken}` };
  const answers: readonly (readonly [number, Response])[] = [
    [200, await post("/license", device)],
    [200, await post("/check", device)],
    [200, await call("GET", `/${first.sessionId}`, bearer)],
    [200, await call("POST", `/${first.sessionId}/renew`, bearer, "{}")],
    [200, await call("POST", `/${first.sessionId}/check-in`, bearer, "{}")],
    [400, await post("/license", {})],
    [401, await call("GET", `/${first.sessionId}`)],
    [403, await call("POST", `/${first.sessionId}/check-in`, bearer, '{"fingerprint":"other"}')],
    [404, await post("/license", { ...device, activationCode: "NOBODYS" })],
    [405, await call("PUT", "/license")],
    [413, await post("/license", { ...device, hostname: "x".repeat(70_000) })],
    [415, await call("POST", "/license", { "Content-Type": "text/plain" }, "{}")],
  ];
  for (const [status, answer] of answers) {
    expect(answer.status).toBe(status);
    await sound(`activation ${status}`, answer, status < 400 ? JSON_TYPE : PROBLEM);
  }
});

it("ERR-1: an error of either API before anything is asked has the security headers: 429 and 503", async () => {
  const paths = createApp().routes.filter(({ method, path }) => method !== "ALL" && /^\/(v3|api)\//.test(path));
  const before = counted;
  const closed = { ok: false, reason: "storage-unavailable", detail: "x" } as const;
  const tired = nodeApp({ config: { rateLimits: true, publicUrl: null } as never });
  tired.limits.ADDRESS_LIMIT.isOver = true;
  const none = nodeApp(closed);
  for (const { method, path } of paths) {
    const asked = path.replaceAll(/:\w+/g, ID);
    const refused = await tired.call(method, asked);
    if (path !== "/v3/status") {
      expect([path, refused.status]).toEqual([path, 429]);
      await sound(path, refused, PROBLEM);
      const answer = await none.call(method, asked);
      expect([path, answer.status]).toEqual([path, 503]);
      await sound(path, answer, PROBLEM);
    }
  }
  console.log(`headers: ${counted - before} answers of 429 and 503`);
});
