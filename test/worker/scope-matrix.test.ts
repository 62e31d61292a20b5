/**
 * MGMT-5 as a matrix: every route of /v3, called by everybody who can stand at its door. A route without a row fails,
 * and whoever is turned away leaves everything as it was.
 */

import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { managementApp } from "../../src/http/management/app.ts";
import { scopeOf } from "../../src/http/management/resource/authentication.ts";
import { SCOPES, type Scope } from "../../src/http/scopes.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { CALLS } from "../support/every-route.ts";
import { created, jsonOf, mint, read, v3 } from "../support/management.ts";
import { PEOPLE, KEYS, plant, type Planted } from "../support/planted-routes.ts";
import { problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { appWith, type SignedInApp } from "../support/signed-in-app.ts";
import { victimsOf } from "../support/victims.ts";

/** What a call needs: a scope, to be somebody (`/v3/me`), or a device with a key. */
type Need = Scope | "self" | "device";

/** By the first segment of the path: what `:read` and `:write` are of. */
const RESOURCES: Readonly<Record<string, string>> = {
  ...{ licenses: "license", "license-jobs": "license", activations: "activation", products: "product", users: "user" },
  ...{ accounts: "account", deployment: "account", analytics: "analytics", tags: "tag", features: "feature" },
  ...{ "license-templates": "licenseTemplate", "license-policies": "licenseTemplate" },
  ...{ "trial-policies": "trialPolicy", "trial-activations": "trialActivation" },
  ...{ "maintenance-policies": "maintenancePolicy", "entitlement-sets": "entitlementSet", "event-logs": "eventLog" },
  ...{ webhooks: "webhook", "webhook-event-logs": "webhook" },
};

/** Whose scope its path and method do not tell. */
const OTHERS: readonly (readonly [RegExp, Need])[] = [
  [/^(POST|PATCH) \/activations|^POST \/trial-activations$/, "device"],
  [/ \/me(\/|$)/, "self"],
  [/^POST \/search$/, "license:read"],
  [/ \/personal-access-tokens(\/|$)/, "personalAccessToken:write"],
  [/ \/recovery\//, "*"],
];

function needOf(route: string): Need {
  const [method, , segment = ""] = route.split(/ |\//);
  const other = OTHERS.find(([pattern]) => pattern.test(route));
  const resource = RESOURCES[segment];
  const wanted = other?.[1] ?? `${resource}:${method === "GET" ? "read" : "write"}`;
  const need = [...SCOPES, "self" as const, "device" as const].find((known) => known === wanted);
  if (need === undefined) throw new Error(`the matrix has no row for ${route}`);
  return need;
}

/** By route, the scope that its middleware takes. */
const TAKEN = new Map<string, Scope | undefined>();
for (const { method, path, handler } of managementApp.routes) {
  const route = `${method} ${path.replace(/(.)\/$/, "$1")}`;
  if (method !== "ALL") TAKEN.set(route, TAKEN.get(route) ?? scopeOf(handler));
}

type Verdict = "in" | "unknown" | "lacking";

interface Caller {
  readonly named: string;
  /** Null: none. */
  bearer(need: Need, path: string): string | null | Promise<string | null>;
  verdict(need: Need, route: string): Verdict;
  /** Whoever is let in gets it: everything that is named is there. */
  readonly succeeds?: true;
}

const isReading = (need: Need) => need.endsWith(":read");

const counts = new Map<string, number>();
const seesAll = new Set<string>();
const MINTING = "POST /personal-access-tokens";
const MAIL = "zaphodina@heartofgold.example";
const tokens = new Map<string, Promise<string>>();

let planted: Planted;
let app: SignedInApp;
let people: Readonly<Record<string, string>>;
let expired: string;
let revoked: string;

beforeAll(async () => {
  planted = await plant();
  const roles = ["admin", "support", "agent", "plain"] as const;
  const provider = await newProvider(
    Object.fromEntries(roles.map((role) => [role, { roles: [role], email: MAIL, email_verified: true }])),
  );
  app = appWith(provider.issuer);
  people = Object.fromEntries(
    await Promise.all(roles.map(async (role) => [role, (await provider.tokens(role)).access_token] as const)),
  );
  expired = await mint(["*"], { expiresAt: "2999-01-01T00:00:00Z" });
  const old = await created("/personal-access-tokens", { name: "old", scopes: ["*"] });
  revoked = String(old.token);
  // Both were good, and this isolate has seen that.
  for (const token of [expired, revoked]) expect((await app.call("GET", "/v3/tags", { token })).status).toBe(200);
  const end = "UPDATE access_tokens SET expires_at = 1 WHERE expires_at = ?1";
  await env.DB.prepare(end).bind(Date.parse("2999-01-01T00:00:00Z")).run();
  await jsonOf(await v3("PATCH", `/personal-access-tokens/${old.id}`, { body: { revoked: true } }), 200);
});

afterAll(() => {
  const calls = [...counts.values()].reduce((sum, count) => sum + count, 0);
  console.info(`MGMT-5: ${TAKEN.size} routes, ${calls} calls`, JSON.stringify(Object.fromEntries(counts)));
});

function mintedOnce(scopes: readonly Scope[]): Promise<string> {
  const name = scopes.join(" ");
  const token = tokens.get(name) ?? mint(scopes);
  tokens.set(name, token);
  return token;
}

/** Everything but what it needs. */
function wrongFor(need: Need): Promise<string> {
  return mintedOnce(SCOPES.filter((scope) => scope !== "*" && scope !== need));
}

/** The one scope that it needs, and what it asks for besides: people, or a way out for all that there is (HOOK-5). */
async function rightFor(need: Need, path: string): Promise<string | null> {
  if (need === "device") return null;
  if (need === "self") return people.plain ?? null;
  const more = SCOPES.filter((scope) =>
    need === "webhook:write"
      ? isReading(scope) || scope === "personalAccessToken:write"
      : scope === "user:read" && /include=user|search/.test(path),
  );
  return await mintedOnce([need, ...more]);
}

function person(named: string, holds: (need: Need) => boolean): Omit<Caller, "named"> {
  return {
    bearer: () => people[named] ?? null,
    verdict: (need) => (need === "self" || need === "device" || holds(need) ? "in" : "lacking"),
  };
}

const CALLERS: readonly Caller[] = [
  { named: "anonymous", bearer: () => null, verdict: (need) => (need === "device" ? "in" : "unknown") },
  { named: "expired token", bearer: () => expired, verdict: () => "unknown" },
  { named: "revoked token", bearer: () => revoked, verdict: () => "unknown" },
  {
    named: "wrong scope",
    bearer: wrongFor,
    verdict: (need) => (need === "self" || need === "device" ? "in" : "lacking"),
  },
  { named: "ROOT_SECRET", bearer: () => ROOT_SECRET, verdict: (_, route) => (route === MINTING ? "in" : "lacking") },
  // Before the people, who take over what their device finds (AUTH-4).
  { named: "right token", bearer: rightFor, verdict: () => "in", succeeds: true },
  { named: "plain", ...person("plain", () => false) },
  { named: "support", ...person("support", isReading) },
  { named: "agent", ...person("agent", (need) => isReading(need) || need === "activation:write") },
  { named: "admin", ...person("admin", () => true), succeeds: true },
];

/** Everything in D1 that a call could leave, and what the objects show. Events move between two tables meanwhile. */
async function everything(): Promise<string> {
  const tables = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'd1%'
     AND name NOT LIKE 'sqlite%' AND name NOT IN ('access_tokens', 'gauges', 'refusal_hours') ORDER BY name`,
  ).all<{ name: string }>();
  const rows = await env.DB.batch(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`)));
  const held = await env.DB.prepare("SELECT id, name, scopes, revoked, expires_at FROM access_tokens").all();
  const { license, maintained, activation, job } = planted;
  const shown = [
    `/licenses/${license}`,
    `/licenses/${maintained}`,
    `/activations/${activation}`,
    `/license-jobs/${job}`,
  ];
  const objects = await Promise.all(shown.map(read));
  return JSON.stringify([rows.map(({ results }) => results), held.results, objects]);
}

