/** Creates, changes and deletes tags. Licenses and users that have one show its name of now, or no longer (REF-1). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { deleteTag, findTag, insertTag, updateTag, type Tag } from "../../registry/rows/tags.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export type NewTag = Pick<Tag, "name" | "description">;

export interface TagPatch extends Partial<NewTag> {
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<Tag, "id" | "createdAt">>;
}

const NAME_TAKEN = { code: "already-exists", pointer: "/name" } as const;

export const tagEntityTag = entityTagBy<Tag, Omit<TagPatch, "fixed">>({
  name: ({ name }) => name,
  description: ({ description }) => description,
});

/** Refuses `already-exists` at `/name`. */
export async function createTag(
  { db }: Deployment,
  wanted: NewTag,
  caller: Caller,
  now: number,
  keep: Keep<Tag> = keepNothing,
): Promise<Outcome<Tag>> {
  const tag: Tag = { id: uuidv7(), ...wanted, createdAt: now, updatedAt: now };
  const created = eventOf({ type: "tag.created", subjectId: tag.id, changes: {}, data: tag }, caller, now);
  return (await insertTag(db, tag, created, await keep(tag))) === "written" ? yes(tag) : no(NAME_TAKEN);
}

/** Null: there is no such tag. Refuses `invalid-member`, `already-exists` at `/name`, and what `changeRow` does. */
export async function changeTag(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: TagPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<Tag | null>> {
  return await changeRow<Tag, Tag>(caller, {
    pause,
    what: "tag",
    read: () => findTag(db, id),
    entityTag: tagEntityTag,
    write: async (before) => {
      const refusal = fixedRefusal(before, fixed);
      if (refusal !== null) return no(refusal);
      const after: Tag = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = eventOf({ type: "tag.updated", subjectId: id, changes, data: after }, caller, now);
      return settled(await updateTag(db, before, after, updated), after, { "name-taken": NAME_TAKEN });
    },
  });
}

/** Null: there is no such tag. Refuses what `changeRow` does. */
export async function removeTag(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<Tag, "removed">(caller, {
    pause,
    what: "tag",
    read: () => findTag(db, id),
    entityTag: tagEntityTag,
    write: async (before) => {
      const deleted = eventOf({ type: "tag.deleted", subjectId: id, changes: {}, data: before }, caller, now);
      return settled(await deleteTag(db, before, deleted), "removed", {});
    },
  });
}
