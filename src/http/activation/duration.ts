/** LEASE-2: `requestedLeaseDuration` as text or number to whole seconds. */

import { parse } from "tinyduration";
import { LONGEST_PERIOD } from "../../domain/terms/expiry.ts";

/** .NET's constant format `[d.]hh:mm:ss[.fffffff]`, without sign. */
const TIME_SPAN = /^(?:(\d+)\.)?([01]?\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?$/;
/** ISO 8601 without sign, strictly: the library also reads what stands inside other text. */
const ISO_DURATION =
  /^P(?!$)(\d+([.,]\d+)?Y)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?W)?(\d+([.,]\d+)?D)?(T(?!$)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?$/;
const DIGITS = /^\d+$/;

/**
 * Whole seconds, fractions rounded up, at most a hundred years; null if the wish is malformed, zero or negative.
 * A lease has no calendar: a year is 365 days, a month 30.
 */
export function leaseWish(wish: string | number): number | null {
  const seconds = typeof wish === "number" ? integer(wish) : secondsOf(wish);
  if (seconds === null || !(seconds > 0)) return null;
  return Math.min(Math.ceil(seconds), LONGEST_PERIOD.seconds);
}

function integer(wish: number): number | null {
  return Number.isInteger(wish) ? wish : null;
}

function secondsOf(text: string): number | null {
  if (DIGITS.test(text)) return Number(text);
  const span = TIME_SPAN.exec(text);
  if (span !== null) return spanSeconds(span);
  return ISO_DURATION.test(text) ? isoSeconds(text) : null;
}

function spanSeconds([, days = "0", hours, minutes, seconds, fraction = "0"]: readonly (string | undefined)[]): number {
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds) + Number(`0.${fraction}`);
}

function isoSeconds(text: string): number {
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = parse(text);
  return (((years * 365 + months * 30 + weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds;
}
