/** When a token is renewed (SCH-1, SCH-2). */

import { type Claims, signedAt } from "./token.ts";

/** SCH-2: no timer is longer, so that sleep and 32-bit timers harm nothing. Milliseconds. */
export const TICK = 60_000;
const SHORT = 60;
const LATEST = 0.9;

/**
 * The instant to renew, in epoch milliseconds of the clock that `receivedAt` was read from; null = never. `r` in [0, 1).
 * Within 10 % of `refresh_after`, exactly then where that is in less than a minute, and never in the last tenth.
 */
export function renewAt(claims: Claims, receivedAt: number, r: number): number | null {
  if (claims.refresh_after === undefined) return null;
  const interval = claims.refresh_after - signedAt(claims);
  const spread = interval < SHORT ? interval : interval * (0.9 + 0.2 * r);
  const life = claims.exp === undefined ? Infinity : claims.exp - signedAt(claims);
  return receivedAt + Math.round(Math.max(0, Math.min(spread, life * LATEST)) * 1_000);
}

/** How long to sleep before looking at the clock again. */
export function sleepUntil(due: number, now: number): number {
  return Math.min(Math.max(due - now, 0), TICK);
}
