/** What /v3 accepts of a license: types and ranges of members here, rules between members in `domain`. */

import * as z from "zod/mini";
import { chosenKey } from "../../domain/license-key.ts";
import { LICENSED_PRODUCTS, LICENSE_TAGS, NOTES_CHARACTERS, REFERENCE_CHARACTERS } from "../limits.ts";
import { parsed, text } from "../validate.ts";
import { instantText } from "./instant.ts";
import { intervalText } from "./interval.ts";
import { count, metadata, only, onlyEmptyList, seconds, uuid, uuidOrNone } from "./members.ts";
import { tagList } from "./tag-wire.ts";

const UNFIT_KEY = "has not 1 to 256 printable characters";

/** KEY-1. */
function storedKey(sent: string): string | null {
  const chosen = chosenKey(sent);
  return chosen.ok ? chosen.key : null;
}

const key = parsed(z.string(), storedKey, UNFIT_KEY);

/** An empty key asks for a generated one, as an absent one does. */
const keyOrNone = z.union(
  [
    z.pipe(
      z.string().check(z.refine((sent) => sent.trim() === "")),
      z.transform(() => null),
    ),
    key,
  ],
  { error: UNFIT_KEY },
);

/** The newer words for the strategy (EXP-1, EXP-2). */
const STRATEGY_OF = { creation: "immediate", activation: "delayed" } as const;

/** How a license ends and what kind it is: given at creation, or by a template. */
export const KIND = {
  type: z.nullish(z.enum(["node-locked", "hosted-floating", "on-premise-floating"])),
  expirationStrategy: z.nullish(z.enum(["immediate", "delayed", "rolling"])),
  subscriptionStartTrigger: z.nullish(
    z.pipe(
      z.enum(["creation", "activation"]),
      z.transform((trigger: keyof typeof STRATEGY_OF) => STRATEGY_OF[trigger]),
    ),
  ),
  validity: z.nullish(seconds(0)),
} as const;

/** Where Durable Objects can be asked to live. */
const region = z.enum(["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"]);

const licensedProductIds = z.array(uuid).check(z.minLength(1), z.maxLength(LICENSED_PRODUCTS));

/** TPL-1: `""` declines the product's own; `licensePolicyId` is the older name. */
const templateId = z.nullish(z.union([z.literal(""), uuid], { error: "is no UUID" }));
/** A license keeps no reference to the template that it was made from. */
const noTemplateId = z.nullish(z.literal("", { error: "can be given at creation alone" }));

/** Members of both bodies that have a value always: `null` changes nothing. */
export const CHANGEABLE = {
  revoked: z.nullish(z.boolean()),
  suspended: z.nullish(z.boolean()),
  fingerprintMatchingStrategy: z.nullish(z.enum(["exact", "fuzzy", "loose"])),
  duplicateActivation: z.nullish(z.enum(["resume", "reject"])),
  seatRelease: z.nullish(z.enum(["at-once", "after-token"])),
  allowedActivations: z.nullish(count(-1)),
  allowedDeactivations: z.nullish(count(-1)),
  allowedFloatingClients: z.nullish(count(-1)),
  leaseDuration: z.nullish(seconds(-1)),
  allowClientLeaseDuration: z.nullish(z.boolean()),
  maxLeaseDuration: z.nullish(seconds(0)),
  serverSyncInterval: z.nullish(seconds(0)),
  serverSyncGracePeriod: z.nullish(seconds(-1)),
  // At least 60, or -1 for no limit.
  allowedClockOffset: z.nullish(
    seconds(-1).check(z.refine((offset) => offset === -1 || offset >= 60, "is less than 60 and not -1")),
  ),
  // 0 = no event.
  expiringSoonEventOffset: z.nullish(seconds(0)),
  requireAuthentication: z.nullish(z.boolean()),
  cryptoBindingEnabled: z.nullish(z.boolean()),
  licensedProductIds: z.nullish(licensedProductIds),
  metadata: z.nullish(metadata),
  tags: tagList(LICENSE_TAGS),
} as const;

