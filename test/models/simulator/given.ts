/**
 * All that a simulated license is created with, nothing left to a default; the oracle keeps a copy that patches change.
 */

import type { LicensePatch } from "../../../src/domain/license/calls.ts";
import type { NewLicense } from "../../../src/domain/license/creation.ts";
import type { LicenseUser } from "../../../src/domain/terms/license.ts";
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
  | "requireAuthentication";

export type Given = { -readonly [M in Plain]: NonNullable<NewLicense[M]> } & {
  revoked: boolean;
  effectiveAt: number | null;
  user: LicenseUser | null;
  /** The period, by seconds or by an interval; null = perpetual. */
  period: Span | null;
  /** A fixed end. */
  expiresAt: number | null;
};

export function newLicense(given: Given, productId: string): NewLicense {
  const { period, ...members } = given;
  if (period === null) return { ...members, productId };
  if (period.months === 0) return { ...members, productId, validity: period.seconds };
  return { ...members, productId, subscriptionInterval: { text: intervalText(period), ...period } };
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
] as const satisfies readonly (keyof LicensePatch)[];

/** The members that a patch simply sets. */
export function patched(given: Given, patch: LicensePatch): Given {
  const after: Given = { ...given };
  for (const member of PLAIN) set(after, member, patch[member]);
  return after;
}

function set<M extends keyof Given>(given: Given, member: M, value: Given[M] | undefined): void {
  if (value !== undefined) given[member] = value;
}
