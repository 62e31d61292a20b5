/**
 * The HTTP application: request ids, the open deployment, the surfaces, and the last words on errors and unknown paths.
 */

import type { Context, MiddlewareHandler } from "hono";
import { v7 as uuidv7 } from "uuid";
import { readConfig } from "./config/config.ts";
import { ACTIVATION_PATH, activationApp } from "./http/activation/routes.ts";
import type { AppEnv } from "./http/context.ts";
import { managementApp } from "./http/management/app.ts";
import { refuseGuessers } from "./http/guessers.ts";
import { crossOrigin, preflights, surfaces } from "./http/cross-origin.ts";
import { elsewhere, literalsFirst, routesOf } from "./http/methods.ts";
import { momentOf } from "./http/moment.ts";
import { reference } from "./http/openapi/reference.ts";
import { openapi } from "./http/openapi/routes.ts";
import { problemPages } from "./http/problems/pages.ts";
import { STRICT_APPLIED } from "./http/preference.ts";
import { endsInALine } from "./http/request-line.ts";
import { noteRefusal } from "./http/refusals-seen.ts";
import { Problem, renderProblem } from "./http/problem.ts";
import { limitManagement, limitTraffic } from "./http/rate-limits.ts";
import { health, publicKeys } from "./http/well-known.ts";
import { explainFailure, openDeployment, type OpenDeployment } from "./operations/deployment.ts";
import { isOutage } from "./registry/db/outage.ts";
import { say } from "./log/line.ts";
import { Hono } from "./http/hono.ts";

/** `open` is the isolate's own; a test brings one to have bindings of its own. */
export function createApp(open: OpenDeployment = openDeployment): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const routes = routesOf(app);
  const surfaceAt = surfaces(ACTIVATION_PATH, publicKeys, problemPages, openapi);
  app.use(stamp, endsInALine, crossOrigin(surfaceAt), preflights(surfaceAt, routes));
  app.route("/", health(open));
  app.use(opened(open), limitTraffic);
  app.route("/", publicKeys);
  app.route("/", problemPages);
  app.route("/", openapi);
  app.route("/", reference);
  app.use(`${ACTIVATION_PATH}/*`, refuseGuessers);
  app.use("/v3/*", refuseGuessers, limitManagement);
  app.use(literalsFirst(routes));
  app.route(ACTIVATION_PATH, activationApp());
  app.route("/v3", managementApp);
  app.notFound(elsewhere(routes));
  app.onError(async (error, c) => {
    const problem = error instanceof Problem ? error : await unforeseen(error, c);
    c.set("problemCode", problem.code);
    noteRefusal(c, problem.code, Date.now());
    const { path, url } = c.req;
    return renderProblem(problem, { path, url, requestId: c.get("requestId"), publicUrl: publicUrlOf(c) });
  });
  return app;
}

const SECURITY_HEADERS = {
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "Strict-Transport-Security": "max-age=31536000",
  "X-Content-Type-Options": "nosniff",
} as const;

/**
 * The request's id, and the headers that every answer has. Not for caches, unless an answer says so itself; a page that
 * loads something has a policy of its own.
 */
const stamp: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set("requestId", uuidv7());
  await next();
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!c.res.headers.has(name)) c.res.headers.set(name, value);
  }
  if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  c.res.headers.set("X-Request-Id", c.get("requestId"));
  if (c.get("isStrict") === true) c.res.headers.set("Preference-Applied", STRICT_APPLIED);
};

/** 503 with instructions until the deployment opens (CFG-1). */
function opened(open: OpenDeployment): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const result = await open(c.env, momentOf(c));
    if (!result.ok) throw new Problem(result.reason, result.detail);
    c.set("deployment", result.deployment);
    await next();
  };
}

async function unforeseen(error: Error, c: Context<AppEnv>): Promise<Problem> {
  const known = await explainFailure(error, c.env);
  if (known !== null) return new Problem(known.reason, known.detail);
  return isOutage(error) ? outage(error, c.get("requestId")) : bug(error, c.get("requestId"));
}

/** D1 that does not answer is no bug: 503, and the same call may succeed later. */
function outage(error: Error, requestId: string): Problem {
  say("D1 does not answer", { requestId }, error);
  return new Problem("storage-unavailable", "The storage does not answer at the moment. Try again.");
}

/** ERR-2: a bug tells the client its request id, and the log where it happened. */
function bug(error: Error, requestId: string): Problem {
  say("bug", { requestId }, error);
  return new Problem("internal-error", "Something is wrong with the server. Tell its operator the `requestId`.");
}

/** ERR-1: also of a problem that comes before the deployment is open; null where the configuration has a fault. */
function publicUrlOf(c: Context<AppEnv>): string | null {
  const deployment: AppEnv["Variables"]["deployment"] | undefined = c.get("deployment");
  if (deployment !== undefined) return deployment.config.publicUrl;
  const read = readConfig(c.env);
  return read.ok ? read.config.publicUrl : null;
}