/** Members of both bodies whose default is null: `null` clears them. */
const CLEARABLE = {
  effectiveDate: z.nullish(instantText),
  notes: z.nullish(text(0, NOTES_CHARACTERS)),
  subscriptionInterval: z.nullish(intervalText),
  userId: z.nullish(uuidOrNone),
} as const;

/** A member whose rule is not built yet shows its default, and any other value is 400. */
export const NOT_BUILT = {
  leasingStrategy: only("per-machine"),
  allowedOverage: only(0),
  allowVmActivation: only(true),
  allowContainerActivation: only(true),
  userLocked: only(false),
  disableClockValidation: only(false),
  disableGeoLocation: only(false),
  organizationId: only(null, ""),
  resellerId: only(null, ""),
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
  meterAttributes: onlyEmptyList,
  featureEntitlements: onlyEmptyList,
} as const;

export const licenseCreation = z
  .object({
    ...CHANGEABLE,
    ...CLEARABLE,
    ...NOT_BUILT,
    productId: uuid,
    key: z.nullish(keyOrNone),
    ...KIND,
    licenseTemplateId: templateId,
    licensePolicyId: templateId,
    expiresAt: z.nullish(instantText),
    createdAt: z.nullish(instantText),
    externalReference: z.nullish(text(1, REFERENCE_CHARACTERS)),
    region: z.nullish(region),
  })
  .check(
    oneStrategy(),
    z.refine(({ licenseTemplateId: id, licensePolicyId: alias }) => id === alias || isAbsent(id) || isAbsent(alias), {
      path: ["licensePolicyId"],
      message: "contradicts licenseTemplateId",
    }),
  );

/** The two words for the strategy agree. */
export function oneStrategy() {
  return z.refine<StrategyWords>(
    ({ expirationStrategy: strategy, subscriptionStartTrigger: triggered }) =>
      strategy === triggered || isAbsent(strategy) || isAbsent(triggered),
    { path: ["subscriptionStartTrigger"], message: "contradicts expirationStrategy" },
  );
}

interface StrategyWords {
  readonly expirationStrategy?: string | null | undefined;
  readonly subscriptionStartTrigger?: string | null | undefined;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/** IN-2: the members after `key` may be named with the value that they have. */
export const licensePatch = z.object({
  ...CHANGEABLE,
  ...CLEARABLE,
  ...NOT_BUILT,
  key: z.nullish(key),
  id: z.nullish(uuid),
  ...KIND,
  productId: z.nullish(uuid),
  licenseTemplateId: noTemplateId,
  licensePolicyId: noTemplateId,
  perpetual: z.nullish(z.boolean()),
  createdAt: z.nullish(instantText),
  expiresAt: z.nullish(instantText),
  activatedAt: z.nullish(instantText),
  lastUsedAt: z.nullish(instantText),
  externalReference: z.nullish(text(1, REFERENCE_CHARACTERS)),
  region: z.nullish(region),
  totalActivations: z.nullish(z.int()),
  totalDeactivations: z.nullish(z.int()),
  pendingRenewals: z.nullish(z.int()),
  pendingExtension: z.nullish(z.int()),
});

const LENGTHENING = {
  from: z.nullish(z.enum(["expiry", "now", "now-if-expired"])),
  renewalReference: z.nullish(text(1, REFERENCE_CHARACTERS)),
} as const;

/** EXP-4, EXP-11. */
export const licenseRenewal = z.object(LENGTHENING);

/** EXP-8, EXP-11. */
export const licenseExtension = z.object({ ...LENGTHENING, extensionLength: seconds(1) });

/** EXP-8: the member has to be there; null is perpetual. */
export const licenseEnd = z.object({ expiresAt: z.nullable(instantText) });
