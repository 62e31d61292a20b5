/**
 * What a license is: its terms, the counters beside them, and its standing at an instant (LIC-1, CHK-1).
 * Instants are epoch milliseconds, durations carry their unit in the name or the comment.
 */

import { licenseEnd, type End, type Period } from "./expiry.ts";
import type { Maintenance } from "./maintenance.ts";
import type { Settings } from "./settings.ts";

export type LicenseType = Settings["type"];
export type ExpirationStrategy = Settings["expirationStrategy"];
export type FingerprintMatching = Settings["fingerprintMatchingStrategy"];

/** A license's metadata item; kept by id when a list is replaced and the key stays (LIC-2). */
export interface MetadataItem {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly viewPermissions: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A feature that a license entitles to. */
export interface FeatureEntitlement {
  readonly id: string;
  readonly featureName: string;
  /** Null = it has none, so that having it is all. */
  readonly value: string | number | boolean | null;
  /** Epoch ms; null = as long as the license. */
  readonly expiresAt: number | null;
  /** That its end has come was told. */
  readonly expired: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A feature that an entitlement set gives to the licenses that have it. */
export type SetEntitlement = Pick<FeatureEntitlement, "featureName" | "value">;

/** Something whose uses are counted (METER-1); kept by id when a list is replaced and the name stays. */
export interface MeterAttribute {
  /** UUIDv8 with the license's locator, so that it leads to its license. */
  readonly id: string;
  readonly name: string;
  /** -1 = without limit. */
  readonly allowedUses: number;
  /** Uses come back when the activation that they are of ends; for good. */
  readonly floating: boolean;
  readonly viewPermissions: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** SNAP-1: the copy of the user whom a license is for. E-mails compare by EMAIL-1. */
export interface LicenseUser {
  readonly id: string;
  readonly email: string;
  /** Of the user's row when it was copied; a newer one wins. */
  readonly revision: number;
}

/** A tag as it was when the license got it: the id counts, the name is shown while D1 cannot say today's. */
export interface LicenseTag {
  readonly id: string;
  readonly name: string;
}

/** When a seat that is given back or lapses is free again (SEAT-10). */
export type SeatRelease = Settings["seatRelease"];

export interface SeatReleaseSwitch {
  /** Epoch ms. */
  readonly at: number;
  /** The rule until then. */
  readonly from: SeatRelease;
}

/** Everything about a license that a person may set or that changes rarely. One JSON row in the object and in D1. */
export interface Terms extends Settings {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly productId: string;
  readonly licensedProductIds: readonly string[];
  /** Whom the license is for (AUTH-4); null = nobody in particular. */
  readonly user: LicenseUser | null;
  /** ISO 8601 as it was given, or null. */
  readonly subscriptionInterval: string | null;
  /** The period that `renew` adds; null = perpetual (no validity, no interval). */
  readonly period: Period | null;
  /** The end in force: null for perpetual, for rolling, and for a delayed license that nobody has activated. */
  readonly end: End | null;
  /** EXP-5: renewals and extensions asked for before the first activation of a delayed license, in order. */
  readonly pending: readonly Period[];
  /**
   * Of `pending`: how many were renewals (`pendingRenewals`) and the seconds that extensions added
   * (`pendingExtension`).
   */
  readonly pendingRenewals: number;
  readonly pendingExtensionSeconds: number;
  readonly effectiveAt: number | null;
  readonly activatedAt: number | null;
  /** Which new releases it gets, and until when; null = no policy says. */
  readonly maintenance: Maintenance | null;
  /** SNAP-1: what the set gives is the Worker's to know; null = none. */
  readonly entitlementSetId: string | null;
  /** TPL-1, TPL-2: the plan: the template that it was made from or put on, which may be gone; null = none. */
  readonly licenseTemplateId: string | null;

  /** TPL-2: ends that devices remember from before this renewal's number are forgotten. Not shown. */
  readonly endsRememberedFrom: number;
  /** SEAT-10: live devices may hold tokens without an end from terms before these. Not shown. */
  readonly endlessTokens: boolean;
  /** SEAT-10: switches of `seatRelease` that lapses which nobody has swept may be older than. Not shown. */
  readonly seatReleaseSwitches: readonly SeatReleaseSwitch[];
  readonly metadata: readonly MetadataItem[];
  readonly featureEntitlements: readonly FeatureEntitlement[];
  /** Keys that `metadata` has to have, from the license's template. Not shown. */
  readonly requiredMetadataKeys: readonly string[];
  readonly tags: readonly LicenseTag[];
  readonly meterAttributes: readonly MeterAttribute[];
}

export interface License {
  readonly id: string;
  readonly key: string;
  /** Raised by every change of the terms or the key. */
  readonly revision: number;
  readonly terms: Terms;
}

/** What is counted of one meter attribute (METER-1). */
export interface MeterUses {
  readonly id: string;
  /** Now. */
  readonly total: number;
  /** Ever: it never falls. */
  readonly gross: number;
}

/** A license with its counters at one instant: what a management call answers. */
export interface LicenseView extends License {
  readonly totalActivations: number;
  readonly totalDeactivations: number;
  readonly lastUsedAt: number | null;
  /** The latest release of any activation, ever; null = none was told. */
  readonly currentReleaseVersion: string | null;
  /** Of its meter attributes; absent, and one that is missing = none. */
  readonly meterUses?: readonly MeterUses[];
}

export type Standing = "revoked" | "not-yet-effective" | "expired" | "suspended" | "active";

/** CHK-1: the one standing that holds, by precedence. EXP-9: the instant of the end counts as expired. */
export function standing(terms: Terms, now: number): Standing {
  if (terms.revoked) return "revoked";
  if (terms.effectiveAt !== null && now < terms.effectiveAt) return "not-yet-effective";
  const end = licenseEnd(terms.end);
  if (end !== null && end <= now) return "expired";
  return terms.suspended ? "suspended" : "active";
}

/** True if activations of these terms hold a lease (LEASE-1). */
export function hasLease(terms: Pick<Terms, "type" | "leaseDuration">): boolean {
  return terms.type === "hosted-floating" && terms.leaseDuration > 0;
}

/** No end, and none that the first activation or each activation would bring. */
export function isPerpetual(terms: Terms): boolean {
  if (terms.end !== null) return false;
  if (terms.period === null) return true;
  const waits = terms.expirationStrategy === "delayed" && terms.activatedAt === null;
  return terms.expirationStrategy !== "rolling" && !waits;
}
