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
  const latest = latestRefresh(terms, holder, now);
  return {
    issuedAt: now,
    expiresAt: tokenEnd(terms, holder, now),
    refreshAt: latest === null ? null : earlier(holder, now, latest),
  };
}

/**
 * To the refresh of a token issued at `now`, one at least; null = there is none. Rounded up, so that whoever waits so
 * long finds the refresh due, unless that were later than TOK-6 says.
 */
export function secondsToRefresh(terms: Terms, holder: TokenHolder, now: number): number | null {
  const latest = latestRefresh(terms, holder, now);
  if (latest === null) return null;
  const seconds = Math.ceil((earlier(holder, now, latest) - now) / 1000);
  return Math.max(1, now + seconds * 1000 > latest ? seconds - 1 : seconds);
}

function tokenEnd(terms: Terms, holder: TokenHolder, now: number): number | null {
  const offline = offlineSeconds(terms);
  const ends = [graceEnd(terms, holder), holder.endsAt, offline === null ? null : now + offline * 1000].filter(
    (at): at is number => at !== null,
  );
  return ends.length === 0 ? null : Math.min(...ends);
}

/** TOK-6, before devices are spread. */
function latestRefresh(terms: Terms, holder: TokenHolder, now: number): number | null {
  const refreshAt = refreshFrom(terms, holder.leaseSeconds, offlineSeconds(terms), now);
  return refreshAt === null ? null : Math.min(refreshAt, tokenEnd(terms, holder, now) ?? refreshAt);
}

/** LEASE-8: the lease alone frees the seat, the token may go on. */
function graceEnd({ leaseGracePeriod }: Terms, { leaseEnd }: TokenHolder): number | null {
  return leaseEnd === null ? null : leaseEnd + leaseGracePeriod * 1000;
}

function refreshFrom(terms: Terms, leaseSeconds: number, offline: number | null, now: number): number | null {
  if (leaseSeconds > 0) return now + Math.min(leaseSeconds, offline ?? leaseSeconds) * 500;
  return terms.serverSyncInterval > 0 ? now + terms.serverSyncInterval * 1000 : null;
}
