/** The license resource of /v3 (LIC-1): every member, those not built yet at their defaults. */

import { licenseEnd } from "../../domain/expiry.ts";
import type { ExpirationStrategy, LicenseView } from "../../domain/license.ts";
import { isPerpetual } from "../../domain/renewal.ts";
import { fullName, type UserNames } from "../../registry/users.ts";
import { instant, instantOrNull } from "./instant.ts";
import { metadataResource } from "./members.ts";

/** Rolling has no counterpart among the triggers. */
export const TRIGGERS: Readonly<Record<ExpirationStrategy, "creation" | "activation" | null>> = {
  immediate: "creation",
  delayed: "activation",
  rolling: null,
};

/**
 * `users`: those that could be read, by id. `tagNames`: of the tags that there are, by id; null = nobody could say, and
 * names are shown as they were when the license got them.
 */
export function licenseResource(
  license: LicenseView,
  users: ReadonlyMap<string, UserNames>,
  tagNames: ReadonlyMap<string, string> | null = null,
) {
  return {
    ...identity(license),
    tags: license.terms.tags.flatMap(({ id, name }) => (tagNames === null ? name : (tagNames.get(id) ?? []))),
    user: userResource(license, users),
    ...expiry(license),
    ...limits(license),
    ...ours(license),
    ...NOT_BUILT,
  };
}

/** The e-mail is the license's copy, which decides who may use it (AUTH-4, SNAP-1); the names are the user's. */
function userResource({ terms }: LicenseView, users: ReadonlyMap<string, UserNames>) {
  const copied = terms.user;
  if (copied === null) return null;
  const { firstName, lastName, company } = users.get(copied.id) ?? NAMELESS;
  return { id: copied.id, name: fullName({ firstName, lastName }), firstName, lastName, email: copied.email, company };
}

const NAMELESS: UserNames = { firstName: null, lastName: null, company: null };

function identity({ id, key, terms, totalActivations, totalDeactivations, lastUsedAt }: LicenseView) {
  return {
    id,
    createdAt: instant(terms.createdAt),
    updatedAt: instant(terms.updatedAt),
    key,
    productId: terms.productId,
    type: terms.type,
    revoked: terms.revoked,
    suspended: terms.suspended,
    totalActivations,
    totalDeactivations,
    activatedAt: instantOrNull(terms.activatedAt),
    lastUsedAt: instantOrNull(lastUsedAt),
    notes: terms.notes,
    metadata: metadataResource(terms.metadata),
  };
}

function expiry({ terms }: LicenseView) {
  return {
    perpetual: isPerpetual(terms),
    validity: terms.validity,
    expirationStrategy: terms.expirationStrategy,
    subscriptionInterval: terms.subscriptionInterval,
    subscriptionStartTrigger: TRIGGERS[terms.expirationStrategy],
    effectiveDate: instantOrNull(terms.effectiveAt),
    expiresAt: instantOrNull(licenseEnd(terms.end)),
  };
}

function limits({ terms }: LicenseView) {
  return {
    fingerprintMatchingStrategy: terms.fingerprintMatchingStrategy,
    allowedActivations: terms.allowedActivations,
    allowedDeactivations: terms.allowedDeactivations,
    allowedFloatingClients: terms.allowedFloatingClients,
    leaseDuration: terms.leaseDuration,
    leasingStrategy: terms.leasingStrategy,
    allowClientLeaseDuration: terms.allowClientLeaseDuration,
    serverSyncInterval: terms.serverSyncInterval,
    serverSyncGracePeriod: terms.serverSyncGracePeriod,
    allowedClockOffset: terms.allowedClockOffset,
    expiringSoonEventOffset: terms.expiringSoonEventOffset,
    requireAuthentication: terms.requireAuthentication,
    cryptoBindingEnabled: terms.cryptoBindingEnabled,
  };
}

/** What Leasehold adds (LIC-1, EXP-5). */
function ours({ terms }: LicenseView) {
  return {
    licensedProductIds: terms.licensedProductIds,
    maxLeaseDuration: terms.maxLeaseDuration,
    duplicateActivation: terms.duplicateActivation,
    seatRelease: terms.seatRelease,
    externalReference: terms.externalReference,
    region: terms.region,
    pendingRenewals: terms.pendingRenewals,
    pendingExtension: terms.pendingExtensionSeconds,
  };
}

const NOT_BUILT = {
  allowedOverage: 0,
  allowVmActivation: true,
  allowContainerActivation: true,
  userLocked: false,
  disableClockValidation: false,
  disableGeoLocation: false,
  organization: null,
  reseller: null,
  organizationId: null,
  entitlementSetId: null,
  productVersionId: null,
  maintenancePolicyId: null,
  maintenanceExpiresAt: null,
  currentReleaseVersion: null,
  maxAllowedReleaseVersion: null,
  additionalUserIds: [],
  userGroups: [],
  allowedIpRange: null,
  allowedIpRanges: [],
  allowedIpAddresses: [],
  disallowedIpAddresses: [],
  allowedCountries: [],
  disallowedCountries: [],
  meterAttributes: [],
  featureEntitlements: [],
} as const;
