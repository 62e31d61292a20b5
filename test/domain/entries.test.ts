/** How countries, addresses and ranges are read, in which one spelling they are stored, and what is in what (NET-1). */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressText, isAmong, rangeText } from "../../src/domain/terms/addresses.ts";
import { countryCode } from "../../src/domain/terms/countries.ts";
import { readEntry } from "../../src/domain/terms/entries.ts";

/** As numbers, by the platform's own reading: a URL has an address in one spelling, too. */
function number(address: string): bigint {
  if (!address.includes(":")) return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = host.split("::").map((side) => side.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => "0");
  return [...head, ...zeros, ...(tail ?? [])].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

const ipv4 = fc.ipV4();
/** Without those that are IPv4 addresses in another writing. */
const ipv6 = fc.ipV6().filter((text) => number(text) >> 32n !== 0xffffn && !/^::[\d.]+$/.test(text));

describe("addresses", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::0001", "2001:db8::1"],
    ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
    ["2001:0:0:1:0:0:1:1", "2001::1:0:0:1:1"],
    ["::", "::"],
    ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
    ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"],
    // IPv4-mapped, in all its spellings.
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::FFFF:cb00:7107", "203.0.113.7"],
    ["0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"],
  ])("NET-1: %s is written %s", (text, written) => {
    expect(addressText(text)).toBe(written);
  });

  it.each([
    ...["", " ", "localhost", "1", "1.2", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", " 1.2.3.4", "1.2.3.4 "],
    // Octal, hexadecimal, one number, full width: read in several ways, or in none.
    ...["010.0.0.1", "1.2.3.04", "0x7f.0.0.1", "0x7f000001", "2130706433", "127.1", "１.2.3.4", "1。2。3。4"],
    ...["::ffff:010.0.0.1", "::ffff:0x7f.0.0.1", "64:ff9b::1.2.3.04", "::ffff:1.2.3", "::1.2.3.4", "::1.2.3.4%0"],
    // Of one machine alone.
    ...["fe80::1%eth0", "fe80::1%25eth0", "::ffff:1.2.3.4%1", "::1%"],
    ...[
      "[::1]",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "12345::",
      ":1",
      "1:",
      ":::",
      "::g",
      "1:2:3:4:5:6:7:1.2.3.4",
    ],
    ...["1.2.3.4/32", "::/0", "1.2.3.4\n", "1.2.3.4\u0000", "unknown", `${"0".repeat(40)}::1`],
  ])("NET-1: %j is no address", (text) => {
    expect(addressText(text)).toBeNull();
  });

  it("NET-1: each of the four numbers is at most 255, and has no zeros before it", () => {
    const written = Array.from({ length: 1_100 }, (_, n) => [String(n), `0${n}`, `00${n}`]).flat();
    for (const part of written) {
      const isNumber = Number(part) <= 255 && part === String(Number(part));
      for (const text of [`${part}.9.9.9`, `9.9.${part}.9`, `9.9.9.${part}`]) {
        expect(addressText(text)).toBe(isNumber ? text : null);
      }
    }
  });

  it("NET-1: an address is written as the URL standard writes it, which reads it as the same address", () => {
    fc.assert(
      fc.property(ipv4, ipv6, (four, six) => {
        expect(addressText(four)).toBe(new URL(`http://${four}/`).hostname);
        const written = addressText(six) ?? "";
        expect(`[${written}]`).toBe(new URL(`http://[${six}]/`).hostname);
        expect(addressText(written)).toBe(written);
        expect(addressText(`::ffff:${four}`)).toBe(four);
      }),
      { numRuns: 500 },
    );
  });

  it("ERR-2: any text is read without an exception, and what is read stays as it is written", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary", maxLength: 60 }),
          fc.string({ unit: fc.constantFrom(..."019af:.%/x "), maxLength: 50 }),
        ),
        (text) => {
          const [address, range] = [addressText(text), rangeText(text)];
          if (address !== null) expect(addressText(address)).toBe(address);
          if (range !== null) expect(rangeText(range)).toBe(range);
          for (const kind of ["country", "address", "range"] as const) {
            const read = readEntry(kind, text);
            if (read.ok) expect(readEntry(kind, read.entry)).toEqual(read);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("LIM-2: a text of nothing but groups is read at once, however long it is", () => {
    for (const unit of ["1:", "a", "::", "1.", "1/", "%"]) expect(addressText(unit.repeat(200_000))).toBeNull();
    expect(rangeText(`${"1:".repeat(200_000)}/8`)).toBeNull();
  });
});

describe("ranges", () => {
  it.each([
    ["203.0.113.0/24", "203.0.113.0/24"],
    ["203.0.113.77/24", "203.0.113.0/24"],
    ["203.0.113.77/32", "203.0.113.77/32"],
    ["203.0.113.77/0", "0.0.0.0/0"],
    ["255.255.255.255/9", "255.128.0.0/9"],
    ["2001:DB8::/32", "2001:db8::/32"],
    ["2001:db8:ffff:ffff::/33", "2001:db8:8000::/33"],
    ["ffff::/1", "8000::/1"],
    ["::/0", "::/0"],
    ["::ffff:10.0.0.0/104", "10.0.0.0/8"],
    ["::ffff:a01:203/128", "10.1.2.3/32"],
  ])("NET-1: %s is written %s", (text, written) => {
    expect(rangeText(text)).toBe(written);
  });

  it.each([
    ...["203.0.113.0", "203.0.113.0/", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/024", "203.0.113.0/2 4", "/8"],
    ...["203.0.113.0/255.255.255.0", "203.0.113/24", "2001:db8::/129", "::ffff:10.0.0.0/95", "fe80::%1/64", "::/0/0"],
    ...["203.0.113.0-203.0.113.9", "203.0.113.*", "0x0a.0.0.0/8", "010.0.0.0/8", "1.2.3.4/1e1", "1.2.3.4/٨"],
  ])("NET-1: %j is no range", (text) => {
    expect(rangeText(text)).toBeNull();
  });

  const of = (text: string, size: number) => fc.tuple(fc.constant(text), fc.integer({ min: 0, max: size }));
  const ranged = fc.oneof(
    ipv4.chain((text) => of(text, 32)),
    ipv6.chain((text) => of(text, 128)),
  );
  /** The same first bits, and others after them. */
  const beside = (address: string, bits: number, turned: bigint): string | null => {
    const size = address.includes(":") ? 128 : 32;
    const value =
      number(address) ^ (turned & ((1n << BigInt(size)) - 1n) & ((1n << BigInt(Math.max(0, size - bits))) - 1n));
    if (size === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
    return addressText(
      value
        .toString(16)
        .padStart(32, "0")
        .replaceAll(/.{4}(?=.)/g, "$&:"),
    );
  };

  it("NET-1: an address is in a range if, and only if, its first bits are the range's", () => {
    fc.assert(
      fc.property(
        ranged,
        fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
        fc.integer({ min: 0, max: 130 }),
        ([text, bits], turned, near) => {
          const range = rangeText(`${text}/${bits}`) ?? "";
          const size = text.includes(":") ? 128 : 32;
          const other = beside(text, near, turned);
          fc.pre(other !== null && other.includes(":") === text.includes(":"));
          const shift = BigInt(size - bits);
          expect(isAmong(other ?? "", [range])).toBe(number(other ?? "") >> shift === number(text) >> shift);
          expect(isAmong(addressText(text) ?? "", [range])).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("NET-1: IPv4 and IPv6 stay apart, but for an IPv4-mapped address, which is the IPv4 one", () => {
    expect(isAmong("10.1.2.3", ["::/0"])).toBe(false);
    expect(isAmong("2001:db8::1", ["0.0.0.0/0"])).toBe(false);
    expect(isAmong(addressText("::ffff:10.1.2.3") ?? "", ["10.0.0.0/8"])).toBe(true);
    expect(isAmong("10.1.2.3", [rangeText("::ffff:10.0.0.0/104") ?? ""])).toBe(true);
    expect(isAmong("10.1.2.3", ["192.0.2.1", "10.1.2.3"])).toBe(true);
    expect(isAmong("10.1.2.3", ["10.1.2.4", "not a range/8"])).toBe(false);
    expect(isAmong("10.1.2.3", [])).toBe(false);
  });
});

describe("entries of lists", () => {
  it.each([
    ["country", "de", "DE"],
    ["country", "XK", "XK"],
    ["address", "2001:DB8::1", "2001:db8::1"],
    ["address", "203.0.113.7/32", "203.0.113.7"],
    ["address", "2001:db8::1/128", "2001:db8::1"],
    ["address", "203.0.113.0/24", "203.0.113.0/24"],
    ["range", "203.0.113.7/32", "203.0.113.7/32"],
    ["range", "2001:DB8::/32", "2001:db8::/32"],
  ] as const)("NET-1: as %s, %s is stored as %s", (kind, text, entry) => {
    expect(readEntry(kind, text)).toEqual({ ok: true, entry });
  });

  it.each([
    ["country", "UK", "must be a country of ISO 3166 in two letters, as DE or GB"],
    ["country", "T1", "must be a country of ISO 3166 in two letters, as DE or GB"],
    ["country", "DEU", "must be a country of ISO 3166 in two letters, as DE or GB"],
    ["country", "ſs", "must be a country of ISO 3166 in two letters, as DE or GB"],
    ["address", "host", "must be an IPv4 or IPv6 address, or a range of them, as 203.0.113.0/24"],
    ["address", "203.0.113.0/33", "must be an IPv4 or IPv6 address, or a range of them, as 203.0.113.0/24"],
    ["range", "203.0.113.7", "must be a range of IPv4 or IPv6 addresses, as 203.0.113.0/24 or 2001:db8::/32"],
    // One address, or all of them?
    ["address", "203.0.113.7/24", "must be 203.0.113.0/24 or 203.0.113.7/32"],
    ["range", "2001:db8::7/32", "must be 2001:db8::/32 or 2001:db8::7/128"],
  ] as const)("NET-1: as %s, %s is refused", (kind, text, detail) => {
    expect(readEntry(kind, text)).toEqual({ ok: false, detail });
  });

  it("NET-1: the countries of ISO 3166-1 and Kosovo, in either case; no other two letters", () => {
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    const pairs = letters.flatMap((one) => letters.map((other) => one + other));
    const known = pairs.filter((pair) => countryCode(pair) === pair);
    expect(known).toHaveLength(250);
    expect(pairs.filter((pair) => countryCode(pair.toLowerCase()) === pair)).toEqual(known);
    expect(["EU", "XX", "ZZ", "EN", "SU", "AN", "AA"].map(countryCode)).toEqual(Array.from({ length: 7 }, () => null));
  });
});
