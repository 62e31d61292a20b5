/** Which addresses a webhook must not be sent to (HOOK-3): all but public unicast ones. Pure. */

/** IPv4 blocks that are private, shared, local, for documents or tests, reserved or for groups (IANA's registries). */
const IPV4_BLOCKS: readonly (readonly [block: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** IPv6: only 2000::/3 is handed out for the public; these are the parts of it that are not. */
const IPV6_BLOCKS: readonly (readonly [block: readonly number[], bits: number])[] = [
  [[0x2001, 0x0001], 32],
  [[0x2001, 0x0002, 0x0000], 48],
  [[0x2001, 0x0010], 28],
  [[0x2001, 0x0020], 28],
  [[0x2001, 0x0db8], 32],
  [[0x3fff, 0x0000], 20],
];

/** `text`: four decimal numbers, as the URL standard writes every spelling of an IPv4 address. Null = it is none. */
export function ipv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined || parts.some((part) => part > 255)) return null;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function isPublicIpv4(address: number): boolean {
  return !IPV4_BLOCKS.some(([block, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((ipv4(block) ?? 0) / size);
  });
}

/** Eight groups of 16 bits; `text` as the URL standard writes an IPv6 address, without brackets. Null = it is none. */
export function ipv6(text: string): readonly number[] | null {
  if (!/^[0-9a-f:]+$/.test(text)) return null;
  const [head = "", tail] = text.split("::");
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const all = tail === undefined ? before : [...before, ...zeros, ...after];
  return all.length === 8 && all.every((group) => group <= 0xffff) ? all : null;
}

function groups(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

export function isPublicIpv6(address: readonly number[]): boolean {
  const embedded = embeddedIpv4(address);
  if (embedded.length > 0) return embedded.every(isPublicIpv4);
  return (at(address, 0) & 0xe000) === 0x2000 && !IPV6_BLOCKS.some(([block, bits]) => isIn(address, block, bits));
}

/** IPv4 addresses that such an address leads to: through translation, a tunnel, or as another way to write it. */
function embeddedIpv4(address: readonly number[]): readonly number[] {
  const last = at(address, 6) * 0x10000 + at(address, 7);
  const isZero = (from: number, to: number) => address.slice(from, to).every((group) => group === 0);
  // IPv4-mapped ::ffff:0:0/96, IPv4-translated ::ffff:0:0:0/96, and IPv4-compatible ::/96 with :: and ::1 in it.
  if (isZero(0, 5) && at(address, 5) === 0xffff) return [last];
  if (isZero(0, 4) && at(address, 4) === 0xffff && at(address, 5) === 0) return [last];
  if (isZero(0, 6)) return [last];
  // NAT64 64:ff9b::/96. 64:ff9b:1::/48 is for networks of one's own, and not public.
  if (at(address, 0) === 0x64 && at(address, 1) === 0xff9b && isZero(2, 6)) return [last];
  // 6to4 2002::/16.
  if (at(address, 0) === 0x2002) return [at(address, 1) * 0x10000 + at(address, 2)];
  // Teredo 2001::/32: its server, and the client with every bit turned.
  if (at(address, 0) === 0x2001 && at(address, 1) === 0) {
    return [at(address, 2) * 0x10000 + at(address, 3), 0xffff_ffff - last];
  }
  return [];
}

function isIn(address: readonly number[], block: readonly number[], bits: number): boolean {
  return block.every((group, index) => {
    const counted = Math.max(0, Math.min(16, bits - index * 16));
    const mask = (0xffff << (16 - counted)) & 0xffff;
    return (at(address, index) & mask) === (group & mask);
  });
}

function at(address: readonly number[], index: number): number {
  return address[index] ?? 0;
}
