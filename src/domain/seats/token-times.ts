/** When a token ends and when it should be fetched anew (TOK-6, LEASE-7, LEASE-8). */

import type { TokenTimes } from "../license/calls.ts";
import type { Terms } from "../terms/license.ts";
import { earlier, type Spread } from "./spread.ts";

/** Seconds that a token may be used without contact: sync plus grace; null = without end. */
export function offlineSeconds(terms: Pick<Terms, "serverSyncInterval" | "serverSyncGracePeriod">): number | null {
  if (terms.serverSyncGracePeriod === -1) return null;
  const sum = terms.serverSyncInterval + terms.serverSyncGracePeriod;
  return sum === 0 ? null : sum;
}

/** The holder of a token: its activation, its lease, and the end of its license or rolling activation. */
export interface TokenHolder extends Spread {
  readonly leaseSeconds: number;
  readonly leaseEnd: number | null;
  readonly endsAt: number | null;
}

/** TOK-6, for a token issued at `now`. */
export function tokenTimes(terms: Terms, holder: TokenHolder, now: number): TokenTimes {
  const offline = offlineSeconds(terms);
  const ends = [graceEnd(terms, holder), holder.endsAt, offline === null ? null : now + offline * 1000].filter(
    (at): at is number => at !== null,
  );
  const expiresAt = ends.length === 0 ? null : Math.min(...ends);
  const refreshAt = refreshFrom(terms, holder.leaseSeconds, offline, now);
  return {
    issuedAt: now,
    expiresAt,
    refreshAt: refreshAt === null ? null : earlier(holder, now, Math.min(refreshAt, expiresAt ?? refreshAt)),
  };
}

/** LEASE-8: the lease alone frees the seat, the token may go on. */
function graceEnd({ leaseGracePeriod }: Terms, { leaseEnd }: TokenHolder): number | null {
  return leaseEnd === null ? null : leaseEnd + leaseGracePeriod * 1000;
}

function refreshFrom(terms: Terms, leaseSeconds: number, offline: number | null, now: number): number | null {
  if (leaseSeconds > 0) return now + Math.min(leaseSeconds, offline ?? leaseSeconds) * 500;
  return terms.serverSyncInterval > 0 ? now + terms.serverSyncInterval * 1000 : null;
}
