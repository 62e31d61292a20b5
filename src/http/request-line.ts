/** The line of the log that every request ends in (OBS-1). */

import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { along, trailOf, type Spans, type Trail } from "../log/about.ts";
import { isSampled, sayRequest } from "../log/line.ts";
import { codeIn, type Dialect } from "./codes.ts";
import type { AppEnv } from "./context.ts";
import { dialectOf } from "./problem.ts";

/**
 * Middleware: all that comes after it, and what it leaves behind, is about this request. `LOG_SAMPLING` thins the
 * lines, and never one of a 5xx (0063-how-lines-are-thinned.md).
 */
export const endsInALine: MiddlewareHandler<AppEnv> = async (c, next) => {
  const tracing = tracingOf(c);
  const trail = trailOf(c.get("requestId"), tracing);
  // So that the line leads to the trace.
  tracing?.getActiveSpan()?.setAttribute("leasehold.request_id", trail.requestId);
  const startedAt = Date.now();
  await along(trail, next);
  const share = c.get("deployment")?.config.logSampling ?? 1;
  if (c.res.status >= 500 || isSampled(trail.requestId, share)) tell(c, trail, Date.now() - startedAt);
};

/** The runtime of the tests has none. A span of ours costs as much where this request is not one of the traced. */
function tracingOf({ executionCtx }: Context<AppEnv>): Spans | undefined {
  const tracing = Reflect.get(executionCtx, "tracing") as Spans | undefined;
  return tracing?.getActiveSpan()?.isTraced === false ? undefined : tracing;
}

function tell(c: Context<AppEnv>, trail: Trail, milliseconds: number): void {
  const { path, method } = c.req;
  const dialect = dialectOf(path);
  const code = c.get("problemCode");
  sayRequest(trail, {
    method,
    route: patternOf(c),
    status: c.res.status,
    code: code === undefined ? null : codeIn(dialect, code),
    milliseconds,
    dialect: isOf(dialect, path) ? dialect : null,
  });
}

/** Health, keys and problem pages are neither's, though their problems are worded as the activation API's. */
function isOf(dialect: Dialect, path: string): boolean {
  return dialect === "management" || path.startsWith("/api/");
}

/** Never the path: of what the router found, the first that is no middleware. Null: nothing is there. */
function patternOf(c: Context<AppEnv>): string | null {
  return matchedRoutes(c).find(({ path }) => !path.endsWith("*"))?.path ?? null;
}
