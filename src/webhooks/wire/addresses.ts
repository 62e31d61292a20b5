/** Which addresses a webhook must not be sent to (HOOK-3): all but public unicast ones. Pure. */

import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * What `read` makes of the texts, at the first address: an isolate that delivers nothing does not wait for it at its
 * start (0014-the-size-of-the-bundle.md).
 */
function blocks<Block>(read: (block: string) => Block, ...texts: readonly string[]): () => readonly Block[] {
  let made: readonly Block[] | null = null;
  return () => (made ??= texts.map(read));
}

const ipv4Blocks = (...texts: readonly string[]) => blocks((text) => ipaddr.IPv4.parseCIDR(text), ...texts);
const ipv6Blocks = (...texts: readonly string[]) => blocks((text) => ipaddr.IPv6.parseCIDR(text), ...texts);

/** IPv4 blocks that are private, shared, local, for documents or tests, reserved or for groups (IANA's registries). */
const IPV4_BLOCKS = ipv4Blocks(
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["224.0.0.0/4", "240.0.0.0/4"],
);

/** Only this is handed out for the public, and these are the parts of it that are not. */
const IPV6_PUBLIC = ipv6Blocks("2000::/3");
const IPV6_BLOCKS = ipv6Blocks(
  ...["2001:1::/32", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32", "3fff::/20"],
);

/**
 * IPv6 blocks that lead to an IPv4 address in their last 32 bits: IPv4-mapped, -translated and -compatible with :: and
 * ::1 in it, NAT64. 64:ff9b:1::/48 is for networks of one's own, and not public.
 */
const ENDING_IN_IPV4 = ipv6Blocks("::ffff:0:0/96", "::ffff:0:0:0/96", "::/96", "64:ff9b::/96");
const SIX_TO_FOUR = ipv6Blocks("2002::/16");
const TEREDO = ipv6Blocks("2001::/32");

/**
 * `host` as the URL standard writes it: IPv4 in four decimal numbers however it was spelled, IPv6 in brackets. Null =
 * it is a name.
 */
export function addressOf(host: string): Address | null {
  if (host.startsWith("[")) {
    const text = host.slice(1, -1);
    return ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : null;
  }
  return ipaddr.IPv4.isValidFourPartDecimal(host) ? ipaddr.IPv4.parse(host) : null;
}

export function isPublic(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return !IPV4_BLOCKS().some((block) => address.match(block));
  const embedded = embeddedIpv4(address);
  if (embedded.length > 0) return embedded.every(isPublic);
  return isIn(address, IPV6_PUBLIC) && !isIn(address, IPV6_BLOCKS);
}

/** IPv4 addresses that such an address leads to: through translation, a tunnel, or as another way to write it. */
function embeddedIpv4(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const last = bytes.slice(12);
  if (isIn(address, ENDING_IN_IPV4)) return [new ipaddr.IPv4(last)];
  if (isIn(address, SIX_TO_FOUR)) return [new ipaddr.IPv4(bytes.slice(2, 6))];
  // Its server, and the client with every bit turned.
  if (isIn(address, TEREDO))
    return [bytes.slice(4, 8), last.map((byte) => 255 - byte)].map((four) => new ipaddr.IPv4(four));
  return [];
}

function isIn(address: ipaddr.IPv6, of: ReturnType<typeof ipv6Blocks>): boolean {
  return of().some((block) => address.match(block));
}
