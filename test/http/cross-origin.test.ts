/** WEB-1, ERR-3: what pages of other origins are told, and what there is at each path of the app. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { nodeApp, type NodeApp } from "../support/node-app.ts";
import { problemOf } from "../support/problems.ts";

const PAGE = "https://app.acme.test";
const OTHER = "https://elsewhere.test";
const CORS_ORIGINS = `${PAGE}, tauri://localhost`;
const BASE = "/api/v1/activations";
const ID = "00000000-0000-7000-8000-000000000000";
const config = { rateLimits: false, publicUrl: null, logSampling: 0 } as Config;
const limited = { rateLimits: true, publicUrl: null } as Config;

const open = (vars = {}): NodeApp => nodeApp({ config }, { CORS_ORIGINS, RATE_LIMITS: "on", ...vars });

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterEach(() => void vi.restoreAllMocks());

/** All headers that browsers read about origins. */
function crossOriginOf({ headers }: Response): Record<string, string> {
  const names = [...headers.keys()].filter((name) => name.startsWith("access-control-") || name === "vary");
  return Object.fromEntries(names.map((name) => [name, headers.get(name) ?? ""]));
}

const TO_LISTED = {
  "access-control-allow-origin": PAGE,
  "access-control-expose-headers": "Retry-After, Location, X-Request-Id, Preference-Applied",
  vary: "Origin",
};

const preflight = (origin: string) => ({ Origin: origin, "Access-Control-Request-Method": "POST" });

describe("the activation API", () => {
  it("WEB-1: every answer to a listed origin carries the headers: 400, 404, 405, 429, 500 and 503 too", async () => {
    const here = open();
    const whatever = async (app: NodeApp, method: string, path: string, status: number) => {
      for (const [origin, expected] of [
        [PAGE, TO_LISTED],
        ["tauri://localhost", { ...TO_LISTED, "access-control-allow-origin": "tauri://localhost" }],
        [OTHER, { vary: "Origin" }],
        ["null", { vary: "Origin" }],
        [undefined, { vary: "Origin" }],
      ] as const) {
        const answer = await app.call(method, path, origin === undefined ? {} : { Origin: origin });
        expect([path, answer.status, crossOriginOf(answer)]).toEqual([path, status, expected]);
        expect(answer.headers.get("Access-Control-Allow-Credentials")).toBeNull();
      }
    };
    await whatever(here, "GET", `${BASE}/no-session`, 400);
    await whatever(here, "GET", `${BASE}/nothing/there`, 404);
    await whatever(here, "GET", BASE, 404);
    await whatever(here, "DELETE", `${BASE}/license`, 405);
    await whatever(here, "OPTIONS", `${BASE}/license`, 204);
    const closed = { ok: false, reason: "storage-unavailable", detail: "x" } as const;
    await whatever(nodeApp(closed, { CORS_ORIGINS }), "POST", `${BASE}/license`, 503);
    await whatever(nodeApp(closed, { CORS_ORIGINS, ROOT_SECRET: "" }), "POST", `${BASE}/license`, 503);
    const tired = nodeApp({ config: limited }, { CORS_ORIGINS });
    tired.limits.ADDRESS_LIMIT.isOver = true;
    await whatever(tired, "POST", `${BASE}/license`, 429);
    await whatever(nodeApp(new TypeError("a bug"), { CORS_ORIGINS }), "POST", `${BASE}/license`, 500);
  });

  it("WEB-1: a preflight is answered before anything is asked, and costs the address's own burst alone", async () => {
    const here = nodeApp(new Error("nobody opens this"), { CORS_ORIGINS, ROOT_SECRET: "" });
    for (const path of [`${BASE}/license`, `${BASE}/x/renew`, `${BASE}/nothing/there`]) {
      const answer = await here.call("OPTIONS", path, preflight(PAGE));
      expect([answer.status, await answer.text()]).toEqual([204, ""]);
      expect(crossOriginOf(answer)).toEqual({
        ...TO_LISTED,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, Prefer",
        "access-control-max-age": "7200",
      });
    }
    expect(here.opened()).toBe(0);
    const { ADDRESS_LIMIT, BURST_LIMIT, MISS_LIMIT } = here.limits;
    expect([ADDRESS_LIMIT.charged.length, BURST_LIMIT.charged, MISS_LIMIT.charged]).toEqual([3, [], []]);
    ADDRESS_LIMIT.isOver = true;
    const refused = await here.call("OPTIONS", `${BASE}/license`, preflight(PAGE));
    expect(crossOriginOf(refused)).toEqual(TO_LISTED);
    await problemOf(refused, 429, "too-many-requests");
  });

  it("WEB-1: a preflight of another origin is granted nothing", async () => {
    const answer = await open().call("OPTIONS", `${BASE}/license`, preflight(OTHER));
    expect([answer.status, answer.headers.get("Allow")]).toEqual([204, "OPTIONS, POST"]);
    expect(crossOriginOf(answer)).toEqual({ vary: "Origin" });
  });

  it("WEB-1: by default nobody is listed, and a fault lists nobody", async () => {
    for (const origins of ["", "*", `${PAGE},*`]) {
      const here = open({ CORS_ORIGINS: origins });
      for (const headers of [preflight(PAGE), { Origin: PAGE }]) {
        expect(crossOriginOf(await here.call("OPTIONS", `${BASE}/license`, headers))).toEqual({});
      }
    }
  });
});

