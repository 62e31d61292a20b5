/**
 * IP addresses and ranges of them: read from text, written in one spelling, and which address is in which range
 * (NET-1). The one file of the domain that stands on a library (0071-where-a-license-may-be-used.md).
 */

import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [first: Address, bits: number];

/** The longest text that is an address: eight groups, the last two in decimal numbers. */
const LONGEST_ADDRESS = 45;
/** Four numbers of at most 255 without zeros before them: written so, an IPv4 address is in its one spelling. */
const IPV4 = /^(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

/**
 * IPv4 in four decimal numbers, IPv6 as RFC 5952 writes it, and an IPv4-mapped one as the IPv4 address that it is. Null
 * = no address: an octal, hexadecimal or shortened one is read in several ways, and a zone means something on one
 * machine alone.
 */
export function addressText(text: string): string | null {
  // Each call comes from one, and the library would say at length that it stays as it is.
  if (!text.includes(":")) return IPV4.test(text) ? text : null;
  return read(text)?.toString() ?? null;
}

/**
 * `address/bits`, as `addressText` writes the first address of the range. Null = no range in CIDR notation. Bits beyond
 * the prefix are dropped: who asks what was meant compares.
 */
export function rangeText(text: string): string | null {
  const range = readRange(text);
  return range === null ? null : `${firstOf(range).toString()}/${range[1]}`;
}

/**
 * Whether `address`, as `addressText` writes it, is one of `entries` or in one of them, as it and `rangeText` write
 * those. An IPv4 address is in no range of IPv6, nor the other way round.
 */
export function isAmong(address: string, entries: readonly string[]): boolean {
  if (entries.includes(address)) return true;
  const ranges = rangesIn(entries);
  const parsed = ranges.length === 0 ? null : read(address);
  return parsed !== null && ranges.some((range) => isIn(parsed, range));
}

/** Of lists whose ranges have been read: a license's are the same from call to call, and 256 take a millisecond. */
const RANGES = new WeakMap<readonly string[], readonly Range[]>();

function rangesIn(entries: readonly string[]): readonly Range[] {
  const known = RANGES.get(entries);
  if (known !== undefined) return known;
  const ranges = entries.flatMap((entry): Range[] => {
    const range = entry.includes("/") ? readRange(entry) : null;
    return range === null ? [] : [range];
  });
  RANGES.set(entries, ranges);
  return ranges;
}

function isIn(address: Address, [first, bits]: Range): boolean {
  return first.kind() === address.kind() && address.match(first, bits);
}

function read(text: string): Address | null {
  if (text.length > LONGEST_ADDRESS || text.includes("%")) return null;
  if (!text.includes(":")) return IPV4.test(text) ? ipaddr.IPv4.parse(text) : null;
  const address = endsWell(text) ? readIPv6(text) : null;
  return address?.isIPv4MappedAddress() === true ? address.toIPv4Address() : address;
}

/** Asking first whether it is one would read it twice. */
function readIPv6(text: string): ipaddr.IPv6 | null {
  try {
    return ipaddr.IPv6.parse(text);
  } catch {
    return null;
  }
}

/**
 * Of an IPv6 address that ends in decimal numbers. ::1.2.3.4 is refused: the library takes it for ::ffff:1.2.3.4, and
 * RFC 4291 for another address, which nobody has.
 */
function endsWell(text: string): boolean {
  const last = text.slice(text.lastIndexOf(":") + 1);
  return !last.includes(".") || (IPV4.test(last) && !/^::[^:]*$/.test(text));
}

function readRange(text: string): Range | null {
  const [, first = "", length = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const address = read(first);
  if (address === null) return null;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const isMapped = address.kind() === "ipv4" && first.includes(":");
  const bits = Number(length) - (isMapped ? 96 : 0);
  return bits >= 0 && bits <= 8 * address.toByteArray().length ? [address, bits] : null;
}

function firstOf([address, bits]: Range): Address {
  const bytes = address.toByteArray().map((byte, at) => byte & maskOf(bits - 8 * at));
  return ipaddr.fromByteArray(bytes);
}

/** Of one byte, of which `bits` count. */
function maskOf(bits: number): number {
  return 0xff & (0xff00 >> Math.max(0, Math.min(8, bits)));
}
