/**
 * Months as a person counts them on a calendar: year, month and day by hand. Shares no code with
 * src/domain/terms/expiry.ts.
 */

export interface Span {
  readonly months: number;
  readonly seconds: number;
}

/** An instant, and the day of the month that it would be on if every month were long enough. */
export interface Moment {
  readonly at: number;
  readonly day: number;
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function moment(at: number): Moment {
  return { at, day: Number(new Date(at).toISOString().slice(-16, -14)) };
}

/** Months first, then seconds, which begin a new count of days. */
export function later(from: Moment, { months, seconds }: Span): Moment {
  const at = monthsLater(from, months);
  return seconds === 0 ? { at, day: from.day } : moment(at + seconds * 1000);
}

function monthsLater({ at, day }: Moment, months: number): number {
  if (months === 0) return at;
  const written = new Date(at).toISOString();
  const year = Number(written.slice(0, 4));
  const count = year * 12 + Number(written.slice(5, 7)) - 1 + months;
  const then = { year: Math.floor(count / 12), month: count % 12 };
  const days = then.month === 1 && isLeap(then.year) ? 29 : (DAYS[then.month] ?? 0);
  const date = [digits(then.year, 4), digits(then.month + 1, 2), digits(Math.min(day, days), 2)].join("-");
  return Date.parse(date + written.slice(10));
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function digits(number: number, count: number): string {
  return String(number).padStart(count, "0");
}
