/** Instants on the wire: RFC 3339 in, with 0 to 9 decimals and any offset; RFC 3339 in UTC out (docs/members.md). */

import * as z from "zod/mini";
import { MUST_BE_INSTANT, parsed } from "../../validate.ts";

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
/** 9999-12-31T23:59:59.999Z. */
const LATEST = 253_402_300_799_999;

/** Epoch ms, what is finer cut off; null for anything that is no instant from 1970 to 9999. */
export function parseInstant(text: string): number | null {
  const match = RFC3339.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const milliseconds = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const local = Date.UTC(year, month - 1, day, hour, minute, second, milliseconds);
  // `Date` carries 30 February over into March; such a date is a mistake here.
  const isDate = new Date(local).getUTCDate() === day && month >= 1 && month <= 12;
  const offset = offsetMinutes(match[8], match[9], match[10]);
  if (!isDate || hour > 23 || minute > 59 || second > 59 || offset === null) return null;
  const at = local - offset * 60_000;
  return at >= 0 && at <= LATEST ? at : null;
}

function offsetMinutes(sign: string | undefined, hours = "0", minutes = "0"): number | null {
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** An instant as a member of a body; epoch ms afterwards. */
export const instantText = parsed(z.string({ error: MUST_BE_INSTANT }), parseInstant, MUST_BE_INSTANT);

export function instant(at: number): string {
  return new Date(at).toISOString();
}

export function instantOrNull(at: number | null): string | null {
  return at === null ? null : instant(at);
}

/** Of a UUIDv7: its first 48 bits are epoch milliseconds (RFC 9562 5.7). */
export function instantInId(id: string): string {
  return instant(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
}
