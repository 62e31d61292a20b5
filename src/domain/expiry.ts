/** Calendar arithmetic of license ends, in UTC (spec 3.1). Pure: an end is an anchor plus whole months, so that 31 January, 28 February, 31 March holds. */

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
/** A hundred years, the longest period. */
export const LONGEST_PERIOD: Period = { months: 1200, seconds: 3_155_760_000 };

/** `at` plus whole months, the day of the month clamped to the target month's last. */
export function addMonths(at: number, months: number): number {
  if (months === 0) return at;
  const from = new Date(at);
  const day = from.getUTCDate();
  const target = new Date(at);
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + months);
  const last = new Date(Date.UTC(target.getUTCFullYear(), target.getUTCMonth() + 1, 0)).getUTCDate();
  target.setUTCDate(Math.min(day, last));
  return target.getTime();
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

/** One period after `base`: a whole-month period keeps the anchor, anything else sets a new one. */
export function plusPeriod(base: End, period: Period): End {
  if (period.seconds === 0) return { anchorAt: base.anchorAt, months: base.months + period.months };
  const monthsLater = addMonths(base.anchorAt, base.months + period.months);
  return endAt(monthsLater + period.seconds * 1000);
}

/** An end after the year 9999 cannot be written down. `Date` gives NaN beyond its own range. */
export function isRepresentable(end: End): boolean {
  const at = endInstant(end);
  return Number.isFinite(at) && at <= LATEST_INSTANT;
}

/** The end of a rolling activation: anchor + months (clamped once) + seconds, sums of renewals included (EXP-6). */
export function rollingEnd(anchorAt: number, months: number, seconds: number): number {
  return addMonths(anchorAt, months) + seconds * 1000;
}
