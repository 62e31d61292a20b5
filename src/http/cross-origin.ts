/**
 * WEB-1: what pages of other origins may do. Keys and problem pages are for everybody; the activation API is for the
 * origins of `CORS_ORIGINS`; everything else is for nobody, as browsers have it without these headers.
 */

import type { Context, MiddlewareHandler } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import { corsOrigins } from "../config/origins.ts";
import type { AppEnv } from "./context.ts";
import type { Hono } from "./hono.ts";
import type { Routes } from "./methods.ts";
import { limitUnopened } from "./rate-limits.ts";

const EXPOSED = "Retry-After, Location, X-Request-Id, Preference-Applied";
const PREFLIGHT = {
  "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Prefer",
  "Access-Control-Max-Age": "7200",
} as const;

/** What the methods of its preflights are, and what all its answers have: those to who asks, and to others. */
interface Surface {
  readonly methods: string;
  readonly headers: (c: Context<AppEnv>) => Readonly<Record<string, string>>;
}

const FOR_ALL: Surface = { methods: "GET", headers: () => ({ "Access-Control-Allow-Origin": "*" }) };

const FOR_LISTED: Surface = {
  methods: "GET, POST",
  headers: (c) => {
    const origins = c.get("deployment")?.config.corsOrigins ?? corsOrigins(c.env);
    const origin = c.req.header("Origin");
    if (origins.length === 0) return {};
    if (origin === undefined || !origins.includes(origin)) return { Vary: "Origin" };
    return { "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED, Vary: "Origin" };
  },
};

/** Which surface a path is of. */
export type SurfaceAt = (path: string) => Surface | null;

/** `listed`: a path, and all below it, for the origins of `CORS_ORIGINS`; `open`: whose every path is for everybody. */
export function surfaces(listed: string, ...open: readonly Hono<AppEnv>[]): SurfaceAt {
  const router = new TrieRouter<Surface>();
  for (const { path } of open.flatMap((app) => app.routes)) router.add("ALL", path, FOR_ALL);
  router.add("ALL", `${listed}/*`, FOR_LISTED);
  return (path) => router.match("ALL", path)[0][0]?.[0] ?? null;
}

/** Middleware, before anything that can refuse: whatever is answered there, an error too, has the headers. */
export function crossOrigin(surfaceAt: SurfaceAt): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    await next();
    const headers = surfaceAt(c.req.path)?.headers(c) ?? {};
    for (const [name, value] of Object.entries(headers)) c.res.headers.append(name, value);
  };
}

/**
 * Middleware: answers preflights before anything is asked, also where the deployment does not open. One costs the
 * address's own burst and nothing else. To an origin that is not listed it grants nothing.
 */
export function preflights(surfaceAt: SurfaceAt, routes: Routes): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const surface = isPreflight(c) ? surfaceAt(c.req.path) : null;
    if (surface === null) return await next();
    await limitUnopened(c);
    const isGranted = "Access-Control-Allow-Origin" in surface.headers(c);
    return c.body(null, 204, {
      ...routes.allow(c.req.path),
      ...(isGranted ? { "Access-Control-Allow-Methods": surface.methods, ...PREFLIGHT } : {}),
    });
  };
}

function isPreflight(c: Context<AppEnv>): boolean {
  const sent = (name: string) => c.req.header(name) !== undefined;
  return c.req.method === "OPTIONS" && sent("Origin") && sent("Access-Control-Request-Method");
}
