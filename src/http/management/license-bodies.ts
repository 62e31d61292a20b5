/** What /v3 accepts of a license, checked member by member: types and ranges here, rules between members in `domain`. */

import * as z from "zod";
import { chosenKey } from "../../domain/license-key.ts";
import { LICENSED_PRODUCTS, NOTES_CHARACTERS, REFERENCE_CHARACTERS } from "../limits.ts";
import { text } from "../validate.ts";
import { instantText } from "./instant.ts";
import { intervalText } from "./interval.ts";
import { count, metadata, only, onlyEmptyList, seconds, uuid } from "./members.ts";

const key = z.string().transform(stored);

/** Facts 4.2: an empty key asks for a generated one, as an absent one does. */
const keyOrNone = z.string().transform((sent, context) => (sent.trim() === "" ? null : stored(sent, context)));

/** KEY-1. */
function stored(sent: string, context: z.RefinementCtx): string {
  const chosen = chosenKey(sent);
  if (chosen.ok) return chosen.key;
  context.addIssue({ code: "custom", message: "has not 1 to 256 printable characters" });
  return z.NEVER;
}

/** Where Durable Objects can be asked to live. */
const region = z.enum(["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"]);

const licensedProductIds = z.array(uuid).min(1).max(LICENSED_PRODUCTS);
const type = z.enum(["node-locked", "hosted-floating", "on-premise-floating"]);
const expirationStrategy = z.enum(["immediate", "delayed", "rolling"]);

/** The newer words for the strategy (EXP-1, EXP-2). */
const STRATEGY_OF = { creation: "immediate", activation: "delayed" } as const;
const subscriptionStartTrigger = z.enum(["creation", "activation"]).transform((trigger) => STRATEGY_OF[trigger]);

/** Members of both bodies that have a value always: `null` changes nothing. */
const CHANGEABLE = {
  revoked: z.boolean().nullish(),
  suspended: z.boolean().nullish(),
  fingerprintMatchingStrategy: z.enum(["exact", "fuzzy", "loose"]).nullish(),
  duplicateActivation: z.enum(["resume", "reject"]).nullish(),
  seatRelease: z.enum(["at-once", "after-token"]).nullish(),
  allowedActivations: count(-1).nullish(),
  allowedDeactivations: count(-1).nullish(),
  allowedFloatingClients: count(-1).nullish(),
  leaseDuration: seconds(-1).nullish(),
  allowClientLeaseDuration: z.boolean().nullish(),
  maxLeaseDuration: seconds(0).nullish(),
  serverSyncInterval: seconds(0).nullish(),
  serverSyncGracePeriod: seconds(-1).nullish(),
  // Facts 4.2: at least 60, or -1 for no limit.
  allowedClockOffset: seconds(-1)
    .refine((offset) => offset === -1 || offset >= 60, "is less than 60 and not -1")
    .nullish(),
  requireAuthentication: z.boolean().nullish(),
  cryptoBindingEnabled: z.boolean().nullish(),
  licensedProductIds: licensedProductIds.nullish(),
  metadata: metadata.nullish(),
} as const;

/** Members of both bodies whose default is null: `null` clears them. */
const CLEARABLE = {
  effectiveDate: instantText.nullish(),
  notes: text(0, NOTES_CHARACTERS).nullish(),
  subscriptionInterval: intervalText.nullish(),
} as const;

/** Issue 11: a member whose rule is not built yet shows its default, and any other value is 400. */
const NOT_BUILT = {
  leasingStrategy: only("per-machine"),
  allowedOverage: only(0),
  expiringSoonEventOffset: only(0),
  allowVmActivation: only(true),
  allowContainerActivation: only(true),
  userLocked: only(false),
  disableClockValidation: only(false),
  disableGeoLocation: only(false),
  userId: only(null, ""),
  organizationId: only(null, ""),
  resellerId: only(null, ""),
  licenseTemplateId: only(null, ""),
  licensePolicyId: only(null, ""),
  entitlementSetId: only(null, ""),
  productVersionId: only(null, ""),
  maintenancePolicyId: only(null, ""),
  maintenanceExpiresAt: only(null, ""),
  currentReleaseVersion: only(null, ""),
  maxAllowedReleaseVersion: only(null, ""),
  allowedIpRange: only(null, ""),
  additionalUserIds: onlyEmptyList,
  userGroups: onlyEmptyList,
  allowedIpRanges: onlyEmptyList,
  allowedIpAddresses: onlyEmptyList,
  disallowedIpAddresses: onlyEmptyList,
  allowedCountries: onlyEmptyList,
  disallowedCountries: onlyEmptyList,
  tags: onlyEmptyList,
  meterAttributes: onlyEmptyList,
  featureEntitlements: onlyEmptyList,
} as const;

export const licenseCreation = z
  .object({
    ...CHANGEABLE,
    ...CLEARABLE,
    ...NOT_BUILT,
    productId: uuid,
    key: keyOrNone.nullish(),
    type: type.nullish(),
    expirationStrategy: expirationStrategy.nullish(),
    subscriptionStartTrigger: subscriptionStartTrigger.nullish(),
    validity: seconds(0).nullish(),
    expiresAt: instantText.nullish(),
    createdAt: instantText.nullish(),
    externalReference: text(1, REFERENCE_CHARACTERS).nullish(),
    region: region.nullish(),
  })
  .superRefine((body, context) => {
    const { expirationStrategy: strategy, subscriptionStartTrigger: triggered } = body;
    if (strategy === triggered || !strategy || !triggered) return;
    context.addIssue({
      code: "custom",
      path: ["subscriptionStartTrigger"],
      message: "contradicts expirationStrategy",
    });
  });

/** IN-2: the members after `key` may be named with the value that they have. */
export const licensePatch = z.object({
  ...CHANGEABLE,
  ...CLEARABLE,
  ...NOT_BUILT,
  key: key.nullish(),
  id: uuid.nullish(),
  type: type.nullish(),
  productId: uuid.nullish(),
  expirationStrategy: expirationStrategy.nullish(),
  subscriptionStartTrigger: subscriptionStartTrigger.nullish(),
  validity: seconds(0).nullish(),
  perpetual: z.boolean().nullish(),
  createdAt: instantText.nullish(),
  expiresAt: instantText.nullish(),
  activatedAt: instantText.nullish(),
  lastUsedAt: instantText.nullish(),
  externalReference: text(1, REFERENCE_CHARACTERS).nullish(),
  region: region.nullish(),
  totalActivations: z.int().nullish(),
  totalDeactivations: z.int().nullish(),
  pendingRenewals: z.int().nullish(),
  pendingExtension: z.int().nullish(),
});

/** EXP-4, EXP-11. */
export const licenseRenewal = z.object({
  from: z.enum(["expiry", "now", "now-if-expired"]).nullish(),
  renewalReference: text(1, REFERENCE_CHARACTERS).nullish(),
});
