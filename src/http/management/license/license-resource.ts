/** The license resource of /v3 (LIC-1): every member, those not built yet at their defaults. */

import { licenseEnd } from "../../../domain/terms/expiry.ts";
import { isPerpetual, type LicenseView } from "../../../domain/terms/license.ts";
import { NOT_BUILT, SHOWN_NOT_BUILT, type NotBuilt, type ShownNotBuilt } from "../../../domain/terms/not-built.ts";
import { eachOf, SETTING_NAMES, TRIGGER_OF, type Settings } from "../../../domain/terms/settings.ts";
import type { Names } from "../../../registry/rows/names.ts";
import { fullName, type UserNames } from "../../../registry/rows/users.ts";
import { entitlementsResource, featuresResource } from "./entitlements.ts";
import { metersResource } from "./meters.ts";
import { instant, instantOrNull } from "../resource/instant.ts";
import { metadataResource } from "../resource/members.ts";
import { rangeShown } from "./setting-lists.ts";

/** Tags that nobody could look for are shown by the names that they had when the license got them. */
export function licenseResource(license: LicenseView, names: Names) {
  const { users, tags } = names;
  return {
    ...identity(license),
    tags: license.terms.tags.flatMap(({ id, name }) => (tags.has(id) ? (tags.get(id) ?? []) : name)),
    user: userResource(license, users),
    ...expiry(license),
    ...settings(license),
    allowedIpRange: rangeShown(license.terms.allowedIpRanges),
    ...ours(license),
    features: featuresResource(license.terms, names),
    ...NOT_BUILT_MEMBERS,
  };
}

/** The e-mail is the license's copy, which decides who may use it (AUTH-4, SNAP-1); the names are the user's. */
function userResource({ terms }: LicenseView, users: Names["users"]) {
  const copied = terms.user;
  if (copied === null) return null;
  const { firstName, lastName, company } = users.get(copied.id) ?? NAMELESS;
  return { id: copied.id, name: fullName({ firstName, lastName }), firstName, lastName, email: copied.email, company };
}

const NAMELESS: UserNames = { firstName: null, lastName: null, company: null };

function identity({ id, key, terms, meterUses, ...counters }: LicenseView) {
  const { totalActivations, totalDeactivations, lastUsedAt, currentReleaseVersion } = counters;
  return {
    id,
    createdAt: instant(terms.createdAt),
    updatedAt: instant(terms.updatedAt),
    key,
    productId: terms.productId,
    licenseTemplateId: terms.licenseTemplateId,
    totalActivations,
    totalDeactivations,
    activatedAt: instantOrNull(terms.activatedAt),
    lastUsedAt: instantOrNull(lastUsedAt),
    currentReleaseVersion,
    metadata: metadataResource(terms.metadata),
    maintenancePolicyId: terms.maintenance?.id ?? null,
    maintenanceExpiresAt: instantOrNull(terms.maintenance?.expiresAt ?? null),
    entitlementSetId: terms.entitlementSetId,
    featureEntitlements: entitlementsResource(terms.featureEntitlements),
    meterAttributes: metersResource(terms.meterAttributes, meterUses),
  };
}

function expiry({ terms }: LicenseView) {
  return {
    perpetual: isPerpetual(terms),
    subscriptionInterval: terms.subscriptionInterval,
    subscriptionStartTrigger: TRIGGER_OF[terms.expirationStrategy],
    effectiveDate: instantOrNull(terms.effectiveAt),
    expiresAt: instantOrNull(licenseEnd(terms.end)),
  };
}

/** What Leasehold adds (EXP-5). */
function ours({ terms }: LicenseView) {
  return {
    licensedProductIds: terms.licensedProductIds,
    pendingRenewals: terms.pendingRenewals,
    pendingExtension: terms.pendingExtensionSeconds,
  };
}

function settings({ terms }: LicenseView): Settings {
  return eachOf<Settings>(SETTING_NAMES, (name) => terms[name]);
}

const NOT_BUILT_MEMBERS = eachOf<Readonly<Record<ShownNotBuilt, NotBuilt["default"]>>>(
  SHOWN_NOT_BUILT,
  (name) => NOT_BUILT[name].default,
);
