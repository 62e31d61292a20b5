/** The license template resource of /v3 and its bodies (TPL-1): null is what the template was not given. */

import * as z from "zod/mini";
import type { TemplateMembers } from "../../domain/template.ts";
import type { NewTemplate, TemplatePatch } from "../../operations/change-template.ts";
import type { LicenseTemplate } from "../../registry/license-templates.ts";
import { KEY_PATTERN_CHARACTERS, METADATA_ITEMS, METADATA_KEY_CHARACTERS, NAME_CHARACTERS } from "../limits.ts";
import { text } from "../validate.ts";
import { instant, instantText } from "./instant.ts";
import { intervalText } from "./interval.ts";
import { CHANGEABLE, KIND, NOT_BUILT, oneStrategy } from "./license-bodies.ts";
import { TRIGGERS } from "./license-resource.ts";
import { onlyEmptyList, sent, uuid } from "./members.ts";

/** Members of a license that are one license's own. */
const OWN = { revoked: true, suspended: true, licensedProductIds: true, metadata: true, tags: true } as const;
const REFERENCES = {
  organizationId: true,
  resellerId: true,
  productVersionId: true,
  maintenanceExpiresAt: true,
  currentReleaseVersion: true,
  additionalUserIds: true,
  userGroups: true,
  meterAttributes: true,
  featureEntitlements: true,
} as const;

/** `""` is none. */
const keyPattern = z.pipe(
  text(0, KEY_PATTERN_CHARACTERS),
  z.transform((pattern: string) => (pattern === "" ? null : pattern)),
);

const MEMBERS = {
  ...z.omit(z.object(CHANGEABLE), OWN).shape,
  ...z.omit(z.object(NOT_BUILT), REFERENCES).shape,
  ...KIND,
  subscriptionInterval: z.nullish(intervalText),
  keyPattern: z.nullish(keyPattern),
  requiredMetadataKeys: z.nullish(z.array(text(1, METADATA_KEY_CHARACTERS)).check(z.maxLength(METADATA_ITEMS))),
  requiredMeterAttributes: onlyEmptyList,
} as const;

const membersGiven = z.object(MEMBERS);

export const templateCreation = z.object({ ...MEMBERS, name: text(1, NAME_CHARACTERS) }).check(oneStrategy());

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const templatePatch = z
  .object({
    ...MEMBERS,
    name: z.nullish(text(1, NAME_CHARACTERS)),
    id: z.nullish(uuid),
    createdAt: z.nullish(instantText),
  })
  .check(oneStrategy());

export function newTemplate({ name, ...body }: z.output<typeof templateCreation>): NewTemplate {
  return { name, members: membersOf(body) };
}

export function templateChange({ name, id, createdAt, ...body }: z.output<typeof templatePatch>): TemplatePatch {
  return { ...sent({ name }), members: membersOf(body), fixed: sent({ id, createdAt }) };
}

/** Of the two words for the strategy the one that says something; a lone null of either takes it out. */
function membersOf({ subscriptionStartTrigger, ...body }: z.output<typeof membersGiven>): TemplateMembers {
  const strategy = body.expirationStrategy ?? subscriptionStartTrigger;
  return strategy === undefined ? body : { ...body, expirationStrategy: strategy };
}

export function templateResource({ id, name, members, createdAt, updatedAt }: LicenseTemplate) {
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name,
    ...Object.fromEntries(Object.keys(MEMBERS).map((member) => [member, shownMember(members, member)])),
  };
}

function shownMember(members: TemplateMembers, member: string): unknown {
  const { expirationStrategy, subscriptionInterval } = members;
  switch (member) {
    case "subscriptionStartTrigger":
      return expirationStrategy ? TRIGGERS[expirationStrategy] : null;
    case "subscriptionInterval":
      return subscriptionInterval ? (subscriptionInterval.text ?? "") : null;
    default:
      return Reflect.get(members, member) ?? null;
  }
}
