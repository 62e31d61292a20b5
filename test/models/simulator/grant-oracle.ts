/** What a grant should say, and what it leaves on its seat: lease, token, features (LEASE-1, TOK-6, TOK-3, SEAT-9). */

import type { Grant } from "../../../src/domain/license/calls.ts";
import { must, same } from "./invariants.ts";
import type { LicenseOracle } from "./oracle.ts";
import { refreshTold } from "./refresh-oracle.ts";
import type { SessionSeat } from "./session-seat.ts";
import { leases, leaseSeconds, tokenFor as timesFor, v3TokenFor } from "./token-oracle.ts";

/** A lease that goes on, and a new token: of the activation API, or of v3's client calls. */
export function signedFor(
  oracle: LicenseOracle,
  seat: SessionSeat,
  grant: Grant,
  { wish, byV3 }: { readonly wish: number | null; readonly byV3: boolean },
): void {
  const before = seat.end;
  contacted(oracle, seat, wish);
  leaseTold(seat, before, grant.leaseExpiresAt);
  tokenFor(oracle, seat, grant, byV3);
}

/** A new token, and the lease stays what it is. */
export function signedAgain(
  oracle: LicenseOracle,
  seat: SessionSeat,
  grant: Grant,
  { byV3 }: { readonly byV3: boolean },
): void {
  same("LEASE-1", "the lease, which stays", grant.leaseExpiresAt, seat.end);
  tokenFor(oracle, seat, grant, byV3);
}

function tokenFor(oracle: LicenseOracle, seat: SessionSeat, grant: Grant, byV3: boolean): void {
  seenFor(oracle, seat, grant);
  const bounds = boundsOf(oracle, seat);
  const told = byV3 ? v3TokenFor(oracle.given, bounds, oracle.now) : timesFor(oracle.given, bounds, oracle.now);
  same("TOK-6", "the token's end", grant.token.expiresAt, told.expiresAt);
  refreshTold(seat, grant.token.refreshAt, told.refreshAt, oracle.now);
  same("CLOCK-1", "the token's instant", grant.token.issuedAt, oracle.now);
  // STAND-1: a token of v3 outlives its license, and says so: then it lets nobody go on.
  const ends = byV3 ? earlierOf(told.expiresAt, bounds.end) : told.expiresAt;
  must("SEAT-10", ends !== null || !oracle.seats.afterToken, () => "a token without an end under after-token");
  seat.tokenEnd = ends === null || seat.tokenEnd === null ? null : Math.max(seat.tokenEnd, ends);
  seat.refreshAt = grant.token.refreshAt;
  seat.tokenRevision = oracle.revision;
  stated(oracle, seat, grant, byV3);
}

/** TOK-3, STAND-1. */
function stated({ given, meters }: LicenseOracle, seat: SessionSeat, { statement }: Grant, byV3: boolean): void {
  same("STAND-1", "whether there is a statement", statement !== undefined, byV3);
  if (statement === undefined) return;
  same("STAND-1", "suspended, as stated", statement.suspended, given.suspended);
  same("STAND-1", "the lease, as stated", statement.leaseSeconds, seat.seconds);
  same("STAND-1", "the strategy, as stated", statement.leasingStrategy, given.leasingStrategy);
  same("STAND-1", "the user, as stated", statement.userId, given.user?.id ?? null);
  const { licenseMeters, activationMeters } = statement;
  const told = JSON.stringify({ licenseMeters, activationMeters });
  same("METER-1", "uses, as stated", told, JSON.stringify(meters.told(seat)));
}

export function seenFor(oracle: LicenseOracle, seat: SessionSeat, seen: Omit<Grant, "token">): void {
  const { user } = oracle.given;
  same("SEAT-3", "the session", seen.activationId, seat.session);
  same("CLOCK-1", "the instant told", seen.now, oracle.now);
  same("EXP-1", "the end told", seen.licenseExpiresAt, oracle.endOf(seat));
  same("SEAT-3", "the generation", seen.generation, seat.generation);
  same("SEAT-3", "the fingerprint", seen.fingerprint, seat.presented);
  same("SEAT-9", "whether it is above the limit", seen.overLimit, seat.over);
  const owner = seat.owner === null ? null : (seat.owner.email ?? seat.owner.subject);
  same("SNAP-1", "the token's user", seen.user, user === null ? owner : user.email);
  const held = oracle.features.filter(({ endsAt }) => endsAt === null || endsAt > oracle.now);
  same("EXP-9", "the features", seen.features.map(({ name }) => name).join(), held.map(({ name }) => name).join());
}

export function contacted(oracle: LicenseOracle, seat: SessionSeat, sent: number | null): void {
  const { given, now } = oracle;
  if (sent !== null && leases(given) && given.allowClientLeaseDuration) seat.wish = sent;
  const seconds = leaseSeconds(given, seat.wish);
  seat.contactAt = now;
  seat.seconds = seconds;
  seat.end = seconds === 0 ? null : Math.max(now + seconds * 1000, seat.end ?? 0);
}

export function boundsOf(oracle: LicenseOracle, seat: SessionSeat) {
  return { seconds: seat.seconds, leaseEnd: seat.end, end: oracle.endOf(seat) };
}

export function leaseTold(seat: SessionSeat, before: number | null, answered: number | null): void {
  const isLater = before === null || (answered !== null && answered >= before);
  must("LEASE-3", isLater, () => `${before} became ${answered}`);
  same("LEASE-1", "leaseExpiresAt", answered, seat.end);
}

function earlierOf(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}
