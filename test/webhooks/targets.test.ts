/** HOOK-3, entry by entry: where a webhook may be sent. */

import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, it } from "vitest";

import { addressOf, isPublic } from "../../src/webhooks/wire/addresses.ts";
import { targetFault } from "../../src/webhooks/wire/targets.ts";

const PRODUCTION = { development: false, ports: [8443] };
const DEVELOPMENT = { development: true, ports: [] };

const NOT_PUBLIC = "names a host that is not public";

describe("hosts that are not public", () => {
  it.each([
    // Unspecified and "this network".
    ...["0.0.0.0", "0.1.2.3", "0", "0x0", "00"],
    // Private.
    ...["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"],
    // Shared, between provider and customer.
    ...["100.64.0.1", "100.127.255.255"],
    // Loopback, in every spelling.
    ...["127.0.0.1", "127.255.255.254", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1"],
    ...["017700000001", "0x7F.0x0.0x0.0x1", "127.0.0.1.", "127.1.", "2130706433.", "%31%32%37.0.0.1", "１２７.0.0.1"],
    ...["127。0。0。1", "①②⑦.0.0.1"],
    // Link-local: also where clouds answer questions about machines.
    ...["169.254.0.1", "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.169.254."],
    // For protocols, documents and benchmarks.
    ...["192.0.0.1", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.255", "198.18.0.1", "198.19.255.255"],
    ...["192.88.99.1"],
    // Groups, reserved, everybody.
    ...["224.0.0.1", "239.255.255.255", "240.0.0.1", "254.1.2.3", "255.255.255.255", "4294967295", "0xffffffff"],
  ])("HOOK-3: refuses the IPv4 address %s", (host) => {
    expect(targetFault(`https://${host}/`, PRODUCTION)).toBe(NOT_PUBLIC);
    expect(targetFault(`https://${host}:8443/`, PRODUCTION)).toBe(NOT_PUBLIC);
  });

  it.each([
    // Unspecified, loopback, in short and in long.
    ...["::", "::1", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001"],
    // IPv4-mapped, -translated and -compatible.
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::FFFF:10.0.0.1", "0:0:0:0:0:ffff:169.254.169.254", "::ffff:192.168.1.1"],
    ...["::ffff:0:127.0.0.1", "::127.0.0.1", "::10.0.0.1", "::a9fe:a9fe"],
    // Link-local, site-local, unique local, groups.
    ...["fe80::1", "fe80::1:2:3:4", "febf::1", "fec0::1", "feff::1", "fc00::1", "fd12:3456::1", "ff02::1", "ff0e::1"],
    // Translation and tunnels to an address that is not public.
    ...[
      "64:ff9b::127.0.0.1",
      "64:ff9b::a00:1",
      "64:ff9b:1::8.8.8.8",
      "2002:7f00:1::",
      "2002:a00:1::1",
      "2002:c0a8:101::",
    ],
    ...["2001:0:7f00:1::", "2001:0:808:808:0:0:80ff:fffe", "2001::f5ff:fffe"],
    // Discard, documents, benchmarks, identifiers, not handed out.
    ...["100::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "2001:2f::1", "2001:1::1", "4000::1", "5f00::1"],
    ...["1::1", "8000::1", "e000::1"],
  ])("HOOK-3: refuses the IPv6 address %s", (host) => {
    expect(targetFault(`https://[${host}]/`, PRODUCTION)).toBe(NOT_PUBLIC);
  });

  it.each([
    ...["localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost.", "ｌｏｃａｌｈｏｓｔ"],
    ...["printer.local", "printer.local.", "metadata.google.internal", "router.home.arpa", "nas.lan", "wiki.intranet"],
    ...["a.corp", "a.home", "a.localdomain", "local", "internal", "intranet", "hooks", "hooks.", "com"],
  ])("HOOK-3: refuses the local name %s", (host) => {
    expect(targetFault(`https://${host}/`, PRODUCTION)).toBe(NOT_PUBLIC);
  });

  it("HOOK-3: refuses any IPv4 address that is not public, however it is spelled and wrapped", () => {
    const spelled = (address: number) => [
      ...[`${address}`, `0x${address.toString(16)}`, `0${address.toString(8)}`],
      [24, 16, 8, 0].map((shift) => `0${((address >>> shift) & 255).toString(8)}`).join("."),
      ...[`[::ffff:${hex(address)}]`, `[::${hex(address)}]`, `[64:ff9b::${hex(address)}]`, `[2002:${hex(address)}::]`],
    ];
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (address) => {
        // ::8.8.8.8 and the like are another way to write 8.8.8.8.
        const wanted = isPublic(new ipaddr.IPv4([24, 16, 8, 0].map((shift) => (address >>> shift) & 255)))
          ? null
          : NOT_PUBLIC;
        for (const host of spelled(address)) expect(targetFault(`https://${host}/`, PRODUCTION)).toBe(wanted);
      }),
    );
  });

  it("HOOK-3: reads an IPv6 address as it was meant", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const { hostname } = new URL(`https://[${text}]/`);
        const groups =
          addressOf(hostname)
            ?.toByteArray()
            .map((byte) => byte.toString(16).padStart(2, "0")) ?? [];
        expect(groups).toHaveLength(16);
        expect(new URL(`https://[${groups.join("").replaceAll(/.{4}(?=.)/g, "$&:")}]/`).hostname).toBe(hostname);
      }),
    );
  });

  it.each([
    ["an empty text", ""],
    ["words", "hello"],
    ["too many groups", "[1:2:3:4:5:6:7:8:9]"],
    ["too few", "[1:2:3]"],
    ["a large group", "[12345::1]"],
    ["an IPv4 address in brackets", "[1.2.3.4]"],
    ["an IPv6 address without them", "1::2"],
    ["three numbers", "1.2.3"],
    ["an octal number", "010.0.0.1"],
    ["a hexadecimal one", "0x7f.0.0.1"],
    ["a name of numbers", "1.2.3.4.example"],
  ])("HOOK-3: %s is no address as the URL standard writes it", (_, text) => {
    expect(addressOf(text)).toBeNull();
  });
});

