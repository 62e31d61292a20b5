/**
 * What a verified token permits at an instant (CLK, GRC, REF). Pure and synchronous: the same token, memory and clock
 * give the same verdict.
 */

import { codeOf } from "./codes.ts";
import { type Claims, type InvalidReason, signedAt, type Verified } from "./token.ts";

/** What a device remembers beside the token. Instants and durations in milliseconds. */
export interface Memory {
  /** The device's clock less the server's, at the last contact (CLK-6). */
  readonly skew?: number;
  /** The newest signed time of any token of this device, and how long ago it came, if that was in this run (CLK-4). */
  readonly mark?: { readonly signedAt: number; readonly elapsed?: number };
  /** The latest instant that the device's clock has shown (CLK-5). */
  readonly seen?: number;
  /** The session that was given back here (REF-5). */
  readonly released?: string;
  /** The last conclusive no, and the token that it answered (REF-1, REF-2). */
  readonly refusal?: { readonly jti: string; readonly code: string };
  /** The last contact that was tried gave no answer. */
  readonly contactFailed?: boolean;
}

export type ClockState = "ok" | "skewed" | "behind" | "went-back";

/** Instants in epoch milliseconds; `until` null = without end. */
export type Verdict =
  | { readonly status: "active"; readonly usable: true; readonly until: number | null; readonly clock: ClockState }
  | {
      readonly status: "grace";
      readonly usable: true;
      readonly since: number;
      readonly until: number | null;
      readonly clock: ClockState;
    }
  | {
      readonly status: "not-yet-effective";
      readonly usable: false;
      readonly from: number | null;
      readonly clock: ClockState;
    }
  | {
      readonly status: "expired";
      readonly usable: false;
      readonly reason: "license" | "lease" | "contact";
      readonly at: number | null;
      readonly clock: ClockState;
    }
  | {
      readonly status: "revoked" | "suspended" | "ended" | "released";
      readonly usable: false;
      readonly clock: ClockState;
    }
  | { readonly status: "invalid"; readonly usable: false; readonly reason: InvalidReason };

/** Within this a clock is right: what tokens are back-dated by, too (TOK-2). */
export const TOLERANCE = 300_000;

/** `wall`: what the device's clock shows, in epoch milliseconds. */
export function judge(token: Verified<Claims>, wall: number, memory: Memory = {}): Verdict {
  if (!token.ok) return { status: "invalid", usable: false, reason: token.reason };
  const { claims } = token;
  const { now, clock } = serverTime(claims, wall, memory);
  if (memory.released === claims.sid) return { status: "released", usable: false, clock };

  const refused = memory.refusal?.jti === claims.jti ? codeOf(memory.refusal.code)?.standing : undefined;
  if (refused === "revoked") return { status: refused, usable: false, clock };
  if (refused === "not-yet-effective") return { status: refused, usable: false, from: null, clock };
  if (claims.nbf * 1_000 > now) return { status: "not-yet-effective", usable: false, from: claims.nbf * 1_000, clock };
  const until = claims.exp === undefined ? null : claims.exp * 1_000;
  if (until !== null && now >= until) return { status: "expired", usable: false, ...endOf(claims, until, now), clock };
  if (refused === "expired") return { status: "expired", usable: false, reason: "license", at: endsAt(claims), clock };
  if (refused !== undefined) return { status: refused, usable: false, clock };

  const since = claims.refresh_after === undefined ? null : claims.refresh_after * 1_000;
  return memory.contactFailed === true && since !== null && now >= since
    ? { status: "grace", usable: true, since, until, clock }
    : { status: "active", usable: true, until, clock };
}

/** CLK-3 to CLK-6: the server's time as far as this device can tell, and whether its clock is to be trusted. */
export function serverTime(claims: Claims, wall: number, memory: Memory): { now: number; clock: ClockState } {
  const mark = Math.max(signedAt(claims) * 1_000, memory.mark?.signedAt ?? 0) + (memory.mark?.elapsed ?? 0);
  const told = wall - (memory.skew ?? 0);
  const seen = isKept(memory.seen, claims) ? memory.seen : 0;
  return { now: Math.max(told, mark), clock: clockOf() };

  function clockOf(): ClockState {
    if (wall < seen - TOLERANCE) return "went-back";
    if (Math.abs(memory.skew ?? 0) > TOLERANCE) return "skewed";
    return told < mark - TOLERANCE ? "behind" : "ok";
  }
}

/** CLK-5: beyond the token's end it says nothing. */
function isKept(seen: number | undefined, { exp }: Claims): seen is number {
  return seen !== undefined && (exp === undefined || seen <= exp * 1_000);
}

/** CLK-2. */
function endOf(claims: Claims, until: number, now: number): { reason: "license" | "lease" | "contact"; at: number } {
  const license = endsAt(claims);
  if (license !== null && license <= now) return { reason: "license", at: license };
  const lease = claims.lease_expires_at === undefined ? null : claims.lease_expires_at * 1_000;
  return lease !== null && lease <= now ? { reason: "lease", at: lease } : { reason: "contact", at: until };
}

function endsAt({ license_expires_at }: Claims): number | null {
  return license_expires_at === undefined ? null : license_expires_at * 1_000;
}
