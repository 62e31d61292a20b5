/**
 * The tag resource of /v3 and its bodies; `tags` of licenses and users are names
 * (0022-templates-tags-and-deleted-products.md).
 */

import * as z from "zod/mini";
import type { NewTag, TagPatch } from "../../../operations/catalogue/change-tag.ts";
import type { Tag } from "../../../registry/rows/tags.ts";
import { NAME_CHARACTERS, DESCRIPTION_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { sent, uuid } from "../resource/members.ts";

const name = z.pipe(z.string().check(z.trim()), text(1, NAME_CHARACTERS));
const description = z.nullish(text(0, DESCRIPTION_CHARACTERS));

export const tagCreation = z.object({ name, description });

/** IN-2: `id` and `createdAt` may be named with the value that they have. */
export const tagPatch = z.object({
  name: z.nullish(name),
  description,
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
});

/** Names of tags that there are. */
export function tagList(most: number) {
  return z.nullish(z.array(name).check(z.maxLength(most)));
}

export function newTag(body: z.output<typeof tagCreation>): NewTag {
  return { name: body.name, description: body.description ?? null };
}

export function tagChange({ id, createdAt, ...body }: z.output<typeof tagPatch>): TagPatch {
  return {
    ...sent({ name: body.name }),
    ...(body.description === undefined ? {} : { description: body.description }),
    fixed: sent({ id, createdAt }),
  };
}

export function tagResource({ id, name: named, description: about, createdAt, updatedAt }: Tag) {
  return { id, createdAt: instant(createdAt), updatedAt: instant(updatedAt), name: named, description: about };
}