describe("everything else", () => {
  it("WEB-1: keys and problem pages, their errors and preflights too, are for every origin", async () => {
    const here = open();
    const paths = ["/problems", "/problems/overloaded", "/problems/no-such-problem", `/v3/products/${ID}/jwks`];
    for (const path of [...paths, "/.well-known/jwks.json"]) {
      for (const method of ["GET", "DELETE", "OPTIONS"]) {
        const answer = await here.call(method, path, { Origin: OTHER });
        expect([path, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([path, "*"]);
      }
      const asked = await here.call("OPTIONS", path, preflight(OTHER));
      expect(crossOriginOf(asked)).toMatchObject({
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET",
      });
    }
    const closed = nodeApp({ ok: false, reason: "storage-unavailable", detail: "x" });
    const refused = await closed.call("GET", "/.well-known/jwks.json", { Origin: OTHER });
    expect([refused.status, refused.headers.get("Access-Control-Allow-Origin")]).toEqual([503, "*"]);
  });

  it("WEB-1: the management API, health and unknown paths are for none, listed or not", async () => {
    const here = open();
    for (const path of ["/v3/licenses", `/v3/products/${ID}`, "/v3/nothing", "/", "/api/v1", "/health"]) {
      for (const headers of [{ Origin: PAGE }, preflight(PAGE)]) {
        const answer = await here.call("OPTIONS", path, headers);
        expect([path, crossOriginOf(answer)]).toEqual([path, {}]);
      }
    }
  });
});

describe("methods", () => {
  const here = nodeApp({ config });
  const routes = here.app.routes.filter(({ method }) => method !== "ALL");
  const paths = [...new Set(routes.map(({ path }) => path))];
  const own = (path: string) => [...new Set(routes.filter((route) => route.path === path).map(({ method }) => method))];

  it.each(paths)(
    "ERR-3: a method that %s has not is 405 with Allow, whatever a parameter beside it takes",
    async (path) => {
      const methods = own(path);
      const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].toSorted().join(", ");
      const asked = path.replaceAll(/:[a-zA-Z]+/g, ID);
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((one) => !methods.includes(one))) {
        const answer = await here.call(method, asked);
        expect([method, asked, answer.headers.get("Allow")]).toEqual([method, asked, allow]);
        await problemOf(answer, 405, asked.startsWith("/v3/") ? "METHOD_NOT_ALLOWED" : "method-not-allowed");
      }
      const options = await here.call("OPTIONS", asked);
      expect([options.status, options.headers.get("Allow")]).toEqual([204, allow]);
    },
  );
});
