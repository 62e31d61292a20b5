/**
 * Before and after of an event in the words of the resource: members of /v3, instants as RFC 3339 (EVT-1). One table,
 * for the event log, whose events say less, and for deliveries, whose events are whole.
 */

import type { ActivationMember } from "../../../domain/seats/activation-data.ts";
import type { LicenseMember } from "../../../domain/license/difference.ts";
import type { Interval } from "../../../domain/license/creation.ts";
import type { Changes } from "../../../domain/license/event.ts";
import type {
  FeatureEntitlement,
  LicenseTag,
  MetadataItem,
  MeterAttribute,
  SetEntitlement,
} from "../../../domain/terms/license.ts";
import { eachOf, SETTING_NAMES, type SettingName } from "../../../domain/terms/settings.ts";
import type { ToldUses } from "../../../domain/license/device.ts";
import type { TemplateMembers } from "../../../domain/license/template.ts";
import type { ToldUser } from "../../../operations/catalogue/told-user.ts";
import type { AccessToken } from "../../../registry/rows/access-tokens.ts";
import type { EntitlementSet } from "../../../registry/rows/entitlement-sets.ts";
import type { Feature } from "../../../registry/rows/features.ts";
import type { LicenseTemplate } from "../../../registry/rows/license-templates.ts";
import type { Product } from "../../../registry/rows/products.ts";
import type { MaintenancePolicyRow } from "../../../registry/rows/maintenance-policies.ts";
import type { Tag } from "../../../registry/rows/tags.ts";
import type { Trial } from "../../../registry/trials/trials.ts";
import type { TrialPolicy } from "../../../registry/trials/trial-policies.ts";
import type { Webhook } from "../../../registry/rows/webhooks.ts";
import { entitlementsResource } from "../license/entitlements.ts";
import { meterShown } from "../license/meters.ts";
import { instant } from "../resource/instant.ts";
import { metadataResource } from "../resource/members.ts";

/** What events tell before and after of. Instants of the webhook's secrets are told, and nothing else of them. */
type Member =
  | (LicenseMember | ActivationMember | keyof TemplateMembers)
  | (
      | keyof Product
      | keyof ToldUser
      | keyof LicenseTemplate
      | keyof Tag
      | keyof TrialPolicy
      | keyof Trial
      | keyof AccessToken
      | keyof Webhook
    )
  | (keyof MaintenancePolicyRow | keyof Feature | keyof EntitlementSet)
  | "previousTokenEndsAt"
  | "signingKeys";

interface Shown {
  /** What the resource calls it, where the domain calls it otherwise. */
  readonly as?: string;
  readonly value: (value: unknown) => unknown;
}

const PLAIN: Shown = { value: (value) => value };
/** Of secrets and keys, and of what no resource shows, only that they changed is told: from null to null. */
const BLANK: Shown = { value: () => null };
const INSTANT: Shown = { value: (value) => (typeof value === "number" ? instant(value) : null) };

/**
 * THE TABLE of how each member is told; null = no resource shows it, and no event does. A forgotten one does not
 * compile.
 */
