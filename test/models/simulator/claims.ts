/**
 * What devices say of themselves and where they call from, and the rules of licenses about both (NET-1, REL-1, MAINT-1,
 * NET-2): few values, so that rules and devices meet.
 */

import { NO_CLAIMS, NOWHERE, type DeviceWish } from "../../../src/domain/license/device.ts";
import type { MaintenancePolicy } from "../../../src/domain/terms/maintenance.ts";
import type { Random } from "../../support/random.ts";
import type { Given } from "./given.ts";

export const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
const OTHER_PRODUCT = "0199f6a0-0000-7000-8000-000000000002";

const COUNTRIES = ["DE", "FR", "US"] as const;
/** Which addresses are in which range, counted by hand. */
export const RANGES: Readonly<Record<string, readonly string[]>> = {
  "192.0.2.0/26": ["192.0.2.1", "192.0.2.63"],
  "192.0.2.64/26": ["192.0.2.64"],
  "2001:db8::/33": ["2001:db8::1"],
};
const ADDRESSES = ["192.0.2.1", "192.0.2.63", "192.0.2.64", "2001:db8::1", "2001:db8:8000::1"] as const;
const VERSIONS = ["1.2", "1.2.0.1", "1.10", "2.0", "2.0.1", "10.0", "2", "beta", null] as const;

/** Where most calls come from, and what most devices are. */
const HOME = {
  device: { ...NO_CLAIMS, os: "linux", container: false, releaseVersion: "1.2" },
  network: { country: "DE", address: "192.0.2.1" },
} as const;

export type Told = Pick<DeviceWish, "productId" | "device" | "network">;

/** Mostly of a device at home; else anything, or nothing. */
export function toldBy(random: Random, userHash: string | null): Told {
  const kind = random.below(20);
  if (kind < 12) return { productId: PRODUCT, device: { ...HOME.device, userHash }, network: HOME.network };
  if (kind < 14) return { productId: null, device: { ...NO_CLAIMS, userHash }, network: NOWHERE };
  return {
    productId: random.chance(0.1) ? OTHER_PRODUCT : PRODUCT,
    device: {
      ...HOME.device,
      userHash,
      vmName: random.pick(["vmware", " ", null, null]) ?? null,
      container: random.pick([true, false, null]) ?? null,
      releaseVersion: random.pick(VERSIONS) ?? null,
      releasePublishedAt: random.chance(0.5) ? null : PUBLISHED + random.below(90) * DAY,
    },
    network: {
      country: random.chance(0.2) ? null : (random.pick(COUNTRIES) ?? null),
      address: random.chance(0.2) ? null : (random.pick(ADDRESSES) ?? null),
    },
  };
}

const DAY = 86_400_000;
const PUBLISHED = Date.UTC(2027, 11, 1);

export type Rules = Pick<
  Given,
  | "allowVmActivation"
  | "allowContainerActivation"
  | "allowedCountries"
  | "disallowedCountries"
  | "allowedIpAddresses"
  | "allowedIpRanges"
  | "disallowedIpAddresses"
  | "maxAllowedReleaseVersion"
>;

export const NO_RULES: Rules = {
  allowVmActivation: true,
  allowContainerActivation: true,
  allowedCountries: [],
  disallowedCountries: [],
  allowedIpAddresses: [],
  allowedIpRanges: [],
  disallowedIpAddresses: [],
  maxAllowedReleaseVersion: null,
};

/** A few of them, none of which keeps those at home out for long. */
export function rulesOf(random: Random): Rules {
  const some = <T>(from: readonly T[]) => from.filter(() => random.chance(0.5));
  const allows = random.chance(0.4);
  return {
    allowVmActivation: random.chance(0.5),
    allowContainerActivation: random.chance(0.5),
    allowedCountries: random.chance(0.3) ? ["DE", ...some(COUNTRIES.slice(1))] : [],
    disallowedCountries: random.chance(0.3) ? some(COUNTRIES.slice(random.below(3))) : [],
    allowedIpAddresses: allows ? some(ADDRESSES) : [],
    allowedIpRanges: allows ? some(Object.keys(RANGES)) : [],
    disallowedIpAddresses: random.chance(0.3) ? some(ADDRESSES.slice(1)) : [],
    maxAllowedReleaseVersion: random.chance(0.4) ? (random.pick(["1.2", "1.10", "2.0.0"]) ?? null) : null,
  };
}

/** The same id is always the same policy. */
export function policyOf(random: Random): MaintenancePolicy {
  const number = random.below(8);
  const periods = [null, { months: 1, seconds: 0 }, { months: 0, seconds: 3600 }, { months: 0, seconds: 864_000 }];
  return {
    id: `policy ${number}`,
    period: periods[number >> 1] ?? null,
    expirationStrategy: number % 2 === 0 ? "immediate" : "delayed",
    allowMajorVersionUpdates: number % 3 === 0,
    allowMinorVersionUpdates: number % 3 < 2,
  };
}
