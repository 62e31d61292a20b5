/**
 * Calendar arithmetic of license ends, in UTC (PER-1). Pure: an end is an anchor plus whole months, so that
 * 31 January, 28 February, 31 March holds. Instants are epoch milliseconds; periods are whole months and seconds.
 */

/** Months first, then seconds; never both zero. */
export interface Period {
  readonly months: number;
  readonly seconds: number;
}

/** An end: `anchorAt` (epoch ms) plus `months`, the day clamped once. */
export interface End {
  readonly anchorAt: number;
  readonly months: number;
}

/** 9999-12-31T23:59:59.999Z. */
export const LATEST_INSTANT = 253_402_300_799_999;
/** A hundred years, the longest period: as months, or as seconds of Julian years. */
export const LONGEST_PERIOD: Period = { months: 1200, seconds: 3_155_760_000 };
/** A twelfth of a Julian year: only weighs months against seconds in `isTooLong`. */
const SECONDS_PER_MONTH = LONGEST_PERIOD.seconds / LONGEST_PERIOD.months;

/** `at` plus whole months, the day of the month clamped to the target month's last. NaN beyond `Date`'s range. */
export function addMonths(at: number, months: number): number {
  if (months === 0) return at;
  const target = new Date(at);
  const day = target.getUTCDate();
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + months);
  target.setUTCDate(Math.min(day, lastDay(target)));
  return target.getTime();
}

/** The last day of `date`'s month. Not by `Date.UTC`, which reads the years 0 to 99 as 1900 to 1999. */
function lastDay(date: Date): number {
  const last = new Date(0);
  last.setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + 1, 0);
  return last.getUTCDate();
}

export function endInstant(end: End): number {
  return addMonths(end.anchorAt, end.months);
}

export function licenseEnd(end: End | null): number | null {
  return end === null ? null : endInstant(end);
}

/** The end that is exactly this instant. */
export function endAt(at: number): End {
  return { anchorAt: at, months: 0 };
}

/** The period of `validity` seconds; 0 is none (perpetual). */
export function validityPeriod(validity: number): Period | null {
  return validity === 0 ? null : { months: 0, seconds: validity };
}

/** The period of a parsed `subscriptionInterval`; nothing at all is none (perpetual). */
export function intervalPeriod(interval: Period): Period | null {
  const { months, seconds } = interval;
  return months === 0 && seconds === 0 ? null : { months, seconds };
}

/** True beyond a hundred years, months and seconds taken together. */
export function isTooLong(period: Period): boolean {
  return period.months * SECONDS_PER_MONTH + period.seconds > LONGEST_PERIOD.seconds;
}

/** EXP-4: what a period is added to: the old end, this instant, or this instant where the end is over. */
export type RenewalBase = "expiry" | "now" | "now-if-expired";

/** EXP-9: the instant of the end counts as expired. */
export function renewalBase(end: End, from: RenewalBase, now: number): End {
  if (from === "expiry") return end;
  return from === "now" || endInstant(end) <= now ? endAt(now) : end;
}

/** One period after `base`: a whole-month period keeps the anchor, anything else sets a new one. */
export function plusPeriod(base: End, period: Period): End {
  if (period.seconds === 0) return { anchorAt: base.anchorAt, months: base.months + period.months };
  const monthsLater = addMonths(base.anchorAt, base.months + period.months);
  return endAt(monthsLater + period.seconds * 1000);
}

/** An end after the year 9999 cannot be written down. `Date` gives NaN beyond its own range. */
export function isRepresentable(end: End): boolean {
  return isInstant(endInstant(end));
}

function isInstant(at: number): boolean {
  return Number.isFinite(at) && at <= LATEST_INSTANT;
}

/** `end`, or the last instant that can be written down where it lies beyond. */
export function saturated(end: End): End {
  return isRepresentable(end) ? end : endAt(LATEST_INSTANT);
}

/** Both periods' months and seconds: what rolling renewals add up to (EXP-6). Order does not matter. */
export function sumOf(one: Period, other: Period): Period {
  return { months: one.months + other.months, seconds: one.seconds + other.seconds };
}

/**
 * The clock of a rolling activation, which never changes: its first instant, and its period less the renewals that came
 * before that (EXP-6).
 */
export interface OwnClock extends Period {
  readonly anchorAt: number;
}

/** `renewed`: all that renewals ever added to the license. */
export function endByOwnClock({ anchorAt, months, seconds }: OwnClock, renewed: Period): number {
  return rollingEnd(anchorAt, months + renewed.months, seconds + renewed.seconds);
}

/**
 * The end of a rolling activation: anchor + months (clamped once) + seconds, sums of renewals included (EXP-6).
 * Never later than the last instant that can be written down.
 */
export function rollingEnd(anchorAt: number, months: number, seconds: number): number {
  const at = addMonths(anchorAt, months) + seconds * 1000;
  return isInstant(at) ? at : LATEST_INSTANT;
}
