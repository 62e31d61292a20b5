/**
 * From what a vendor asked for to the terms of a new license: defaults (LIC-1), rules between members, first end
 * (EXP-1 to EXP-3). Types and ranges of single members are the wire's business and already checked.
 */

import {
  endAt,
  intervalPeriod,
  isRepresentable,
  isTooLong,
  plusPeriod,
  validityPeriod,
  type End,
  type Period,
} from "../terms/expiry.ts";
import type { ExpirationStrategy, LicenseTag, LicenseUser, MetadataItem, Terms } from "../terms/license.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import {
  begunMaintenance,
  isMaintained,
  withMaintenanceEnd,
  type Maintenance,
  type MaintenancePolicy,
} from "../terms/maintenance.ts";
import type { Refusal } from "../refusal.ts";
import { entitlementsRefusal, newEntitlements, type GivenEntitlement } from "./entitlements.ts";
import { licensedProductsRefusal, metadataRefusal, requiredMetadataRefusal, tagsRefusal } from "./list-members.ts";
import { leaseGraceRefusal } from "./lease-grace.ts";
import { leasingRefusal } from "./leasing.ts";
import { metersRefusal, newMeters, type GivenMeter } from "./meters.ts";
import { seatReleaseRefusal } from "./seat-release.ts";
import { settingsOf, type SettingName, type Settings } from "../terms/settings.ts";

/** IN-1: `null` for an optional member means absent. */
type Given<T> = T | null | undefined;

/** A subscription interval as it was written, and as a period; all void = perpetual. */
export interface Interval extends Period {
  readonly text: string | null;
}

type GivenSettings = { readonly [Name in SettingName]?: Given<Settings[Name]> };

/**
 * The body of a creation in domain terms: instants in epoch ms, durations in seconds. All but the product may be
 * absent.
 */
export interface NewLicense extends GivenSettings {
  readonly productId: string;
  readonly licensedProductIds?: Given<readonly string[]>;
  /** As D1 has the user now; the creation's batch makes sure that it still does (REF-1). */
  readonly user?: Given<LicenseUser>;
  readonly subscriptionInterval?: Given<Interval>;
  /** A fixed end, for imports and for licenses sold to a date. */
  readonly expiresAt?: Given<number>;
  /** For imports; EXP-1 counts from it. */
  readonly createdAt?: Given<number>;
  readonly effectiveAt?: Given<number>;
  /** The caller makes the ids (UUIDv7). */
  readonly metadata?: Given<readonly Pick<MetadataItem, "id" | "key" | "value" | "viewPermissions">[]>;
  /** The caller makes the ids (UUIDv7). */
  readonly featureEntitlements?: Given<readonly (GivenEntitlement & { readonly id: string })[]>;
  /** As D1 has the policy now; the creation's batch makes sure that it is there (REF-1). */
  readonly maintenance?: Given<MaintenancePolicy>;
  /** The creation's batch makes sure that there is one (REF-1). `""` = none, not even the template's. */
  readonly entitlementSetId?: Given<string>;
  /** A fixed end of the maintenance, for imports. */
  readonly maintenanceExpiresAt?: Given<number>;
  /** The caller makes the ids (UUIDv8 with the license's locator). */
  readonly meterAttributes?: Given<readonly (GivenMeter & { readonly id: string })[]>;
  /** From the license's template. */
  readonly requiredMetadataKeys?: Given<readonly string[]>;
  /** Of the template that gave what the body did not say. */
  readonly licenseTemplateId?: Given<string>;
  /** As D1 has the tags now. */
  readonly tags?: Given<readonly LicenseTag[]>;
}

/** The terms of a license created at `now` (epoch ms), or `invalid-member` with a pointer into the body. */
export function newTerms(input: NewLicense, now: number): Outcome<Terms> {
  const terms = withDefaults(input, now);
  const refusal = refusalOf(input, terms, now);
  return refusal === null ? yes(terms) : no(refusal);
}

function withDefaults(input: NewLicense, now: number): Terms {
  const createdAt = input.createdAt ?? now;
  const settings = settingsOf(input);
  const period = givenPeriod(input);
  return {
    ...settings,
    createdAt,
    updatedAt: now,
    productId: input.productId,
    licensedProductIds: input.licensedProductIds ?? [input.productId],
    user: input.user ?? null,
    subscriptionInterval: givenInterval(input)?.text ?? null,
    period,
    end: firstEnd(input.expiresAt ?? null, settings.expirationStrategy, period, createdAt),
    maintenance: firstMaintenance(input, createdAt, now),
    entitlementSetId: input.entitlementSetId === "" ? null : (input.entitlementSetId ?? null),
    licenseTemplateId: input.licenseTemplateId ?? null,
    endsRememberedFrom: 0,
    pending: [],
    pendingRenewals: 0,
    pendingExtensionSeconds: 0,
    effectiveAt: input.effectiveAt ?? null,
    activatedAt: null,
    endlessTokens: false,
    seatReleaseSwitches: [],
    metadata: (input.metadata ?? []).map(({ id, key, value, viewPermissions }) => ({
      id,
      key,
      value,
      viewPermissions,
      createdAt: now,
      updatedAt: now,
    })),
    featureEntitlements: newEntitlements(input.featureEntitlements ?? [], now),
    requiredMetadataKeys: input.requiredMetadataKeys ?? [],
    tags: input.tags ?? [],
    meterAttributes: newMeters(input.meterAttributes ?? [], now),
  };
}