describe("hosts that are public", () => {
  it.each([
    ...["example.com", "hooks.example.co.uk", "EXAMPLE.com", "example.com.", "xn--bcher-kva.example", "bücher.example"],
    ...["localhost.example.com", "local.example", "notlocalhost.example", "1.2.3.4.example.com", "a.internal.example"],
    // One bit beside the blocks.
    ...["1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0"],
    ...["169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0"],
    ...["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0"],
    ...["203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8", "134744072"],
    ...["[2606:4700:4700::1111]", "[2001:4860:4860::8888]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "[2a00::1]"],
    ...["[2001:db7:ffff::1]", "[2001:db9::1]", "[3ffe:ffff::1]", "[3fff:1000::1]", "[2001:30::1]", "[2001:3::1]"],
    ...["[2002:808:808::]", "[2001:0:808:808::f7f7:f7f7]"],
  ])("HOOK-3: allows %s", (host) => {
    expect(targetFault(`https://${host}/hook?token=a`, PRODUCTION)).toBeNull();
  });

  it.each([
    ...[
      ["2606:4700::1", true],
      ["1fff:ffff::1", false],
      ["2000::1", true],
      ["3ffe::1", true],
      ["4000::1", false],
    ],
    ...[
      ["::ffff:808:808", true],
      ["::ffff:a00:1", false],
    ],
  ] as const)("HOOK-3: %s is public: %s", (text, expected) => {
    expect(isPublic(ipaddr.IPv6.parse(text))).toBe(expected);
  });
});

describe("the rest of a URL", () => {
  it.each([
    ["no URL", "hello", "is no absolute URL"],
    ["nothing", "", "is no absolute URL"],
    ["a path alone", "/hook", "is no absolute URL"],
    ["no host", "https:///", "is no absolute URL"],
    ["a space", "https://exam ple.com/", "is no absolute URL"],
    ["a space around", " https://example.com/", "is no absolute URL"],
    ["a line break that the parser would forgive", "https://exam\nple.com/", "is no absolute URL"],
    ["a tab that the parser would forgive", "https://127.0.\t0.1/", "is no absolute URL"],
    ["a backslash that the parser would turn", "https:\\\\example.com/", "is no absolute URL"],
    ["a backslash before another host", "https://example.com\\@127.0.0.1/", "is no absolute URL"],
    ["a missing slash that the parser would add", "https:/example.com/", "is no absolute URL"],
    ["a port that is none", "https://example.com:99999/", "is no absolute URL"],
    ["an IPv6 zone", "https://[fe80::1%25eth0]/", "is no absolute URL"],
    ["a slash in the host", "https://exam%2fple.com/", "is no absolute URL"],
    ["http", "http://example.com/", "is not https"],
    ["ftp", "ftp://example.com/", "is not https"],
    ["file", "file:///etc/passwd", "is not https"],
    ["a user", "https://me@example.com/", "has a user or a password"],
    ["a user and a password", "https://me:secret@example.com/", "has a user or a password"],
    ["a password alone", "https://:secret@example.com/", "has a user or a password"],
    ["a host as user", "https://example.com@127.0.0.1/", "has a user or a password"],
    ["a fragment", "https://example.com/#part", "has a fragment"],
    ["an empty fragment", "https://example.com/#", "has a fragment"],
    ["another port", "https://example.com:444/", "is on port 444, which WEBHOOK_PORTS does not name"],
    ["the port of plain http", "https://example.com:80/", "is on port 80, which WEBHOOK_PORTS does not name"],
    ["port 0", "https://example.com:0/", "is on port 0, which WEBHOOK_PORTS does not name"],
    ["an empty label", "https://example..com/", "names no host"],
    ["two dots at the end", "https://example.com../", "names no host"],
    ["a long label", `https://${"a".repeat(64)}.com/`, "names no host"],
    ["257 characters", `https://example.com/${"a".repeat(237)}`, "has more than 256 characters"],
  ])("HOOK-3: refuses %s", (_, url, fault) => {
    expect(targetFault(url, PRODUCTION)).toBe(fault);
  });

  it.each([
    ["the default port, named", "https://example.com:443/"],
    ["a configured port", "https://example.com:8443/hook"],
    ["no path", "https://example.com"],
    ["a query", "https://example.com/?token=secret"],
    ["256 characters", `https://example.com/${"a".repeat(236)}`],
  ])("HOOK-3: allows %s", (_, url) => {
    expect(targetFault(url, PRODUCTION)).toBeNull();
  });

  it.each([
    "http://localhost/",
    "http://localhost:9999/a",
    "http://127.0.0.1:8080/",
    "http://127.9.9.9/",
    "http://[::1]:1/",
  ])("HOOK-3: allows %s in development alone", (url) => {
    expect(targetFault(url, DEVELOPMENT)).toBeNull();
    expect(targetFault(url, PRODUCTION)).toBe("is not https");
  });

  it.each([
    ["http://10.0.0.1/", "is not https"],
    ["http://0.0.0.0/", "is not https"],
    ["http://example.com/", "is not https"],
    ["http://localhost.example.com/", "is not https"],
    ["http://a.localhost/", "is not https"],
    ["https://localhost/", NOT_PUBLIC],
    ["https://127.0.0.1/", NOT_PUBLIC],
    ["https://192.168.0.1/", NOT_PUBLIC],
    ["http://me@localhost/", "has a user or a password"],
  ])("HOOK-3: refuses %s in development too", (url, fault) => {
    expect(targetFault(url, DEVELOPMENT)).toBe(fault);
  });

  it("HOOK-3, ERR-2: judges any text without an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.webUrl({ validSchemes: ["https"] })), (text) => {
        expect(["string", "object"]).toContain(typeof targetFault(text, PRODUCTION));
      }),
    );
  });
});

function hex(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}
