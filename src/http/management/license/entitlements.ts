/** Feature entitlements of licenses and of sets, as bodies give them, and as resources show them. */

import * as z from "zod/mini";
import { effectiveFeatures, MOST_ENTITLEMENTS } from "../../../domain/license/entitlements.ts";
import type { FeatureEntitlement, Terms } from "../../../domain/terms/license.ts";
import type { Names } from "../../../registry/rows/names.ts";
import { ENTITLEMENT_BYTES, FEATURE_NAME_CHARACTERS, FEATURE_VALUE_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantOrNull, instantText } from "../resource/instant.ts";
import { bytesOf } from "../resource/members.ts";

const NO_VALUE = "must be a text, a finite number, true or false";

const sentItem = z.object({
  featureName: text(1, FEATURE_NAME_CHARACTERS),
  value: z.nullish(z.union([text(0, FEATURE_VALUE_CHARACTERS), z.number(), z.boolean()], { error: NO_VALUE })),
  expiresAt: z.nullish(instantText),
});

const givenItem = z.omit(sentItem, { expiresAt: true });

/** What a set gives: each as long as the license has the set. */
const itemOfSet = z.pipe(
  givenItem,
  z.transform(({ featureName, value }: z.output<typeof givenItem>) => ({ featureName, value: value ?? null })),
);

const item = z.pipe(
  sentItem,
  z.transform(({ featureName, value, expiresAt }: z.output<typeof sentItem>) => ({
    featureName,
    value: value ?? null,
    expiresAt: expiresAt ?? null,
  })),
);

export const featureEntitlements = z.array(item).check(z.maxLength(MOST_ENTITLEMENTS), small());
export const givenFeatures = z.array(itemOfSet).check(z.maxLength(MOST_ENTITLEMENTS), small());

function small() {
  return z.refine<readonly unknown[]>(
    (items) => bytesOf(items) <= ENTITLEMENT_BYTES,
    `must be at most ${ENTITLEMENT_BYTES} bytes when written as JSON`,
  );
}

export function entitlementsResource(items: readonly FeatureEntitlement[]) {
  return items.map(({ id, createdAt, updatedAt, featureName, value, expiresAt, expired }) => ({
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    featureName,
    value,
    expiresAt: instantOrNull(expiresAt),
    expired,
  }));
}

/** FEAT-2: what apps are told. Null: nobody could look for what its set gives. */
export function featuresResource({ entitlementSetId, featureEntitlements: own }: Terms, { sets, features }: Names) {
  const given = entitlementSetId === null ? [] : sets.get(entitlementSetId);
  if (given === undefined) return null;
  const held = own.flatMap(({ featureName: name, value, expiresAt, expired }) => {
    return expired ? [] : [{ name, value, expiresAt }];
  });
  const called = new Map([
    ...features,
    ...(given ?? []).map(({ featureName, featureDisplayName }) => [featureName, featureDisplayName] as const),
  ]);
  return effectiveFeatures(held, given ?? []).map(({ name, value, baseValue, expiresAt }) => ({
    featureName: name,
    featureDisplayName: called.get(name) ?? name,
    value,
    baseValue,
    expiresAt: instantOrNull(expiresAt),
  }));
}
