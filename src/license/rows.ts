/** Row to record and back: the only place that knows the column types of the object's tables. */

import type { EventType } from "../domain/license/event.ts";
import type { DeviceFacts } from "../domain/license/device.ts";
import type { Activation, OutboxRow, RenewalSum, RollingMemory, Tally, UsageDay } from "../domain/turn/ledger.ts";
import type { Terms } from "../domain/terms/license.ts";
import { readTerms } from "../domain/terms/stored-terms.ts";
import { integer, maybeInteger, maybeText, text, type Row, type SqlValue } from "../durable/sql.ts";

const TALLY_COLUMNS = {
  clock: "clock",
  fence: "fence",
  fenceConfirmed: "fence_confirmed",
  reprojectFrom: "reproject_from",
  nextSeq: "next_seq",
  deadUpto: "dead_upto",
  seatsTaken: "seats_taken",
  activationsTaken: "activations_taken",
  deactivations: "deactivations",
  ownerEpoch: "owner_epoch",
  ownedDeadUpto: "owned_dead_upto",
  ownedTidiedUpto: "owned_tidied_upto",
  ownedSeatsTaken: "owned_seats_taken",
  ownedActivationsTaken: "owned_activations_taken",
  eventSeq: "event_seq",
  limitEventAt: "limit_event_at",
  lastUsedAt: "last_used_at",
  releaseVersion: "release_version",
  expiredEnd: "expired_end",
  expiringEnd: "expiring_end",
  peakDay: "peak_day",
  peakUsed: "peak_used",
} as const satisfies Record<keyof Tally, string>;

const tallyMembers = Object.keys(TALLY_COLUMNS) as (keyof Tally)[];

/** Insert at birth, afterwards an update of one row in place. */
export const SAVE_TALLY = `INSERT INTO tally (one, ${Object.values(TALLY_COLUMNS).join(", ")})
  VALUES (1, ${tallyMembers.map(() => "?").join(", ")})
  ON CONFLICT (one) DO UPDATE SET ${Object.values(TALLY_COLUMNS)
    .map((column) => `${column} = excluded.${column}`)
    .join(", ")}`;

export function tallyValues(tally: Tally): SqlValue[] {
  return tallyMembers.map((member) => tally[member]);
}

export function tallyOf(row: Row): Tally {
  return {
    clock: integer(row, "clock"),
    fence: integer(row, "fence"),
    fenceConfirmed: integer(row, "fence_confirmed"),
    reprojectFrom: maybeInteger(row, "reproject_from"),
    nextSeq: integer(row, "next_seq"),
    deadUpto: integer(row, "dead_upto"),
    seatsTaken: integer(row, "seats_taken"),
    activationsTaken: integer(row, "activations_taken"),
    deactivations: integer(row, "deactivations"),
    ownerEpoch: integer(row, "owner_epoch"),
    ownedDeadUpto: integer(row, "owned_dead_upto"),
    ownedTidiedUpto: integer(row, "owned_tidied_upto"),
    ownedSeatsTaken: integer(row, "owned_seats_taken"),
    ownedActivationsTaken: integer(row, "owned_activations_taken"),
    eventSeq: integer(row, "event_seq"),
    limitEventAt: integer(row, "limit_event_at"),
    lastUsedAt: maybeInteger(row, "last_used_at"),
    releaseVersion: maybeText(row, "release_version"),
    expiredEnd: maybeInteger(row, "expired_end"),
    expiringEnd: maybeInteger(row, "expiring_end"),
    peakDay: integer(row, "peak_day"),
    peakUsed: integer(row, "peak_used"),
  };
}

/** `device` as hex. */
export const ACTIVATION_COLUMNS = `seq, id, lease_end, released, token_end, contact_at, lease, requested_lease,
  token_refresh_at, token_revision, gen, projected_at, created_at, renewals_before, period_months, period_seconds, anchor_at,
  lower(hex(device)) AS device, device IS NULL AS deviceless, lower(hex(holder)) AS holder,
  holder IS NULL AS holderless, owner, owner_epoch, facts`;

