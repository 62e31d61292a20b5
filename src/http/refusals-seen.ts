/**
 * Refusals of devices, by hour and code: counted in the isolate, whoever decided them, and added to D1 after a refused
 * call, at most once a minute. What is granted writes nothing. An isolate that is lost loses a minute
 * (0093-charts-cost-no-call.md).
 */

import type { Context } from "hono";
import { addRefusals, HOUR_MS } from "../registry/upkeep/analytics.ts";
import { say } from "../log/line.ts";
import { codeIn, kindOf, type ProblemCode } from "./codes.ts";
import type { AppEnv } from "./context.ts";
import { dialectOf } from "./problem.ts";

const EVERY_MS = 60_000;
/** Of one isolate in one minute: more codes than there are, twice. */
const MOST = 32;

/** By hour and code, which a space stands between. */
let seen = new Map<string, number>();
let addedAt = Number.NEGATIVE_INFINITY;

/** The activation API, and what apps call of /v3. */
const OF_APPS = /^(?:GET|POST) \/api\/|^(?:POST|PATCH) \/v3\/(?:trial-)?activations\b/;

/** What apps are told to do something about: faults of ours, and of the vendor's scripts, are none. */
function isRefusal({ method, path }: Context["req"], code: ProblemCode): boolean {
  const { status, action } = kindOf(code);
  return action !== undefined && status < 500 && OF_APPS.test(`${method} ${path}`);
}

/** `now` in epoch ms. */
export function noteRefusal(c: Context<AppEnv>, code: ProblemCode, now: number): void {
  const told = codeIn(dialectOf(c.req.path), code);
  if (!isRefusal(c.req, told)) return;
  const key = `${Math.floor(now / HOUR_MS)} ${told}`;
  if (seen.size < MOST || seen.has(key)) seen.set(key, (seen.get(key) ?? 0) + 1);
  const db = c.get("deployment")?.db;
  if (db === undefined || now - addedAt < EVERY_MS) return;
  addedAt = now;
  const taken = seen;
  seen = new Map();
  const rows = [...taken].map(([place, n]) => {
    const [hour, name = ""] = place.split(" ");
    return { hour: Number(hour), code: name, n };
  });
  c.executionCtx.waitUntil(
    addRefusals(db, rows).catch((error: unknown) => say("refusals were not counted", {}, error)),
  );
}