async function settled(): Promise<void> {
  await vi.waitUntil(async () => (await env.DB.prepare("SELECT 1 FROM outbox LIMIT 1").first()) === null);
}

async function asks(caller: Caller, route: string, verdict: Verdict): Promise<number> {
  const need = needOf(route);
  const method = route.slice(0, route.indexOf(" "));
  const isSure = caller.succeeds === true && !(caller.named === "admin" && need === "device");
  const victims = isSure && verdict === "in" ? await victimsOf(route, planted) : null;
  const calls = victims ?? CALLS[route]?.(planted) ?? [];
  for (const { path, body, headers } of calls) {
    const told = `${caller.named}: ${route}`;
    const token = (await caller.bearer(need, path)) ?? undefined;
    const answer = await app.call(method, `/v3${path}`, { token, ...(body && { body }), ...(headers && { headers }) });
    if (verdict === "unknown") {
      await problemOf(answer, 401, "UNAUTHORIZED");
      const challenge = token === undefined ? "Bearer" : 'Bearer error="invalid_token"';
      expect([told, answer.headers.get("WWW-Authenticate")]).toEqual([told, challenge]);
    } else if (verdict === "lacking") {
      const { detail } = await problemOf(answer, 403, "FORBIDDEN");
      const named = caller.named === "ROOT_SECRET" ? "ROOT_SECRET may only mint access tokens" : `the scope ${need}.`;
      expect([told, detail.includes(named)], detail).toEqual([told, true]);
    } else {
      const text = await answer.text();
      const said = `${told} ${path}: ${answer.status} ${text}`;
      if (isSure) expect(answer.ok, said).toBe(true);
      // AUTH-4: at a client call a person is only a person; and an access token is nobody's self.
      else if (need === "device") expect([200, 201, 400, 404], said).toContain(answer.status);
      else if (need === "self") expect([200, 204, 403, 404], said).toContain(answer.status);
      else expect([200, 201, 404], said).toContain(answer.status);
      if (answer.ok && PEOPLE.test(text) && KEYS.test(text)) seesAll.add(caller.named);
    }
  }
  return calls.length;
}

