/** The license template resource of /v3 and its bodies (TPL-1): null is what the template was not given. */

import * as z from "zod/mini";
import { MOST_METADATA_ITEMS } from "../../../domain/license/list-members.ts";
import {
  eachOf,
  TEMPLATE_SETTINGS,
  TRIGGER_OF,
  type Settings,
  type TemplateSetting,
} from "../../../domain/terms/settings.ts";
import type { TemplateMembers } from "../../../domain/license/template.ts";
import type { NewTemplate, TemplatePatch } from "../../../operations/catalogue/change-template.ts";
import type { LicenseTemplate } from "../../../registry/rows/license-templates.ts";
import { KEY_PATTERN_CHARACTERS, METADATA_KEY_CHARACTERS, NAME_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { intervalText } from "./interval.ts";
import { oneStrategy, SETTING_SCHEMAS, TRIGGER } from "./license-bodies.ts";
import { onlyEmptyList, sent, uuid, uuidOrNone } from "../resource/members.ts";
import { inOneWord, ONE_RANGE, oneWordForRanges, rangeShown } from "./setting-lists.ts";

/** `""` is none. */
const keyPattern = z.pipe(
  text(0, KEY_PATTERN_CHARACTERS),
  z.transform((pattern: string) => (pattern === "" ? null : pattern)),
);

const MEMBERS = {
  ...eachOf<Pick<typeof SETTING_SCHEMAS, TemplateSetting>>(TEMPLATE_SETTINGS, (name) => SETTING_SCHEMAS[name]),
  ...TRIGGER,
  ...ONE_RANGE,
  subscriptionInterval: z.nullish(intervalText),
  keyPattern: z.nullish(keyPattern),
  maintenancePolicyId: z.nullish(uuidOrNone),
  entitlementSetId: z.nullish(uuidOrNone),
  requiredMetadataKeys: z.nullish(z.array(text(1, METADATA_KEY_CHARACTERS)).check(z.maxLength(MOST_METADATA_ITEMS))),
  requiredMeterAttributes: onlyEmptyList,
} as const;

const MEMBER_NAMES = Object.keys(MEMBERS) as readonly (keyof typeof MEMBERS)[];

/** Null: not given. */
type Shown = {
  readonly [Name in keyof typeof MEMBERS]: Name extends TemplateSetting ? Settings[Name] | null : unknown;
};

const membersGiven = z.object(MEMBERS);

export const templateCreation = z
  .object({ ...MEMBERS, name: text(1, NAME_CHARACTERS) })
  .check(oneStrategy(), oneWordForRanges());

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const templatePatch = z
  .object({
    ...MEMBERS,
    name: z.nullish(text(1, NAME_CHARACTERS)),
    id: z.nullish(uuid),
    createdAt: z.nullish(instantText),
  })
  .check(oneStrategy(), oneWordForRanges());

export function newTemplate({ name, ...body }: z.output<typeof templateCreation>): NewTemplate {
  return { name, members: membersOf(body) };
}

export function templateChange({ name, id, createdAt, ...body }: z.output<typeof templatePatch>): TemplatePatch {
  return { ...sent({ name }), members: membersOf(body), fixed: sent({ id, createdAt }) };
}

/** Of the two words for the strategy the one that says something; a lone null of either takes it out. */
function membersOf({ subscriptionStartTrigger, ...body }: z.output<typeof membersGiven>): TemplateMembers {
  const strategy = body.expirationStrategy ?? subscriptionStartTrigger;
  const members = inOneWord(body);
  return strategy === undefined ? members : { ...members, expirationStrategy: strategy };
}

export function templateResource({ id, name, members, createdAt, updatedAt }: LicenseTemplate) {
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name,
    ...eachOf<Shown>(MEMBER_NAMES, (member) => shownMember(members, member)),
  };
}

function shownMember(members: TemplateMembers, member: string): unknown {
  const { expirationStrategy, subscriptionInterval } = members;
  switch (member) {
    case "subscriptionStartTrigger":
      return expirationStrategy ? TRIGGER_OF[expirationStrategy] : null;
    case "allowedIpRange":
      return rangeShown(members.allowedIpRanges);
    case "subscriptionInterval":
      return subscriptionInterval ? (subscriptionInterval.text ?? "") : null;
    default:
      return Reflect.get(members, member) ?? null;
  }
}
