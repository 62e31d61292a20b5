/** `subscriptionInterval`: an ISO 8601 duration as months and seconds (PER-1). */

import { parse, type Duration } from "tinyduration";
import * as z from "zod/mini";
import type { Interval } from "../../../domain/license/creation.ts";
import { INTERVAL_CHARACTERS } from "../../limits.ts";
import { parsed } from "../../validate.ts";

const PERPETUAL: Interval = { text: null, months: 0, seconds: 0 };

/** Whole and not negative, every unit once and in order: the library takes what follows a duration for nothing. */
const WHOLE = /^P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?$/;

/** Years are 12 months; weeks, days, hours and minutes are seconds. Null: no duration of whole, positive numbers. */
export function parseInterval(text: string): Interval | null {
  if (text === "") return PERPETUAL;
  const duration = durationOf(text);
  if (duration === null) return null;
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = duration;
  return {
    text,
    months: years * 12 + months,
    seconds: (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds,
  };
}

function durationOf(text: string): Duration | null {
  if (text.length > INTERVAL_CHARACTERS || !WHOLE.test(text)) return null;
  try {
    return parse(text);
  } catch {
    return null;
  }
}

const MUST_BE_INTERVAL = "must be an ISO 8601 duration of whole numbers such as P1Y or P30D";

/** As a member of a body; `""` is perpetual. */
export const intervalText = parsed(z.string({ error: MUST_BE_INTERVAL }), parseInterval, MUST_BE_INTERVAL);

/** What `null` says in a PATCH: cleared. */
export function intervalOrPerpetual(interval: Interval | null): Interval {
  return interval ?? PERPETUAL;
}
