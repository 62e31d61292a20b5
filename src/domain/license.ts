/**
 * What a license is: its terms, the counters beside them, and its standing at an instant (LIC-1, CHK-1).
 * Instants are epoch milliseconds, durations carry their unit in the name or the comment.
 */

import { licenseEnd, type End, type Period } from "./expiry.ts";

export type LicenseType = "node-locked" | "hosted-floating" | "on-premise-floating";
export type ExpirationStrategy = "immediate" | "delayed" | "rolling";
export type FingerprintMatching = "exact" | "fuzzy" | "loose";

/** A license's metadata item; kept by id when a list is replaced and the key stays (LIC-2). */
export interface MetadataItem {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly viewPermissions: readonly string[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** SNAP-1: the copy of the user whom a license is for. E-mails compare case-insensitively (AUTH-4). */
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
export type SeatRelease = "at-once" | "after-token";

export interface SeatReleaseSwitch {
  /** Epoch ms. */
  readonly at: number;
  /** The rule until then. */
  readonly from: SeatRelease;
}

/** Everything about a license that a person may set or that changes rarely. One JSON row in the object and in D1. */
export interface Terms {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly productId: string;
  readonly licensedProductIds: readonly string[];
  /** Whom the license is for (AUTH-4); null = nobody in particular. */
  readonly user: LicenseUser | null;
  readonly type: LicenseType;
  readonly revoked: boolean;
  readonly suspended: boolean;

  readonly expirationStrategy: ExpirationStrategy;
  /** Seconds; 0 when the period comes from `subscriptionInterval` or there is none. */
  readonly validity: number;
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

  readonly fingerprintMatchingStrategy: FingerprintMatching;
  readonly leasingStrategy: "per-machine";
  readonly duplicateActivation: "resume" | "reject";
  /** SEAT-10: live devices may hold tokens without an end from terms before these. Not shown. */
  readonly endlessTokens: boolean;
  readonly seatRelease: SeatRelease;
  /** SEAT-10: switches of `seatRelease` that lapses which nobody has swept may be older than. Not shown. */
  readonly seatReleaseSwitches: readonly SeatReleaseSwitch[];
  /** 0 or -1 = unlimited. */
  readonly allowedActivations: number;
  /** -1 = unlimited, 0 = none. */
  readonly allowedDeactivations: number;
  readonly allowedFloatingClients: number;
  /** Seconds; 0 or -1 = no lease. Ignored on anything but hosted-floating. */
  readonly leaseDuration: number;
  readonly allowClientLeaseDuration: boolean;
  /** Seconds; 0 = `leaseDuration` is the ceiling. */
  readonly maxLeaseDuration: number;
  /** Seconds; 0 = no sync. */
  readonly serverSyncInterval: number;
  /** Seconds; -1 = without end. */
  readonly serverSyncGracePeriod: number;
  /** Seconds. */
  readonly allowedClockOffset: number;
  /** Seconds before the end at which `license.expiring-soon` is told; 0 = never. */
  readonly expiringSoonEventOffset: number;
  readonly requireAuthentication: boolean;
  readonly cryptoBindingEnabled: boolean;
  readonly notes: string | null;
  readonly metadata: readonly MetadataItem[];
  /** Keys that `metadata` has to have, from the license's template. Not shown. */
  readonly requiredMetadataKeys: readonly string[];
  readonly tags: readonly LicenseTag[];
  readonly externalReference: string | null;
  readonly region: string | null;
}

export interface License {
  readonly id: string;
  readonly key: string;
  /** Raised by every change of the terms or the key. */
  readonly revision: number;
  readonly terms: Terms;
}

/** A license with its counters at one instant: what a management call answers. */
export interface LicenseView extends License {
  readonly totalActivations: number;
  readonly totalDeactivations: number;
  readonly lastUsedAt: number | null;
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
