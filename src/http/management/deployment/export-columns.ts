/**
 * The columns of exports: members of the resources, in the order in which programs may rely on them. New ones are added
 * at the end. What is out of scope for good has none.
 */

import type { licenseResource } from "../license/license-resource.ts";

export const LICENSE_COLUMNS = [
  ...["id", "createdAt", "updatedAt", "key", "productId", "type", "revoked", "suspended"],
  ...["totalActivations", "totalDeactivations", "activatedAt", "lastUsedAt"],
  ...["user.id", "user.email", "user.name", "user.firstName", "user.lastName", "user.company"],
  ...["perpetual", "validity", "expirationStrategy", "subscriptionInterval", "subscriptionStartTrigger"],
  ...["effectiveDate", "expiresAt", "pendingRenewals", "pendingExtension"],
  ...["fingerprintMatchingStrategy", "allowedActivations", "allowedDeactivations", "allowedOverage"],
  ...["allowedFloatingClients", "leaseDuration", "maxLeaseDuration", "leasingStrategy", "allowClientLeaseDuration"],
  ...["serverSyncInterval", "serverSyncGracePeriod", "allowedClockOffset", "expiringSoonEventOffset"],
  ...["requireAuthentication", "userLocked", "cryptoBindingEnabled", "allowVmActivation", "allowContainerActivation"],
  ...["disableClockValidation", "disableGeoLocation", "licensedProductIds", "duplicateActivation", "seatRelease"],
  ...["externalReference", "region", "entitlementSetId", "maintenancePolicyId", "maintenanceExpiresAt"],
  ...["currentReleaseVersion", "maxAllowedReleaseVersion", "allowedIpRanges", "allowedIpAddresses"],
  ...["disallowedIpAddresses", "allowedCountries", "disallowedCountries"],
  ...["tags", "notes", "metadata", "meterAttributes", "featureEntitlements", "leaseGracePeriod"],
  ...["licenseTemplateId"],
] as const;

type OutOfScope =
  // It is put together of `featureEntitlements` and the set of `entitlementSetId`.
  | "features"
  | ("organization" | "organizationId" | "reseller" | "productVersionId")
  | ("allowedIpRange" | "additionalUserIds" | "userGroups" | "user");
type Forgotten = Exclude<keyof ReturnType<typeof licenseResource>, (typeof LICENSE_COLUMNS)[number] | OutOfScope>;
type None<Members extends never> = Members;
/** A member of the resource that is neither a column nor out of scope does not compile. */
export type ForgottenColumns = None<Forgotten>;

const DEVICE_COLUMNS = [
  ...["os", "osVersion", "hostname", "location.ipAddress", "location.countryCode", "location.countryName"],
  ...["location.regionCode", "location.regionName", "location.city", "location.zipCode", "location.timeZone"],
  ...["location.latitude", "location.longitude", "vmName", "container", "appVersion", "releaseVersion"],
  ...["releaseChannel", "releasePlatform"],
] as const;

export const ACTIVATION_COLUMNS = [
  ...["id", "createdAt", "updatedAt", "licenseId", "productId", "lastSyncedAt", "leaseExpiresAt", "expiresAt"],
  ...DEVICE_COLUMNS,
  ...["email", "user.id", "user.email", "meterAttributes", "metadata"],
  ...["releasePublishedAt", "overLimit", "device"],
] as const;

export const TRIAL_COLUMNS = [
  ...["id", "createdAt", "updatedAt", "productId", "expiresAt"],
  ...DEVICE_COLUMNS,
  ...["metadata", "releasePublishedAt"],
] as const;

export const USER_COLUMNS = [
  ...["id", "createdAt", "updatedAt", "email", "name", "firstName", "lastName", "company", "role", "tags", "metadata"],
] as const;
