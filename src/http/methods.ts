/** ERR-3: what there is at a path. Wrong method 405 with `Allow`, OPTIONS the same list, anything else 404. */

import type { Context, MiddlewareHandler } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import type { AppEnv } from "./context.ts";
import type { Hono } from "./hono.ts";
import { Problem } from "./problem.ts";

/** The paths and methods of the app, read from its routes at the first question. */
export interface Routes {
  /** The header of that name, where there is anything at the path. */
  allow(path: string): { readonly Allow?: string };
  /** Those of a path without parameters, which no parameter beside it takes over; null = it is none. */
  literal(path: string): readonly string[] | null;
}

export function routesOf(app: Hono<AppEnv>): Routes {
  let read: ReturnType<typeof readRoutes> | null = null;
  const literal = (path: string) => {
    read ??= readRoutes(app);
    return read.literals.get(path) ?? null;
  };
  const methodsAt = (path: string) => {
    read ??= readRoutes(app);
    const [matches] = read.router.match("ALL", path);
    return [...new Set(literal(path) ?? matches.map(([method]) => method))];
  };
  const allow = (path: string) => {
    const methods = methodsAt(path);
    if (methods.length === 0) return {};
    const all = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].toSorted();
    return { Allow: all.join(", ") };
  };
  return { allow, literal };
}

function readRoutes(app: Hono<AppEnv>) {
  const router = new TrieRouter<string>();
  const literals = new Map<string, readonly string[]>();
  for (const { method, path } of app.routes) {
    if (method === "ALL") continue;
    router.add("ALL", path, method);
    if (!/[:*]/.test(path)) literals.set(path, [...(literals.get(path) ?? []), method]);
  }
  return { router, literals };
}

/** Middleware, before the routes: a literal path has its own methods, not those of a parameter in its place. */
export function literalsFirst(routes: Routes): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const methods = routes.literal(c.req.path);
    const asked = c.req.method === "HEAD" ? "GET" : c.req.method;
    return methods === null || methods.includes(asked) ? await next() : answerMethods(c, routes);
  };
}

/** The app's last word on a request that no route took. */
export function elsewhere(routes: Routes): (c: Context<AppEnv>) => Response {
  return (c) => answerMethods(c, routes);
}

function answerMethods(c: Context<AppEnv>, routes: Routes): Response {
  const headers = routes.allow(c.req.path);
  if (headers.Allow === undefined)
    throw new Problem("route-unknown", "There is nothing at this address. Compare the path with the documentation.");
  if (c.req.method === "OPTIONS") return c.body(null, 204, headers);
  throw new Problem("method-not-allowed", `Use one of ${headers.Allow}: no other method works here.`, {
    headers: { Allow: headers.Allow },
  });
}
