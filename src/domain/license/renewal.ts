/**
 * How a license's end moves after creation: renew, extend, set, and the first activation of a delayed license
 * (EXP-2, EXP-4 to EXP-8). Only terms are made here; the caller raises the revision and writes.
 */

import {
  endAt,
  endInstant,
  isRepresentable,
  isTooLong,
  plusPeriod,
  renewalBase,
  saturated,
  sumOf,
  LATEST_INSTANT,
  type End,
  type Period,
  type RenewalBase,
} from "../terms/expiry.ts";
import { activatedMaintenance } from "../terms/maintenance.ts";
import { isPerpetual, type License, type Terms } from "../terms/license.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { withPending } from "./pending.ts";
import type { Refusal } from "../refusal.ts";
import { mayHaveEndlessTokens, rememberingEndlessTokens, seatReleaseRefusal } from "./seat-release.ts";

export interface Renewed {
  readonly terms: Terms;
  /** EXP-6: what to add to every activation, current or remembered; null unless the license is rolling. */
  readonly rollingStep: Period | null;
}

export interface Renewal {
  readonly from: RenewalBase;
  /** Rolling alone: the sum of the steps so far, so that no activation's end passes the year 9999. */
  readonly rollingSum?: Period;
  /** The plan was named with it: a license without an end, but with a period, gets one from now. */
  readonly ofPlan?: boolean;
}

const NOTHING: Period = { months: 0, seconds: 0 };

/**
 * EXP-4 to EXP-7: the terms after one more period. `from` means nothing for rolling (every activation has its own
 * base, EXP-6) nor before the first activation (EXP-5). Refusals: `license-revoked`, `license-perpetual`, `no-period`,
 * `invalid-member` at the whole body where the end would pass the year 9999.
 */
export function renew(license: License, renewal: Renewal, now: number): Outcome<Renewed> {
  const { from, rollingSum = NOTHING, ofPlan = false } = renewal;
  const { terms } = license;
  if (terms.revoked) return no({ code: "license-revoked" });
  if (isPerpetual(terms) && !(ofPlan && terms.period !== null)) return no({ code: "license-perpetual" });
  if (terms.period === null) return no({ code: "no-period" });
  return lengthened(terms, { kind: "renewal", period: terms.period, from, rollingSum, pointer: "" }, now);
}

/**
 * EXP-8: the terms after `seconds` more, at most a hundred years. A license with a fixed end and no period extends.
 * Refusals: `license-revoked`, `license-perpetual`, `invalid-member` at `/extensionLength`.
 */
export function extend(
  license: License,
  seconds: number,
  from: RenewalBase,
  now: number,
  rollingSum: Period = NOTHING,
): Outcome<Renewed> {
  const { terms } = license;
  const pointer = "/extensionLength";
  const period = { months: 0, seconds };
  if (seconds <= 0) return no({ code: "invalid-member", pointer, detail: "must be greater than 0" });
  if (isTooLong(period)) return no({ code: "invalid-member", pointer, detail: "is at most 100 years" });
  if (terms.revoked) return no({ code: "license-revoked" });
  if (isPerpetual(terms)) return no({ code: "license-perpetual" });
  return lengthened(terms, { kind: "extension", period, from, rollingSum, pointer }, now);
}

/**
 * EXP-8 `expires-at`: fixes the end at `at` (epoch ms), or makes the license perpetual. Works in every standing.
 * Pending renewals are dropped (EXP-5); perpetual drops the period too, so that `renew` says so. The same terms (no
 * change) where nothing moves. Refusals: `invalid-member` at `/expiresAt` (rolling, year 9999) or `/seatRelease`
 * (SEAT-10).
 */
export function setExpiresAt(license: License, at: number | null, now: number): Outcome<Terms> {
  const { terms } = license;
  if (terms.expirationStrategy === "rolling") {
    return no({
      code: "invalid-member",
      pointer: "/expiresAt",
      detail: "under rolling each activation has its own end",
    });
  }
  if (at === null) return madePerpetual(terms, now);
  const end = endAt(at);
  if (!isRepresentable(end)) return no(tooLate("/expiresAt"));
  // The same instant keeps the anchor: 28 February of a 31 January stays one.
  if (terms.end !== null && endInstant(terms.end) === at) return yes(terms);
  return yes(rememberingEndlessTokens({ ...withoutPending(terms), end, updatedAt: now }, mayHaveEndlessTokens(terms)));
}

