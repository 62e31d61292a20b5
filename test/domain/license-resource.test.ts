/** The license resource shows every member that the two products' clients know (LIC-1). */

import { NO_NAMES } from "../../src/registry/rows/names.ts";
import { expect, it } from "vitest";
import { licenseCreation } from "../../src/http/management/license/license-bodies.ts";
import { licenseResource } from "../../src/http/management/license/license-resource.ts";
import { formOf, strangersIn } from "../../src/http/members.ts";
import { view } from "./samples.ts";

/** Of the page on renewing licenses. */
const RENEWED = `key revoked suspended totalActivations totalDeactivations validity expirationStrategy
  fingerprintMatchingStrategy allowedActivations allowedDeactivations type allowedFloatingClients serverSyncGracePeriod
  serverSyncInterval leaseDuration expiresAt allowVmActivation userLocked productId user allowedCountries
  disallowedCountries allowedIpAddresses disallowedIpAddresses metadata tags id createdAt updatedAt`;

/** As v3 shows a license today. */
const CURRENT = `id createdAt updatedAt key revoked suspended perpetual totalActivations totalDeactivations validity
  expirationStrategy subscriptionInterval subscriptionStartTrigger fingerprintMatchingStrategy allowedActivations
  allowedDeactivations type allowedFloatingClients serverSyncGracePeriod serverSyncInterval allowedClockOffset
  cryptoBindingEnabled disableClockValidation expiringSoonEventOffset leaseDuration leasingStrategy effectiveDate
  expiresAt activatedAt lastUsedAt allowVmActivation allowContainerActivation allowClientLeaseDuration userLocked
  requireAuthentication disableGeoLocation notes productId entitlementSetId productVersionId maintenancePolicyId
  maintenanceExpiresAt currentReleaseVersion maxAllowedReleaseVersion organizationId organization user reseller
  additionalUserIds userGroups allowedIpRange allowedIpRanges allowedIpAddresses disallowedIpAddresses allowedCountries
  disallowedCountries tags metadata meterAttributes featureEntitlements`;

const LISTS = `additionalUserIds userGroups allowedIpRanges allowedIpAddresses disallowedIpAddresses allowedCountries
  disallowedCountries tags metadata meterAttributes featureEntitlements`;

const named = (text: string) => text.split(/\s+/);

it("LIC-1: a license shows all that a license of v3 shows, and lists where those are lists", () => {
  const shown: Readonly<Record<string, unknown>> = licenseResource(view(), NO_NAMES);
  const missing = named(`${RENEWED} ${CURRENT}`).filter((member) => !Object.hasOwn(shown, member));
  expect(missing).toEqual([]);
  expect(Object.entries(shown).filter(([, value]) => value === undefined)).toEqual([]);
  for (const list of named(LISTS)) expect([list, shown[list]]).toEqual([list, []]);
});

it("IN-3: each member shown stands in the table", () => {
  const shown = licenseResource(view(), NO_NAMES);
  expect(strangersIn(shown, formOf(licenseCreation)(), "strict")).toEqual([]);
});
