/** The feature resource of /v3 and its bodies. */

import * as z from "zod/mini";
import type { FeaturePatch, NewFeature } from "../../../operations/catalogue/change-feature.ts";
import type { Feature } from "../../../registry/rows/features.ts";
import { FEATURE_NAME_CHARACTERS, NAME_CHARACTERS, DESCRIPTION_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { sent, uuid } from "../resource/members.ts";

/** As a license's own entitlements name it: to the letter. */
const name = text(1, FEATURE_NAME_CHARACTERS);
const displayName = z.nullish(text(0, NAME_CHARACTERS));
const description = z.nullish(text(0, DESCRIPTION_CHARACTERS));

export const featureCreation = z.object({ name, displayName, description });

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const featurePatch = z.object({
  name: z.nullish(name),
  displayName,
  description,
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
});

export function newFeature(body: z.output<typeof featureCreation>): NewFeature {
  return { name: body.name, displayName: body.displayName ?? body.name, description: body.description ?? null };
}

export function featureChange({ id, createdAt, ...body }: z.output<typeof featurePatch>): FeaturePatch {
  return {
    ...sent({ name: body.name, displayName: body.displayName }),
    ...(body.description === undefined ? {} : { description: body.description }),
    fixed: sent({ id, createdAt }),
  };
}

export function featureResource({ createdAt, updatedAt, ...feature }: Feature) {
  const { id, name: called, displayName: shown, description: about } = feature;
  return {
    id,
    createdAt: instant(createdAt),
    updatedAt: instant(updatedAt),
    name: called,
    displayName: shown,
    description: about,
  };
}