it("MGMT-5: every route has a row, which says the scope that it takes", () => {
  expect(Object.keys(CALLS).toSorted()).toEqual([...TAKEN.keys()].toSorted());
  for (const [route, taken] of TAKEN) {
    const need = needOf(route);
    expect([route, taken]).toEqual([route, need === "self" || need === "device" ? undefined : need]);
  }
});

describe.each(CALLERS.map((caller) => [caller.named, caller] as const))("%s", (named, caller) => {
  const verdicts = [...TAKEN.keys()].map((route) => [route, caller.verdict(needOf(route), route)] as const);

  it("MGMT-5: is turned away where it has no right, and leaves nothing", { timeout: 60_000 }, async () => {
    for (const [route] of verdicts) await caller.bearer(needOf(route), "");
    await settled();
    const before = await everything();
    for (const [route, verdict] of verdicts) {
      if (verdict === "in") continue;
      counts.set(named, (counts.get(named) ?? 0) + (await asks(caller, route, verdict)));
    }
    expect(await everything()).toBe(before);
  });

  it("MGMT-5: is let in where it has the right", { timeout: 60_000 }, async () => {
    for (const [route, verdict] of verdicts) {
      if (verdict === "in") counts.set(named, (counts.get(named) ?? 0) + (await asks(caller, route, verdict)));
    }
    // It is no proof unless what is planted shows where it may.
    expect(seesAll.has(named)).toBe(["right token", "plain", "support", "agent", "admin"].includes(named));
  });
});
