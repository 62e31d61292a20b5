/** What a list among the settings may hold, entry by entry, each in the one spelling in which it is stored. Pure. */

import { addressText, rangeText } from "./addresses.ts";
import { countryCode } from "./countries.ts";

/** "address": one, or a range. */
export type Entry = "country" | "address" | "range";

export type ReadEntry =
  | { readonly ok: true; readonly entry: string }
  /** For a person, after the name of the member. */
  | { readonly ok: false; readonly detail: string };

export function readEntry(kind: Entry, text: string): ReadEntry {
  return READERS[kind](text);
}

const READERS: Readonly<Record<Entry, (text: string) => ReadEntry>> = {
  country: (text) => known(countryCode(text), "must be a country of ISO 3166 in two letters, as DE or GB"),
  address: (text) => (text.includes("/") ? readRange(text, "address") : known(addressText(text), NO_ADDRESS)),
  range: (text) => readRange(text, "range"),
};

const NO_ADDRESS = "must be an IPv4 or IPv6 address, or a range of them, as 203.0.113.0/24";
const NO_RANGE = "must be a range of IPv4 or IPv6 addresses, as 203.0.113.0/24 or 2001:db8::/32";

/** Where more of the address is written than the prefix counts, it is not clear which of the two was meant. */
function readRange(text: string, kind: "address" | "range"): ReadEntry {
  const range = rangeText(text);
  if (range === null) return known(null, kind === "range" ? NO_RANGE : NO_ADDRESS);
  const first = before(range, "/");
  const written = addressText(before(text, "/")) ?? first;
  const whole = `/${first.includes(":") ? 128 : 32}`;
  if (written !== first) return known(null, `must be ${range} or ${written}${whole}`);
  return known(kind === "address" && range === `${first}${whole}` ? first : range, NO_RANGE);
}

function known(entry: string | null, detail: string): ReadEntry {
  return entry === null ? { ok: false, detail } : { ok: true, entry };
}

function before(text: string, separator: string): string {
  return text.slice(0, text.indexOf(separator));
}
