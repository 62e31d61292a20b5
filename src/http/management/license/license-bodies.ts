/** What /v3 accepts of a license: types and ranges of members here, rules between members in `domain`. */

import * as z from "zod/mini";
import { chosenKey, isBlank } from "../../../domain/terms/license-key.ts";
import { releaseVersion } from "../../../domain/terms/release-version.ts";
import { NOT_BUILT, TAKEN_NOT_BUILT, type NotBuilt, type TakenNotBuilt } from "../../../domain/terms/not-built.ts";
import {
  eachOf,
  SETTING_NAMES,
  SETTINGS,
  STRATEGY_OF,
  type Setting,
  type SettingName,
  type Settings,
} from "../../../domain/terms/settings.ts";
import {
  BATCH_LICENSES,
  LICENSED_PRODUCTS,
  LICENSE_TAGS,
  REFERENCE_CHARACTERS,
  VERSION_CHARACTERS,
} from "../../limits.ts";
import { MUST_BE_UUID, parsed, text } from "../../validate.ts";
import { featureEntitlements } from "./entitlements.ts";
import { meterAttributes } from "./meters.ts";
import { instantText } from "../resource/instant.ts";
import { intervalText } from "./interval.ts";
import { count, metadata, only, onlyEmptyList, seconds, uuid, uuidOrNone } from "../resource/members.ts";
import { tagList } from "../catalogue/tag-wire.ts";
import { listOf, ONE_RANGE, oneWordForRanges } from "./setting-lists.ts";

const UNFIT_KEY = "must have 1 to 256 printable characters";

/** KEY-1, KEY-3: as its code will be read. */
function storedKey(sent: string): string | null {
  const chosen = chosenKey(sent);
  return chosen.ok ? chosen.key : null;
}

const key = parsed(z.string(), storedKey, UNFIT_KEY);

/** An empty key, or one of which nothing is left, asks for a generated one, as an absent one does. */
const keyOrNone = z.union(
  [
    z.pipe(
      z.string().check(z.refine(isBlank)),
      z.transform(() => null),
    ),
    key,
  ],
  { error: UNFIT_KEY },
);

/** `""` is none. */
const version = z.pipe(
  text(0, VERSION_CHARACTERS).check(
    z.refine((sent) => sent === "" || releaseVersion(sent) !== null, "must be 2 to 4 numbers, as 2.1 or 10.0.19041.1"),
  ),
  z.transform((sent: string) => (sent === "" ? null : sent)),
);

type Nullish<Value> = z.ZodMiniOptional<z.ZodMiniNullable<z.ZodMiniType<Value>>>;
type SettingSchemas = { readonly [Name in SettingName]: Nullish<NonNullable<Settings[Name]>> };

/** IN-1: `null` is absent, or clears what is null by default. */
export const SETTING_SCHEMAS = eachOf<Readonly<Record<SettingName, z.ZodMiniType>>>(SETTING_NAMES, (name) =>
  z.nullish(schemaOf(SETTINGS[name])),
) as SettingSchemas;

function schemaOf(setting: Setting): z.ZodMiniType {
  switch (setting.kind) {
    case "flag":
      return z.boolean();
    case "choice":
      return z.enum([...setting.of]);
    case "text":
      return text(setting.least, setting.most);
    case "list":
      return listOf(setting);
    case "version":
      return version;
    default:
      return numberOf(setting);
  }
}

function numberOf({ kind, least, leastLimit, most }: Extract<Setting, { readonly kind: "count" | "seconds" }>) {
  const ranged = kind === "count" ? count(least) : seconds(least);
  const number = most === undefined ? ranged : ranged.check(z.maximum(most));
  if (leastLimit === undefined) return number;
  const message = `must be ${least}, or ${leastLimit} or more`;
  return number.check(z.refine((value) => value === least || value >= leastLimit, message));
}

/** The newer word for the strategy (EXP-1, EXP-2). */
export const TRIGGER = {
  subscriptionStartTrigger: z.nullish(
    z.pipe(
      z.enum(["creation", "activation"]),
      z.transform((trigger: keyof typeof STRATEGY_OF) => STRATEGY_OF[trigger]),
    ),
  ),
} as const;

const licensedProductIds = z.array(uuid).check(z.minLength(1), z.maxLength(LICENSED_PRODUCTS));

/** `""` is none, not even the one that would be given by default. */
const declinableId = z.nullish(z.union([z.literal(""), uuid], { error: MUST_BE_UUID }));
/** TPL-1, TPL-2: the default is the product's; `licensePolicyId` is the older name. */
const TEMPLATE = { licenseTemplateId: declinableId, licensePolicyId: declinableId } as const;

