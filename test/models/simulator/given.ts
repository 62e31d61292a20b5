/**
 * All that a simulated license is created with, nothing left to a default; the oracle keeps a copy that patches change.
 */

import type { LicensePatch } from "../../../src/domain/license/calls.ts";
import type { NewLicense } from "../../../src/domain/license/creation.ts";
import type { GivenMeter } from "../../../src/domain/license/meters.ts";
import type { LicenseUser } from "../../../src/domain/terms/license.ts";
import type { MaintenancePolicy } from "../../../src/domain/terms/maintenance.ts";
import type { Span } from "./calendar.ts";

type Plain =
  | "type"
  | "suspended"
  | "expirationStrategy"
  | "duplicateActivation"
  | "seatRelease"
  | "allowedActivations"
  | "allowedOverage"
  | "leasingStrategy"
  | "fingerprintMatchingStrategy"
  | "userLocked"
  | "allowedDeactivations"
  | "leaseDuration"
  | "allowClientLeaseDuration"
  | "maxLeaseDuration"
  | "leaseGracePeriod"
  | "serverSyncInterval"
  | "serverSyncGracePeriod"
  | "requireAuthentication"
  | "allowVmActivation"
  | "allowContainerActivation"
  | "allowedCountries"
  | "disallowedCountries"
  | "allowedIpAddresses"
  | "disallowedIpAddresses"
  | "allowedIpRanges";

export type Given = { -readonly [M in Plain]: NonNullable<NewLicense[M]> } & {
  revoked: boolean;
  effectiveAt: number | null;
  maxAllowedReleaseVersion: string | null;
  maintenance: MaintenancePolicy | null;
  meterAttributes: readonly GivenMeter[];
  user: LicenseUser | null;
  /** The period, by seconds or by an interval; null = perpetual. */
  period: Span | null;
  /** A fixed end. */
  expiresAt: number | null;
};

export function newLicense(given: Given, productId: string): NewLicense {
  const { period, meterAttributes, ...others } = given;
  const members = { ...others, meterAttributes: withIds(meterAttributes) };
  if (period === null) return { ...members, productId };
  if (period.months === 0) return { ...members, productId, validity: period.seconds };
  return { ...members, productId, subscriptionInterval: { text: intervalText(period), ...period } };
}

/** Their first ones; what a PATCH adds gets one from the license. */
export function withIds(meters: readonly GivenMeter[]): readonly (GivenMeter & { readonly id: string })[] {
  return meters.map((meter) => ({ ...meter, id: `first ${meter.name}` }));
}

export function intervalText({ months, seconds }: Span): string {
  return seconds === 0 ? `P${months}M` : `P${months}MT${seconds}S`;
}

const PLAIN = [
  "suspended",
  "revoked",
  "duplicateActivation",
  "seatRelease",
  "allowedActivations",
  "allowedOverage",
  "leasingStrategy",
  "fingerprintMatchingStrategy",
  "allowedDeactivations",
  "leaseDuration",
  "allowClientLeaseDuration",
  "maxLeaseDuration",
  "leaseGracePeriod",
  "serverSyncInterval",
  "serverSyncGracePeriod",
  "requireAuthentication",
  "effectiveAt",
  "allowVmActivation",
  "allowContainerActivation",
  "allowedCountries",
  "disallowedCountries",
  "allowedIpAddresses",
  "disallowedIpAddresses",
  "allowedIpRanges",
  "maxAllowedReleaseVersion",
  "meterAttributes",
] as const satisfies readonly (keyof LicensePatch)[];

/** The members that a patch simply sets. */
export function patched(given: Given, patch: LicensePatch): Given {
  const after: Given = { ...given };
  for (const member of PLAIN) set(after, member, patch[member]);
  // SNAP-1: the policy that it has stays as it was copied.
  const { maintenance } = patch;
  if (maintenance !== undefined && maintenance?.id !== given.maintenance?.id) after.maintenance = maintenance;
  return after;
}

function set<M extends keyof Given>(given: Given, member: M, value: Given[M] | undefined): void {
  if (value !== undefined) given[member] = value;
}