/**
 * The terms from the first activation on: `activatedAt`, and for a delayed license without an end the period from `now`
 * and everything that was pending, in order (EXP-2, EXP-5). The same terms if the license has been activated before.
 */
export function firstActivation(terms: Terms, now: number): Terms {
  if (terms.activatedAt !== null) return terms;
  const maintenance = terms.maintenance === null ? null : activatedMaintenance(terms.maintenance, now);
  const activated = { ...terms, maintenance, activatedAt: now, updatedAt: now };
  if (terms.expirationStrategy !== "delayed" || terms.end !== null) return activated;
  const end = terms.period === null ? null : saturated(delayedEnd(now, terms.period, terms.pending));
  return { ...withoutPending(activated), end };
}

interface Step {
  readonly kind: "renewal" | "extension";
  readonly period: Period;
  readonly from: RenewalBase;
  readonly rollingSum: Period;
  /** Where a refusal of the period points. */
  readonly pointer: string;
}

function lengthened(terms: Terms, step: Step, now: number): Outcome<Renewed> {
  if (terms.expirationStrategy === "rolling") return rollingLengthened(terms, step, now);
  const waits = terms.expirationStrategy === "delayed" && terms.activatedAt === null;
  if (terms.end === null && waits) return remembered(terms, step, now);
  const end = plusPeriod(terms.end === null ? endAt(now) : renewalBase(terms.end, step.from, now), step.period);
  if (!isRepresentable(end)) return no(tooLate(step.pointer));
  const ended = { ...terms, end, updatedAt: now };
  // Devices may hold tokens from the days when there was no end.
  const after = terms.end === null ? rememberingEndlessTokens(ended, mayHaveEndlessTokens(terms)) : ended;
  return yes({ terms: after, rollingStep: null });
}

/** EXP-6. A device that activates now gets one period and no step: `now` with every step is the latest end. */
function rollingLengthened(terms: Terms, step: Step, now: number): Outcome<Renewed> {
  const sum = sumOf(sumOf(terms.period ?? NOTHING, step.rollingSum), step.period);
  const latest = plusPeriod(endAt(now), sum);
  if (!isRepresentable(latest)) return no(tooLate(step.pointer));
  return yes({ terms: { ...terms, updatedAt: now }, rollingStep: step.period });
}

/** EXP-5: before the first activation there is no end to move. */
function remembered(terms: Terms, step: Step, now: number): Outcome<Renewed> {
  const after = withPending(terms, step);
  if (!after.ok) return after;
  const latest = terms.period === null ? null : delayedEnd(now, terms.period, after.value.pending);
  if (latest !== null && !isRepresentable(latest)) return no(tooLate(step.pointer));
  return yes({ terms: { ...after.value, updatedAt: now }, rollingStep: null });
}

function delayedEnd(now: number, period: Period, pending: readonly Period[]): End {
  return pending.reduce(plusPeriod, plusPeriod(endAt(now), period));
}

function madePerpetual(terms: Terms, now: number): Outcome<Terms> {
  if (terms.end === null && terms.period === null) return yes(terms);
  const perpetual = {
    ...withoutPending(terms),
    end: null,
    period: null,
    validity: 0,
    subscriptionInterval: null,
    updatedAt: now,
  };
  const refusal = seatReleaseRefusal(perpetual);
  return refusal === null ? yes(perpetual) : no(refusal);
}

function withoutPending(terms: Terms): Terms {
  return { ...terms, pending: [], pendingRenewals: 0, pendingExtensionSeconds: 0 };
}

function tooLate(pointer: string): Refusal {
  const latest = new Date(LATEST_INSTANT).toISOString();
  return { code: "invalid-member", pointer, detail: `the license would end after ${latest}` };
}