/** Members of both bodies with rules of their own that have a value always: `null` changes nothing. */
const CHANGEABLE = {
  licensedProductIds: z.nullish(licensedProductIds),
  metadata: z.nullish(metadata),
  featureEntitlements: z.nullish(featureEntitlements),
  meterAttributes: z.nullish(meterAttributes),
  tags: tagList(LICENSE_TAGS),
} as const;

/** Members of both bodies whose default is null: `null` clears them. */
const CLEARABLE = {
  effectiveDate: z.nullish(instantText),
  subscriptionInterval: z.nullish(intervalText),
  userId: z.nullish(uuidOrNone),
  maintenancePolicyId: z.nullish(uuidOrNone),
  entitlementSetId: z.nullish(uuidOrNone),
} as const;

/** A member whose rule is not built: its default may be named, anything else is 400. */
function defaultOnly({ default: value }: NotBuilt) {
  if (typeof value === "object" && value !== null) return onlyEmptyList;
  return value === null ? only(null, "") : only(value);
}

export const NOT_BUILT_SCHEMAS = eachOf<Readonly<Record<TakenNotBuilt, Nullish<unknown>>>>(TAKEN_NOT_BUILT, (name) =>
  defaultOnly(NOT_BUILT[name]),
);

export const licenseCreation = z
  .object({
    ...SETTING_SCHEMAS,
    ...ONE_RANGE,
    ...TRIGGER,
    ...CHANGEABLE,
    ...CLEARABLE,
    ...NOT_BUILT_SCHEMAS,
    // TPL-1: the template may give them.
    maintenancePolicyId: declinableId,
    entitlementSetId: declinableId,
    productId: uuid,
    key: z.nullish(keyOrNone),
    ...TEMPLATE,
    expiresAt: z.nullish(instantText),
    maintenanceExpiresAt: z.nullish(instantText),
    createdAt: z.nullish(instantText),
  })
  .check(oneStrategy(), oneTemplate(), oneWordForRanges());

/** Each has a name of the vendor's own, by which it is found where the call is sent again (LIC-3). */
export const licenseBatch = z.object({
  licenses: z
    .array(
      licenseCreation.check(
        z.refine(({ externalReference }) => typeof externalReference === "string", {
          path: ["externalReference"],
          message: "is needed in a batch",
        }),
      ),
    )
    .check(z.minLength(1), z.maxLength(BATCH_LICENSES)),
});

/** The two names of the template agree. */
function oneTemplate() {
  return z.refine<TemplateWords>(
    ({ licenseTemplateId: id, licensePolicyId: alias }) => id === alias || isAbsent(id) || isAbsent(alias),
    { path: ["licensePolicyId"], message: "must not differ from `licenseTemplateId`" },
  );
}

interface TemplateWords {
  readonly licenseTemplateId?: string | null | undefined;
  readonly licensePolicyId?: string | null | undefined;
}

/** The two words for the strategy agree. */
export function oneStrategy() {
  return z.refine<StrategyWords>(
    ({ expirationStrategy: strategy, subscriptionStartTrigger: triggered }) =>
      strategy === triggered || isAbsent(strategy) || isAbsent(triggered),
    { path: ["subscriptionStartTrigger"], message: "must not differ from `expirationStrategy`" },
  );
}

interface StrategyWords {
  readonly expirationStrategy?: string | null | undefined;
  readonly subscriptionStartTrigger?: string | null | undefined;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

/**
 * IN-2: the members after `key` may be named with the value that they have. What moves by itself is no member here, so
 * that what was read can be sent back later.
 */
export const licensePatch = z
  .object({
    ...SETTING_SCHEMAS,
    ...ONE_RANGE,
    ...TRIGGER,
    ...CHANGEABLE,
    ...CLEARABLE,
    ...NOT_BUILT_SCHEMAS,
    ...TEMPLATE,
    key: z.nullish(key),
    id: z.nullish(uuid),
    productId: z.nullish(uuid),
    createdAt: z.nullish(instantText),
    expiresAt: z.nullish(instantText),
  })
  .check(oneTemplate(), oneWordForRanges());

const LENGTHENING = {
  from: z.nullish(z.enum(["expiry", "now", "now-if-expired"])),
  renewalReference: z.nullish(text(1, REFERENCE_CHARACTERS)),
} as const;

/** EXP-4, EXP-11. */
export const licenseRenewal = z.object({ ...LENGTHENING, ...TEMPLATE }).check(oneTemplate());

/** MAINT-2. */
export const maintenanceRenewal = z.object(LENGTHENING);

/** EXP-8, EXP-11. */
export const licenseExtension = z.object({ ...LENGTHENING, extensionLength: seconds(1) });

/** EXP-8: the member has to be there; null is perpetual. */
export const licenseEnd = z.object({ expiresAt: z.nullable(instantText) });
