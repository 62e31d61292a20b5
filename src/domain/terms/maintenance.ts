/**
 * Maintenance: for how long a license gets new releases, and which (SNAP-1: the copy of a policy, with an end of its
 * own). Pure; instants are epoch ms.
 */

import {
  endAt,
  endInstant,
  isRepresentable,
  plusPeriod,
  renewalBase,
  saturated,
  type End,
  type Period,
  type RenewalBase,
} from "./expiry.ts";

/** What a maintenance policy says. */
export interface MaintenancePolicy {
  readonly id: string;
  /** Null = for life. */
  readonly period: Period | null;
  /** Whether the period begins with the policy, or with the first activation after it. */
  readonly expirationStrategy: "immediate" | "delayed";
  /** False: no release of another major, or minor, version than the latest that the license was used with. */
  readonly allowMajorVersionUpdates: boolean;
  readonly allowMinorVersionUpdates: boolean;
}

export interface Maintenance extends MaintenancePolicy {
  /** Null = for life, or not begun. */
  readonly end: End | null;
  /** `end` as lists find it. */
  readonly expiresAt: number | null;
  /** Periods that were added before it began, in order. */
  readonly pending: readonly Period[];
  /** EVT-1: what was told of its end. */
  readonly told: "nothing" | "soon" | "over";
}

/** Periods that wait for the beginning, at most. */
const MOST_PENDING = 200;

/** `isActivated`: the first activation has been, so that nothing is left to wait for. */
export function begunMaintenance(policy: MaintenancePolicy, at: number, isActivated: boolean): Maintenance {
  const waiting: Maintenance = { ...policy, end: null, expiresAt: null, pending: [], told: "nothing" };
  return policy.expirationStrategy === "delayed" && !isActivated ? waiting : started(waiting, at);
}

/** With the first activation. The same where it does not wait for one. */
export function activatedMaintenance(maintenance: Maintenance, now: number): Maintenance {
  return isWaiting(maintenance) ? started(maintenance, now) : maintenance;
}

/** An end beyond what can be written down is the last that can. */
function started(maintenance: Maintenance, at: number): Maintenance {
  const { period, pending } = maintenance;
  if (period === null) return { ...maintenance, pending: [] };
  const end = [period, ...pending].reduce(plusPeriod, endAt(at));
  return withMaintenanceEnd({ ...maintenance, pending: [] }, saturated(end), at);
}

/** EVT-1: an end that is over at `now` never came near, but it has come. */
export function withMaintenanceEnd(maintenance: Maintenance, end: End, now: number): Maintenance {
  const expiresAt = endInstant(end);
  return { ...maintenance, end, expiresAt, told: expiresAt <= now ? "soon" : "nothing" };
}

/**
 * One period more. Null: too many wait, or the end cannot be written down. `from` means nothing before the beginning.
 */
export function longerMaintenance(
  maintenance: Maintenance,
  { period, from }: { readonly period: Period; readonly from: RenewalBase },
  now: number,
): Maintenance | null {
  const { end, pending } = maintenance;
  if (end === null) {
    const waits = { ...maintenance, pending: [...pending, period] };
    const latest = [maintenance.period ?? period, ...waits.pending].reduce(plusPeriod, endAt(now));
    return pending.length < MOST_PENDING && isRepresentable(latest) ? waits : null;
  }
  const longer = plusPeriod(renewalBase(end, from, now), period);
  return isRepresentable(longer) ? withMaintenanceEnd(maintenance, longer, now) : null;
}

/** EXP-9: the instant of the end is over. */
export function isMaintained({ expiresAt }: Maintenance, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

function isWaiting({ end, period }: Maintenance): boolean {
  return end === null && period !== null;
}

/** When there is something to tell of its end; null = nothing. `soonSeconds` before it, if more than 0, too. */
export function maintenanceNoticeAt({ expiresAt, told }: Maintenance, soonSeconds: number): number | null {
  if (expiresAt === null || told === "over") return null;
  return told === "nothing" && soonSeconds > 0 ? expiresAt - soonSeconds * 1000 : expiresAt;
}
