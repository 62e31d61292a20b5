/** Lists of countries and addresses as bodies give them: one spelling, none twice, and the older word (NET-1). */

import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { licenseCreation, licensePatch } from "../../src/http/management/license/license-bodies.ts";
import { licenseChange, wantedLicense } from "../../src/http/management/license/license-wire.ts";
import {
  newTemplate,
  templateChange,
  templateCreation,
  templatePatch,
} from "../../src/http/management/license/license-template-wire.ts";
import { forItsUser } from "../../src/http/management/deployment/me-wire.ts";
import { rangeShown } from "../../src/http/management/license/setting-lists.ts";
import { view } from "../domain/samples.ts";

const PRODUCT = "0190a5d4-0000-7000-8000-000000000001";
const created = (body: object) => wantedLicense(z.parse(licenseCreation, { productId: PRODUCT, ...body }));
const patched = (body: object) => licenseChange(z.parse(licensePatch, body));
const faults = (body: object) =>
  z.safeParse(licensePatch, body).error?.issues.map(({ path, message }) => `/${path.join("/")} ${message}`) ?? [];

describe("lists", () => {
  it("NET-1: are stored in one spelling, in their order", () => {
    const body = {
      allowedCountries: ["de", "AT"],
      allowedIpAddresses: ["2001:DB8:0::1", "::ffff:203.0.113.7", "203.0.113.8/32"],
      allowedIpRanges: ["2001:DB8::/32"],
    };
    const stored = {
      allowedCountries: ["DE", "AT"],
      allowedIpAddresses: ["2001:db8::1", "203.0.113.7", "203.0.113.8"],
      allowedIpRanges: ["2001:db8::/32"],
    };
    expect(created(body)).toMatchObject(stored);
    expect(patched(body)).toMatchObject(stored);
    expect(newTemplate(z.parse(templateCreation, { name: "T", ...body })).members).toMatchObject(stored);
  });

  it.each<[object, string]>([
    [
      { allowedCountries: ["DE", "UK"] },
      "/allowedCountries/1 must be a country of ISO 3166 in two letters, as DE or GB",
    ],
    [{ disallowedCountries: ["DE", "FR", "de"] }, "/disallowedCountries/2 must be there once"],
    [{ disallowedIpAddresses: ["::1", "0:0:0:0:0:0:0:1"] }, "/disallowedIpAddresses/1 must be there once"],
    [{ allowedIpAddresses: ["203.0.113.7", "203.0.113.7/32"] }, "/allowedIpAddresses/1 must be there once"],
    [
      { allowedIpAddresses: ["0x7f.0.0.1"] },
      "/allowedIpAddresses/0 must be an IPv4 or IPv6 address, or a range of them, as 203.0.113.0/24",
    ],
    [{ allowedIpRanges: ["10.0.0.1/8"] }, "/allowedIpRanges/0 must be 10.0.0.0/8 or 10.0.0.1/32"],
    [{ allowedIpRanges: ["x".repeat(65)] }, "/allowedIpRanges/0 must be text of 1 to 64 characters"],
    [
      { allowedIpRange: "10.0.0.1" },
      "/allowedIpRange must be a range of IPv4 or IPv6 addresses, as 203.0.113.0/24 or 2001:db8::/32",
    ],
    [{ allowedIpRanges: "10.0.0.0/8" }, "/allowedIpRanges must be a list"],
  ])("NET-1: %j is refused there", (body, fault) => {
    expect(faults(body)).toEqual([fault]);
  });

  it("LIM-2: have at most 256 entries, ranges 20", () => {
    const addresses = Array.from({ length: 257 }, (_, at) => `10.0.${at >> 8}.${at & 255}`);
    const ranges = addresses.map((address) => `${address}/32`);
    expect(faults({ allowedIpAddresses: addresses.slice(1), allowedIpRanges: ranges.slice(-20) })).toEqual([]);
    expect(faults({ disallowedIpAddresses: addresses, allowedIpRanges: ranges.slice(-21) })).toHaveLength(2);
  });
});

describe("the older word for one range", () => {
  it('NET-1: is a list of it, and `""` of none; null says nothing, and a list says the same', () => {
    expect(created({ allowedIpRange: "10.0.0.0/8" }).allowedIpRanges).toEqual(["10.0.0.0/8"]);
    expect(patched({ allowedIpRange: "::ffff:10.0.0.0/104" }).allowedIpRanges).toEqual(["10.0.0.0/8"]);
    expect(patched({ allowedIpRange: "" }).allowedIpRanges).toEqual([]);
    expect(patched({ allowedIpRange: null })).not.toHaveProperty("allowedIpRanges");
    expect(patched({ allowedIpRange: "10.0.0.0/8", allowedIpRanges: null }).allowedIpRanges).toEqual(["10.0.0.0/8"]);
    const all = ["10.0.0.0/8", "192.0.2.0/24"];
    expect(patched({ allowedIpRange: "10.0.0.0/8", allowedIpRanges: all }).allowedIpRanges).toEqual(all);
    expect(patched({ allowedIpRange: null, allowedIpRanges: all }).allowedIpRanges).toEqual(all);
    for (const body of [created({ allowedIpRange: "10.0.0.0/8" }), patched({ allowedIpRange: "10.0.0.0/8" })])
      expect(body).not.toHaveProperty("allowedIpRange");
    const { members } = templateChange(z.parse(templatePatch, { allowedIpRange: "10.0.0.0/8" }));
    expect(members).toEqual({ allowedIpRanges: ["10.0.0.0/8"] });
  });

  it("NET-1: is refused where the list says otherwise", () => {
    const refused = ["/allowedIpRange must not differ from `allowedIpRanges`"];
    expect(faults({ allowedIpRange: "10.0.0.0/8", allowedIpRanges: ["192.0.2.0/24"] })).toEqual(refused);
    expect(faults({ allowedIpRange: "10.0.0.0/8", allowedIpRanges: [] })).toEqual(refused);
    expect(faults({ allowedIpRange: "", allowedIpRanges: ["192.0.2.0/24"] })).toEqual(refused);
    expect(faults({ allowedIpRange: "", allowedIpRanges: [] })).toEqual([]);
  });

  it("NET-1: is shown while there is one", () => {
    expect([[], ["10.0.0.0/8"], ["10.0.0.0/8", "192.0.2.0/24"]].map(rangeShown)).toEqual([null, "10.0.0.0/8", null]);
    expect(rangeShown(null)).toBeNull();
  });
});

it("NET-1, MGMT-5: a license's user is shown the countries, and not whose addresses are let in or locked out", () => {
  const rules = {
    ...{ allowedCountries: ["DE"], disallowedCountries: ["FR"], allowedIpRanges: ["10.0.0.0/8"] },
    ...{ allowedIpAddresses: ["203.0.113.7"], disallowedIpAddresses: ["192.0.2.1"] },
  };
  expect(forItsUser(view({}, rules)).terms).toMatchObject({
    ...{ allowedCountries: ["DE"], disallowedCountries: ["FR"], allowedIpRanges: [] },
    ...{ allowedIpAddresses: [], disallowedIpAddresses: [] },
  });
});
