/** How long a lease is, and how it goes on (LEASE-1, LEASE-3, LEASE-6). Seconds. */

import type { Activation } from "../turn/ledger.ts";
import { hasLease, type Terms } from "../terms/license.ts";
import type { Turn } from "../turn/turn.ts";

const SHORTEST_WISH = 60;
/** LEASE-6: D1's copy of lease end and contact is refreshed when it is older than this (ms). */
const PROJECTION_AGE = 86_400_000;

/** LEASE-1: the granted seconds; 0 = no lease, whatever the client asks. A wish counts only while the flag is on. */
export function grantedLease(terms: Terms, wishSeconds: number | null): number {
  if (!hasLease(terms)) return 0;
  if (wishSeconds === null || !terms.allowClientLeaseDuration) return terms.leaseDuration;
  const ceiling = terms.maxLeaseDuration > 0 ? terms.maxLeaseDuration : terms.leaseDuration;
  const least = Math.min(SHORTEST_WISH, ceiling);
  return Math.min(Math.max(wishSeconds, least), ceiling);
}

/** LEASE-1: a wish sent while the flag is on is remembered; otherwise the old one stays. */
export function rememberedWish(terms: Terms, sent: number | null, before: number | null): number | null {
  return sent !== null && hasLease(terms) && terms.allowClientLeaseDuration ? sent : before;
}

/** LEASE-3: now + lease, never earlier than it was; null without a lease. */
export function leaseEndFrom(now: number, leaseSeconds: number, before: number | null): number | null {
  if (leaseSeconds === 0) return null;
  return Math.max(now + leaseSeconds * 1000, before ?? 0);
}

/**
 * LEASE-3, LEASE-6: the activation with a new end and contact; a D1 copy over a day old is marked for the keeper to
 * send.
 */
export function extended(turn: Turn, activation: Activation, wishSent: number | null): Activation {
  const { terms } = turn.license;
  const wish = rememberedWish(terms, wishSent, activation.requestedLeaseSeconds);
  const leaseSeconds = grantedLease(terms, wish);
  const stale = turn.now - activation.projectedAt > PROJECTION_AGE;
  if (stale) turn.staleProjections.push(activation.id);
  turn.memory.lastUsedAt = turn.now;
  return {
    ...activation,
    leaseSeconds,
    requestedLeaseSeconds: wish,
    leaseEnd: leaseEndFrom(turn.now, leaseSeconds, activation.leaseEnd),
    contactAt: turn.now,
    projectedAt: stale ? turn.now : activation.projectedAt,
  };
}