export function activationOf(row: Row): Activation {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    leaseEnd: maybeInteger(row, "lease_end"),
    released: integer(row, "released") === 1,
    tokenEnd: maybeInteger(row, "token_end"),
    contactAt: integer(row, "contact_at"),
    leaseSeconds: integer(row, "lease"),
    requestedLeaseSeconds: maybeInteger(row, "requested_lease"),
    tokenRefreshAt: maybeInteger(row, "token_refresh_at"),
    tokenRevision: integer(row, "token_revision"),
    generation: integer(row, "gen"),
    projectedAt: integer(row, "projected_at"),
    createdAt: integer(row, "created_at"),
    renewalsBefore: integer(row, "renewals_before"),
    periodMonths: maybeInteger(row, "period_months"),
    periodSeconds: maybeInteger(row, "period_seconds"),
    anchorAt: maybeInteger(row, "anchor_at"),
    device: integer(row, "deviceless") === 1 ? null : text(row, "device"),
    holder: integer(row, "holderless") === 1 ? null : text(row, "holder"),
    owner: maybeText(row, "owner"),
    ownerEpoch: integer(row, "owner_epoch"),
    facts: JSON.parse(text(row, "facts")) as DeviceFacts,
  };
}

/** What every contact may move, in the order of the columns. */
function movingValues(a: Activation): SqlValue[] {
  return [
    a.leaseEnd,
    a.released ? 1 : 0,
    a.tokenEnd,
    a.contactAt,
    a.leaseSeconds,
    a.requestedLeaseSeconds,
    a.tokenRefreshAt,
    a.tokenRevision,
    a.generation,
    a.projectedAt,
  ];
}

export const INSERT_ACTIVATION = `INSERT INTO activation (seq, id, lease_end, released, token_end, contact_at, lease,
    requested_lease, token_refresh_at, token_revision, gen, projected_at, created_at, renewals_before, period_months,
    period_seconds, anchor_at, device, holder, owner, owner_epoch, facts)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, unhex(?), unhex(?), ?, ?, ?)`;

export function activationValues(a: Activation): SqlValue[] {
  const { seq, id, createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt, device, holder } = a;
  const born = [createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt, device, holder];
  return [seq, id, ...movingValues(a), ...born, a.owner, a.ownerEpoch, JSON.stringify(a.facts)];
}

/** Its last value is the row's `seq`. */
export const UPDATE_ACTIVATION = `UPDATE activation SET lease_end = ?, released = ?, token_end = ?, contact_at = ?,
    lease = ?, requested_lease = ?, token_refresh_at = ?, token_revision = ?, gen = ?, projected_at = ?, owner = ?,
    owner_epoch = ?, facts = ?
  WHERE seq = ?`;

export function changedValues(a: Activation): SqlValue[] {
  return [...movingValues(a), a.owner, a.ownerEpoch, JSON.stringify(a.facts)];
}

export function termsOf(row: Row): Terms {
  return readTerms(text(row, "terms"));
}

/** With zeros where there is none. */
export function renewalSumOf(row: Row | undefined): RenewalSum {
  if (row === undefined) return { n: 0, months: 0, seconds: 0 };
  return { n: integer(row, "n"), months: integer(row, "months"), seconds: integer(row, "seconds") };
}

export function rollingMemoryOf(row: Row): RollingMemory {
  return {
    anchorAt: integer(row, "anchor_at"),
    periodMonths: integer(row, "period_months"),
    periodSeconds: integer(row, "period_seconds"),
    renewalsBefore: integer(row, "renewals_before"),
  };
}

/** Days with a peak or refusals, newest first. */
export function usageDays(peaks: readonly Row[], denials: readonly Row[]): readonly UsageDay[] {
  const days = new Map<number, { readonly peak: number; readonly denials: Record<string, number> }>();
  for (const row of peaks) days.set(integer(row, "day"), { peak: integer(row, "used"), denials: {} });
  for (const row of denials) {
    const day = days.get(integer(row, "day")) ?? { peak: 0, denials: {} };
    day.denials[text(row, "reason")] = integer(row, "count");
    days.set(integer(row, "day"), day);
  }
  return [...days].map(([day, found]) => ({ day, ...found })).toSorted((one, other) => other.day - one.day);
}

export function outboxRowOf(row: Row): OutboxRow {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    type: text(row, "type") as EventType,
    body: text(row, "body"),
  };
}
