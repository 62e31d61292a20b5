/** The entitlement set resource of /v3 and its bodies. */

import * as z from "zod/mini";
import type { EntitlementSetPatch, NewEntitlementSet } from "../../../operations/catalogue/change-entitlement-set.ts";
import type { EntitlementSet } from "../../../registry/rows/entitlement-sets.ts";
import { NAME_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { givenFeatures } from "../license/entitlements.ts";
import { instant, instantText } from "../resource/instant.ts";
import { count, sent, uuid } from "../resource/members.ts";

const name = z.pipe(z.string().check(z.trim()), text(1, NAME_CHARACTERS));

const MEMBERS = {
  displayName: z.nullish(text(0, NAME_CHARACTERS)),
  tier: z.nullish(count(0)),
  featureEntitlements: z.nullish(givenFeatures),
} as const;

export const entitlementSetCreation = z.object({ ...MEMBERS, name });

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const entitlementSetPatch = z.object({
  ...MEMBERS,
  name: z.nullish(name),
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
});

export function newEntitlementSet(body: z.output<typeof entitlementSetCreation>): NewEntitlementSet {
  return {
    name: body.name,
    displayName: body.displayName ?? body.name,
    tier: body.tier ?? 0,
    featureEntitlements: body.featureEntitlements ?? [],
  };
}

export function entitlementSetChange({
  id,
  createdAt,
  ...members
}: z.output<typeof entitlementSetPatch>): EntitlementSetPatch {
  return { ...sent(members), fixed: sent({ id, createdAt }) };
}

export function entitlementSetResource(set: EntitlementSet) {
  const { id, createdAt, updatedAt, name: called, displayName, tier, featureEntitlements } = set;
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name: called,
    displayName,
    tier,
    featureEntitlements: featureEntitlements.map(({ featureName, value }) => ({ featureName, value })),
  };
}
