/** The licenses of a simulation: of every kind, with few seats or hundreds, and what their clients know of them. */

import type { ActivateCall, Principal, SignedInUser } from "../../../src/domain/license/calls.ts";
import type { Random } from "../../support/random.ts";
import type { Span } from "./calendar.ts";
import { NO_RULES, policyOf, rulesOf } from "./claims.ts";
import type { Given } from "./given.ts";
import type { SimObject } from "./object.ts";
import type { LicenseOracle } from "./oracle.ts";
import type { People } from "./people.ts";
import type { Trace } from "./trace.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A session that a client was granted and may use, or use again when it has ended. */
export interface Session {
  readonly id: string;
  readonly device: string;
  readonly principal: Principal;
  /** Of the OS user; null = not told. */
  readonly userHash: string | null;
}

/** What an activation that was granted leaves with its client. */
export function sessionOf({ principal, fingerprint, device: { userHash } }: ActivateCall, id: string): Session {
  return { id, device: fingerprint, principal, userHash };
}

/** One license: what stands for it, its history, and its clients. */
export interface Case {
  readonly object: SimObject;
  readonly oracle: LicenseOracle;
  readonly firstDevice: number;
  readonly spread: number;
  readonly people: readonly SignedInUser[];
  readonly sessions: Session[];
  readonly formerKeys: string[];
  /** STAND-2: the step at which somebody was answered that it is closed; null = it may be open. */
  closedAt: number | null;
  /** The same of v3's client calls, which a suspended license does not keep out (STAND-1). */
  goneAt: number | null;
  readonly trace: Trace;
}

/** As many as there are devices; some of those that are forgotten run, and some of those that are kept have ended. */
export function remember({ sessions, spread }: Case, session: Session, random: Random): void {
  const known = sessions.findIndex(({ id, device }) => id === session.id || device === session.device);
  if (known >= 0 && random.chance(0.9)) sessions[known] = session;
  else if (sessions.length < spread) sessions.push(session);
  else sessions[random.below(spread)] = session;
}

/** Few seats mostly, hundreds now and then; 0 = unlimited. */
export function limitOf(random: Random): number {
  const kind = random.below(20);
  if (kind === 0) return 0;
  if (kind < 11) return 1 + random.below(4);
  if (kind < 18) return 4 + random.below(40);
  return 64 + random.below(300);
}

/** How likely each kind is; every seed has its own mix. */
export interface Mix {
  readonly floating: number;
  readonly rolling: number;
  readonly afterToken: number;
  readonly wishes: number;
  readonly shared: number;
  readonly alike: number;
  readonly locked: number;
  readonly ruled: number;
  readonly metered: number;
  readonly maintained: number;
}

export function mixOf(random: Random): Mix {
  const share = (...shares: number[]) => random.pick(shares) ?? 0.5;
  return {
    floating: share(0.1, 0.55, 0.55, 0.9),
    rolling: share(0.1, 0.3, 0.8),
    afterToken: share(0.1, 0.35, 0.8),
    wishes: share(0.2, 0.5, 0.9),
    shared: share(0, 0.3, 0.7),
    alike: share(0, 0.4, 0.9),
    locked: share(0, 0.1, 0.5),
    ruled: share(0, 0, 0.4),
    metered: share(0, 0.4, 0.9),
    maintained: share(0, 0, 0.5),
  };
}

export function given(random: Random, people: People, now: number, mix: Mix): Given {
  const floating = random.chance(mix.floating);
  const type = floating ? "hosted-floating" : random.chance(0.7) ? "node-locked" : "on-premise-floating";
  const isRolling = type === "node-locked" && random.chance(mix.rolling);
  const expirationStrategy = isRolling ? "rolling" : random.chance(0.5) ? "immediate" : "delayed";
  const period = periodOf(random);
  const isAfterToken = random.chance(mix.afterToken);
  const leaseDuration = floating ? leaseOf(random) : 0;
  return {
    type,
    expirationStrategy,
    period,
    expiresAt: !isRolling && random.chance(0.1) ? now + random.below(90 * DAY) * 1000 : null,
    effectiveAt: null,
    user: random.chance(0.3) ? people.user(random) : null,
    revoked: false,
    suspended: false,
    duplicateActivation: random.chance(0.85) ? "resume" : "reject",
    seatRelease: isAfterToken ? "after-token" : "at-once",
    allowedActivations: limitOf(random),
    allowedOverage: overageOf(random),
    allowedDeactivations: random.chance(0.7) ? -1 : random.below(30),
    leasingStrategy: leasingOf(random, mix.shared, leaseDuration),
    fingerprintMatchingStrategy: random.chance(mix.alike) ? matchingOf(random) : "exact",
    userLocked: random.chance(mix.locked),
    leaseDuration,
    allowClientLeaseDuration: random.chance(mix.wishes),
    maxLeaseDuration: random.chance(0.5) ? 0 : leaseOf(random) * 2,
    leaseGracePeriod: graceOf(random, isAfterToken),
    serverSyncInterval: random.pick([0, 600, HOUR]) ?? HOUR,
    serverSyncGracePeriod: random.pick([-1, 0, 1200, DAY]) ?? DAY,
    requireAuthentication: random.chance(0.15),
    ...(random.chance(mix.ruled) ? rulesOf(random) : NO_RULES),
    meterAttributes: random.chance(mix.metered) ? metersOf(random) : [],
    maintenance: random.chance(mix.maintained) ? policyOf(random) : null,
  };
}

/** Instances need a lease. */
export function leasingOf(random: Random, shared: number, leaseDuration: number): Given["leasingStrategy"] {
  if (!random.chance(shared)) return "per-machine";
  return leaseDuration > 0 && random.chance(0.5) ? "per-instance" : "per-user";
}

export function matchingOf(random: Random): Given["fingerprintMatchingStrategy"] {
  return random.pick(["exact", "fuzzy", "loose"] as const) ?? "exact";
}

/** METER-1: one of each kind, without one now and then, or one that nobody is told of. */
export function metersOf(random: Random): Given["meterAttributes"] {
  const limit = () => (random.chance(0.2) ? -1 : random.below(40));
  const viewPermissions = random.chance(0.7) ? ["activation"] : [];
  const all = [
    { name: "pages", allowedUses: limit(), floating: false, viewPermissions },
    { name: "tabs", allowedUses: limit(), floating: true, viewPermissions },
  ];
  return random.chance(0.7) ? all : all.slice(random.below(2), 1 + random.below(2));
}

/** SEAT-9: none mostly. */
export function overageOf(random: Random): number {
  return random.chance(0.6) ? 0 : 1 + random.below(5);
}

/** Seconds; without any now and then. */
export function leaseOf(random: Random): number {
  return random.pick([0, 60, 90, 300, 900, HOUR, 2 * HOUR, DAY]) ?? HOUR;
}

/** LEASE-8: seconds; none mostly. */
export function graceOf(random: Random, isAfterToken: boolean): number {
  return random.pick([0, 0, 90, HOUR, DAY, isAfterToken ? 30 * DAY : 600]) ?? 0;
}

/** Perpetual, seconds, months, or both; the last day of a month counts in all of them. */
export function periodOf(random: Random): Span | null {
  switch (random.below(6)) {
    case 0:
      return null;
    case 1:
      return { months: 0, seconds: HOUR + random.below(DAY) };
    case 2:
      return { months: 0, seconds: DAY * (1 + random.below(60)) };
    case 3:
      return { months: 1 + random.below(3), seconds: random.below(2) * DAY };
    default:
      return { months: random.pick([1, 1, 12, 3]) ?? 1, seconds: 0 };
  }
}
