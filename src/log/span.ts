/**
 * Spans of our own in the platform's traces (OBS-1). Calls of objects and statements of D1 have theirs from the
 * platform; work of the processor has none unless it is named here.
 */

import { currentTracing } from "./about.ts";

/** `name` is one of ours: nothing of a caller's stands in a span. */
export function inSpan<T>(name: "sign a license token" | "sign an activation token", work: () => T): T {
  const tracing = currentTracing();
  return tracing === undefined ? work() : tracing.enterSpan(name, work);
}
