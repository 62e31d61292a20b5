/** A license's feature entitlements as bodies give them, and as its resource shows them. */

import * as z from "zod/mini";
import { MOST_ENTITLEMENTS } from "../../../domain/license/entitlements.ts";
import type { FeatureEntitlement } from "../../../domain/terms/license.ts";
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

const item = z.pipe(
  sentItem,
  z.transform(({ featureName, value, expiresAt }: z.output<typeof sentItem>) => ({
    featureName,
    value: value ?? null,
    expiresAt: expiresAt ?? null,
  })),
);

export const featureEntitlements = z.array(item).check(
  z.maxLength(MOST_ENTITLEMENTS),
  z.refine(
    (items) => bytesOf(items) <= ENTITLEMENT_BYTES,
    `must be at most ${ENTITLEMENT_BYTES} bytes when written as JSON`,
  ),
);

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
