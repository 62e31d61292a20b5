/**
 * THE TABLE of what the event log leaves out, by the names that members have in the domain and in the catalogue's rows:
 * true for secrets, and for what tells which device or person it was (EVT-3). A forgotten member does not compile.
 */

import type { ActivationMember } from "../../domain/seats/activation-data.ts";
import type { LicenseMember } from "../../domain/license/difference.ts";
import type { TemplateMembers } from "../../domain/license/template.ts";
import type { LicenseView, Terms } from "../../domain/terms/license.ts";
import { eachOf, SETTING_NAMES, type SettingName } from "../../domain/terms/settings.ts";
import type { Beside } from "../../domain/turn/license-view.ts";
import type { accessTokens, webhooks } from "../db/schema.ts";
import type {
  entitlementSets,
  features,
  licenseTemplates,
  maintenancePolicies,
  products,
  tags,
  trialActivations,
  trialPolicies,
  users,
} from "../db/schema-catalogue.ts";

type Row<Table extends { readonly $inferSelect: object }> = keyof Table["$inferSelect"];

type Member =
  | (LicenseMember | ActivationMember | keyof TemplateMembers | keyof LicenseView | keyof Terms | keyof Beside)
  | (Row<typeof products> | Row<typeof users> | Row<typeof licenseTemplates> | Row<typeof tags>)
  | (Row<typeof trialPolicies> | Row<typeof trialActivations>)
  | (Row<typeof maintenancePolicies> | Row<typeof features> | Row<typeof entitlementSets>)
  | (Row<typeof accessTokens> | Row<typeof webhooks> | "previousTokenEndsAt");

/** No event has them. */
type Never = "licenseKey" | "token" | "secret" | "privateKey";

const IS_HIDDEN: Readonly<Record<Member | Never, boolean>> = {
  ...eachOf<Record<SettingName, boolean>>(SETTING_NAMES, () => false),
  // Many receivers put a secret into their address.
  ...{ key: true, hash: true, secrets: true, wrappingKey: true, url: true, licenseKey: true, token: true },
  ...{ secret: true, privateKey: true },
  ...{ fingerprint: true, email: true, emailLower: true, emailFolded: true, hostname: true, owner: true },
  ...{ vmName: true, ipAddress: true, deviceMetadata: true },
  ...{ firstName: true, lastName: true, company: true },
  // The words of a user are among them.
  ...{ folded: true },
  // What is hidden in these is hidden all the same.
  ...{ user: false, terms: false, metadata: false, featureEntitlements: false, tags: false, members: false },
  ...{ id: false, name: false, displayName: false, description: false, legalNotice: false, copyright: false },
  ...{ providerUrl: false, providerEmail: false, tokenAlgorithm: false, licenseTemplateId: false },
  ...{ trialPolicyId: false, trialLengthSeconds: false },
  // What stands for a device, and what it said: no event has them, which tell the same member by member.
  ...{ device: true, osUser: true, facts: true },
  ...{ productId: false, licensedProductIds: false, licenseId: false, keyPattern: false },
  ...{ requiredMetadataKeys: false },
  ...{ createdAt: false, updatedAt: false, expiresAt: false, effectiveAt: false, activatedAt: false },
  ...{ lastUsedAt: false, leaseExpiresAt: false, heldUntil: false, contactAt: false, previousTokenEndsAt: false },
  ...{ subscriptionInterval: false, period: false, end: false, pending: false, pendingRenewals: false },
  ...{ pendingExtensionSeconds: false },
  ...{
    endsRememberedFrom: false,
    endlessTokens: false,
    seatReleaseSwitches: false,
    revision: false,
  },
  ...{ os: false, osVersion: false, container: false, countryCode: false },
  ...{ appVersion: false, releaseVersion: false, releasePublishedAt: false, currentReleaseVersion: false },
  ...{ releaseChannel: false, releasePlatform: false },
  ...{ totalActivations: false, totalDeactivations: false, renewalReference: false, limit: false, used: false },
  ...{ overLimit: false, maintenance: false, maintenancePolicyId: false, maintenanceExpiresAt: false },
  ...{ entitlementSetId: false, tier: false },
  ...{ allowMajorVersionUpdates: false, allowMinorVersionUpdates: false },
  ...{ meterAttributes: false, meterUses: false },
  ...{ scopes: false, revoked: false, mintedBy: false, events: false, format: false, enabled: false, status: false },
  ...{ statusReason: false },
};

export const HIDDEN_MEMBERS: ReadonlySet<string> = new Set(
  Object.entries(IS_HIDDEN).flatMap(([name, isHidden]) => (isHidden ? [name] : [])),
);
