/** ERR-3: what there is at a path. Wrong method 405 with `Allow`, OPTIONS the same list, anything else 404. */

import type { Context, Hono } from "hono";
import { TrieRouter } from "hono/router/trie-router";
import type { AppEnv } from "./context.ts";
import { Problem } from "./problem.ts";

type Answer = (c: Context<AppEnv>) => Response;

/** For a literal path that a parameter beside it would take over. */
export function onlyMethods(...methods: readonly string[]): Answer {
  return (c) => answerMethods(c, methods);
}

/** The app's last word on a request that no route took. Its routes are read at the first one. */
export function elsewhere(app: Hono<AppEnv>): Answer {
  let methods: TrieRouter<string> | null = null;
  return (c) => {
    methods ??= methodsByPath(app);
    const [matches] = methods.match("ALL", c.req.path);
    return answerMethods(c, [...new Set(matches.map(([method]) => method))]);
  };
}

function methodsByPath(app: Hono<AppEnv>): TrieRouter<string> {
  const router = new TrieRouter<string>();
  for (const route of app.routes) {
    if (route.method !== "ALL") router.add("ALL", route.path, route.method);
  }
  return router;
}

function answerMethods(c: Context<AppEnv>, methods: readonly string[]): Response {
  if (methods.length === 0) throw new Problem("route-unknown", "There is nothing at this address.");
  const all = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].toSorted();
  const headers = { Allow: all.join(", ") };
  if (c.req.method === "OPTIONS") return c.body(null, 204, headers);
  throw new Problem("method-not-allowed", `Here there is ${headers.Allow}.`, { headers });
}