const MEMBERS: Readonly<Record<Member, Shown | null>> = {
  ...eachOf<Record<SettingName, Shown>>(SETTING_NAMES, () => PLAIN),
  ...{ id: PLAIN, key: BLANK, name: PLAIN, displayName: PLAIN, description: PLAIN, legalNotice: PLAIN },
  ...{ copyright: PLAIN, providerUrl: PLAIN, providerEmail: PLAIN, tokenAlgorithm: PLAIN, licenseTemplateId: PLAIN },
  // Of a product: key ids and what they are for.
  ...{ trialPolicyId: PLAIN, signingKeys: PLAIN },
  trialLengthSeconds: { ...PLAIN, as: "trialLength" },
  ...{ email: PLAIN, firstName: PLAIN, lastName: PLAIN, company: PLAIN, user: PLAIN, owner: BLANK },
  ...{ productId: PLAIN, licensedProductIds: PLAIN, licenseId: PLAIN, keyPattern: PLAIN, requiredMetadataKeys: PLAIN },
  ...{ fingerprint: BLANK, device: PLAIN, hostname: PLAIN, pendingRenewals: PLAIN, overLimit: PLAIN },
  ...{ os: PLAIN, osVersion: PLAIN, vmName: PLAIN, container: PLAIN, appVersion: PLAIN, releaseVersion: PLAIN },
  ...{ releasePublishedAt: INSTANT, releaseChannel: PLAIN, releasePlatform: PLAIN },
  deviceMetadata: { ...PLAIN, as: "metadata" },
  countryCode: { ...PLAIN, as: "location.countryCode" },
  ipAddress: { ...PLAIN, as: "location.ipAddress" },
  ...{ maintenancePolicyId: PLAIN, maintenanceExpiresAt: INSTANT },
  ...{ entitlementSetId: PLAIN, tier: PLAIN },
  ...{ allowMajorVersionUpdates: PLAIN, allowMinorVersionUpdates: PLAIN },
  ...{ scopes: PLAIN, revoked: PLAIN, mintedBy: PLAIN },
  // Many receivers put a secret into their address.
  ...{ url: BLANK, events: PLAIN, format: PLAIN, enabled: PLAIN, status: PLAIN, statusReason: PLAIN },
  ...{ createdAt: INSTANT, updatedAt: INSTANT, expiresAt: INSTANT, activatedAt: INSTANT, lastUsedAt: INSTANT },
  ...{ leaseExpiresAt: INSTANT, heldUntil: INSTANT },
  contactAt: { ...INSTANT, as: "lastSyncedAt" },
  effectiveAt: { ...INSTANT, as: "effectiveDate" },
  previousTokenEndsAt: { ...INSTANT, as: "previousTokenValidUntil" },
  pendingExtensionSeconds: { ...PLAIN, as: "pendingExtension" },
  metadata: listOf<MetadataItem>(metadataResource),
  featureEntitlements: listOf<FeatureEntitlement | SetEntitlement>(entitlementsShown),
  meterAttributes: listOf<ToldMeterItem>(metersShown),
  tags: listOf<LicenseTag>((tags) => tags.map(({ name }) => name)),
  subscriptionInterval: { value: intervalShown },
  // Tells copies of an e-mail apart (SNAP-1).
  revision: null,
  // Of a template: they are told one by one.
  members: null,
};

/** A member that the log does not tell (a key, an e-mail) has changed from null to null. */
export function changesResource(changes: Readonly<Record<string, Changes[string] | null>>): Changes {
  return Object.fromEntries(
    Object.entries(changes).flatMap(([member, change]) => {
      const shown = shownOf(member);
      if (shown === null) return [];
      const [before, after] = [change?.before ?? null, change?.after ?? null].map(shown.value);
      return [[shown.as ?? member, { before, after }]];
    }),
  );
}

/** A member of a newer version, after a rollback, is shown by nobody who does not know what it is. */
function shownOf(member: string): Shown | null {
  return Object.hasOwn(MEMBERS, member) ? MEMBERS[member as Member] : null;
}

/** A license's items, with their counts where these have changed, or what an activation has used of them. */
type ToldMeterItem = ToldUses | (MeterAttribute & { readonly totalUses?: number; readonly grossUses?: number });

function metersShown(items: readonly ToldMeterItem[]): unknown {
  return items.map((item) => ("uses" in item ? item : { ...meterShown(item), ...countsTold(item) }));
}

/** Of a license they are items, of a set no more than what it gives. */
function entitlementsShown(items: readonly (FeatureEntitlement | SetEntitlement)[]): unknown {
  return items.map((item) => ("expired" in item ? entitlementsResource([item])[0] : item));
}

function countsTold({ totalUses, grossUses }: Exclude<ToldMeterItem, ToldUses>): object {
  return totalUses === undefined ? {} : { totalUses, grossUses };
}

function listOf<Item>(shown: (items: readonly Item[]) => unknown): Shown {
  return { value: (value) => (Array.isArray(value) ? shown(value as readonly Item[]) : value) };
}

/** A template keeps what it was given; a license has the text. */
function intervalShown(value: unknown): unknown {
  return typeof value === "object" && value !== null ? ((value as Interval).text ?? "") : value;
}
