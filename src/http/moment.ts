/** The Worker's clock and the way past the answer, for the caches; it decides nothing about licenses (CLOCK-1). */

import type { Context } from "hono";
import type { Moment } from "../tokens/fresh-map.ts";
import type { AppEnv } from "./context.ts";

export function momentOf(c: Pick<Context<AppEnv>, "executionCtx">): Moment {
  return { now: Date.now(), waitUntil: (work) => c.executionCtx.waitUntil(work) };
}