/** An end that is over at `now` is none to tell of. */
function firstMaintenance(
  { maintenance, maintenanceExpiresAt }: NewLicense,
  createdAt: number,
  now: number,
): Maintenance | null {
  if (maintenance === null || maintenance === undefined) return null;
  const begun = begunMaintenance(maintenance, createdAt, false);
  const fixedAt = maintenanceExpiresAt ?? null;
  const first = fixedAt === null ? begun : withMaintenanceEnd(begun, endAt(fixedAt), now);
  return isMaintained(first, now) ? first : { ...first, told: "over" };
}

/** The interval, or null where it is absent or void. */
function givenInterval(input: NewLicense): Interval | null {
  const interval = input.subscriptionInterval ?? null;
  return interval === null || intervalPeriod(interval) === null ? null : interval;
}

function givenPeriod(input: NewLicense): Period | null {
  const interval = givenInterval(input);
  return interval === null ? validityPeriod(input.validity ?? 0) : intervalPeriod(interval);
}

/** EXP-1 to EXP-3. A fixed end holds whatever the strategy (IN-2); only rolling refuses it. */
function firstEnd(
  fixedAt: number | null,
  strategy: ExpirationStrategy,
  period: Period | null,
  createdAt: number,
): End | null {
  if (strategy === "rolling") return null;
  return fixedAt === null ? endOfNew(strategy, period, createdAt) : endAt(fixedAt);
}

/** EXP-1 to EXP-3: the end of a license that begins at `at` (epoch ms). */
export function endOfNew(strategy: ExpirationStrategy, period: Period | null, at: number): End | null {
  return strategy === "immediate" && period !== null ? plusPeriod(endAt(at), period) : null;
}

function refusalOf(input: NewLicense, terms: Terms, now: number): Refusal | null {
  return (
    (terms.createdAt > now ? invalid("/createdAt", "is in the future") : null) ??
    licensedProductsRefusal(terms.productId, terms.licensedProductIds) ??
    metadataRefusal(terms.metadata) ??
    requiredMetadataRefusal(terms.requiredMetadataKeys, terms.metadata) ??
    entitlementsRefusal(terms.featureEntitlements) ??
    maintenanceRefusal(input, terms) ??
    metersRefusal(terms.meterAttributes) ??
    tagsRefusal(terms.tags) ??
    periodRefusal(input, terms) ??
    rollingRefusal(input, terms) ??
    seatReleaseRefusal(terms) ??
    leaseGraceRefusal(terms) ??
    leasingRefusal(terms)
  );
}

function maintenanceRefusal({ maintenanceExpiresAt }: NewLicense, { maintenance }: Terms): Refusal | null {
  const isFixed = (maintenanceExpiresAt ?? null) !== null;
  if (isFixed && maintenance === null) return invalid("/maintenanceExpiresAt", "needs a maintenancePolicyId");
  const { end = null } = maintenance ?? {};
  return end === null || isRepresentable(end) ? null : invalid("/maintenanceExpiresAt", "is after the year 9999");
}

function periodRefusal(input: NewLicense, terms: Terms): Refusal | null {
  const pointer = terms.subscriptionInterval === null ? "/validity" : "/subscriptionInterval";
  if (terms.validity !== 0 && terms.subscriptionInterval !== null) {
    return invalid(pointer, "a license has either a validity or a subscriptionInterval");
  }
  if (terms.period !== null && isTooLong(terms.period)) return invalid(pointer, "a period is at most 100 years");
  if (terms.end === null || isRepresentable(terms.end)) return null;
  const fixed = (input.expiresAt ?? null) !== null;
  return invalid(fixed ? "/expiresAt" : pointer, "the license would end after the year 9999");
}

/** EXP-10, EXP-3. */
function rollingRefusal(input: NewLicense, terms: Terms): Refusal | null {
  if (terms.expirationStrategy !== "rolling") return null;
  if (terms.type !== "node-locked") return invalid("/expirationStrategy", "rolling needs the type node-locked");
  if ((input.expiresAt ?? null) === null) return null;
  return invalid("/expiresAt", "under rolling each activation has its own end");
}

function invalid(pointer: string, detail: string): Refusal {
  return { code: "invalid-member", pointer, detail };
}
