/** When a delivery that failed is tried again (HOOK-2). Pure: chance and the time are parameters. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits between the tries of one delivery (ms). After the last of them nothing is tried by itself. */
export const SCHEDULE = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** A wait is longer by up to this part of itself, so that receivers that came back are not met by all at once. */
const JITTER = 0.2;
/** A receiver cannot send us away for longer (ms). */
const LONGEST_RETRY_AFTER = 24 * HOUR;

/** The wait (ms) after `failures` failures, from 1; `chance` in [0, 1). Null = the schedule is used up. */
export function waitAfter(failures: number, chance: number): number | null {
  const wait = SCHEDULE[failures - 1];
  return wait === undefined ? null : Math.round(wait * (1 + JITTER * chance));
}

/**
 * RFC 9110, 10.2.3: seconds, or an HTTP date. The instant (epoch ms), capped; null = none was given, or it says
 * nothing.
 */
export function retryAfterAt(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  const at = /^\d+$/.test(text) ? now + Number(text) * SECOND : httpDate(text);
  if (at === null || at <= now) return null;
  return Math.min(at, now + LONGEST_RETRY_AFTER);
}

function httpDate(text: string): number | null {
  // `Date.parse` also takes what is no HTTP date, such as "2" or "-1".
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}
