/** ERR-4: when to come back, in whole seconds: spread, so that those who were sent away together do not return so. */

/** Real v3 clients give up where a 429 asks for more. */
const LONGEST_OF_429 = 60;
const OF_503 = { least: 30, most: 90 } as const;
/** Of renew and check-in: a lease may be a minute. */
const OF_LEASES = { least: 5, most: 30 } as const;

/** From 0 inclusive to 1 exclusive. */
export type Random = () => number;

/** Of a 429: what is left of the window, and up to half a period more. */
export function retryAfterWindow(leftSeconds: number, periodSeconds: number, random: Random): number {
  return clamp(Math.ceil(leftSeconds + (random() * periodSeconds) / 2), 1, LONGEST_OF_429);
}

/** Of a 503. `isLease`: of a call that renews one. */
export function retryAfterOutage(isLease: boolean, random: Random): number {
  const { least, most } = isLease ? OF_LEASES : OF_503;
  return clamp(least + Math.floor(random() * (most - least + 1)), least, most);
}

/** Epoch ms: a window begins anew at each multiple of its period, as those of the bindings do. */
export function endOfWindow(now: number, periodSeconds: number): number {
  const periodMs = periodSeconds * 1000;
  return (Math.floor(now / periodMs) + 1) * periodMs;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
