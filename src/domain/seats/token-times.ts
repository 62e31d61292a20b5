/** When a token ends and when it should be fetched anew (TOK-6). */

import type { TokenTimes } from "../license/calls.ts";
import type { Terms } from "../terms/license.ts";

/** Seconds that a token may be used without contact: sync plus grace; null = without end. */
export function offlineSeconds(terms: Pick<Terms, "serverSyncInterval" | "serverSyncGracePeriod">): number | null {
  if (terms.serverSyncGracePeriod === -1) return null;
  const sum = terms.serverSyncInterval + terms.serverSyncGracePeriod;
  return sum === 0 ? null : sum;
}

/** The holder of a token: its lease, and the end of its license or rolling activation. */
export interface TokenBounds {
  readonly leaseSeconds: number;
  readonly leaseEnd: number | null;
  readonly endsAt: number | null;
}

/** TOK-6, for a token issued at `now`. */
export function tokenTimes(terms: Terms, bounds: TokenBounds, now: number): TokenTimes {
  const offline = offlineSeconds(terms);
  const ends = [bounds.leaseEnd, bounds.endsAt, offline === null ? null : now + offline * 1000].filter(
    (at): at is number => at !== null,
  );
  const expiresAt = ends.length === 0 ? null : Math.min(...ends);
  const refreshAt = refreshFrom(terms, bounds.leaseSeconds, offline, now);
  return {
    issuedAt: now,
    expiresAt,
    refreshAt: refreshAt === null || expiresAt === null ? refreshAt : Math.min(refreshAt, expiresAt),
  };
}

function refreshFrom(terms: Terms, leaseSeconds: number, offline: number | null, now: number): number | null {
  if (leaseSeconds > 0) return now + Math.min(leaseSeconds, offline ?? leaseSeconds) * 500;
  return terms.serverSyncInterval > 0 ? now + terms.serverSyncInterval * 1000 : null;
}
