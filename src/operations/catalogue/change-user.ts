/** Changes a user. Another e-mail goes to the objects of the user's licenses by a durable job (SNAP-1). */

import { v7 as uuidv7 } from "uuid";
import type { ConditionalCall, LicensePatch } from "../../domain/license/calls.ts";
import { givenMetadata } from "../../domain/commands/if-match.ts";
import type { LicenseTag } from "../../domain/terms/license.ts";
import { metadataRefusal, tagsRefusal } from "../../domain/license/list-members.ts";
import { replacedMetadata } from "../../domain/license/metadata.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { askingAlone } from "../../registry/db/round-trip.ts";
import { findUser, fullName, updateUser, type User } from "../../registry/rows/users.ts";
import { changeRow, settled } from "./change-row.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy, type EntityTagOf } from "../entity-tag.ts";
import { namedTags } from "../named-tags.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";
import { toldUsers } from "./told-user.ts";

export interface UserPatch extends Partial<Pick<User, "email" | "firstName" | "lastName" | "company">> {
  readonly metadata?: NonNullable<LicensePatch["metadata"]>;
  /** Of tags that there are. */
  readonly tagNames?: readonly string[];
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<User, "id" | "createdAt" | "email"> & { readonly name: string }>;
}

export const userEntityTag = entityTagBy<User, Omit<UserPatch, "fixed">>({
  email: ({ email }) => email,
  firstName: ({ firstName }) => firstName,
  lastName: ({ lastName }) => lastName,
  company: ({ company }) => company,
  metadata: ({ metadata }) => givenMetadata(metadata),
  tagNames: ({ tags }) => tags,
});

/** `/v3/me`: over what a person sees and changes of themselves, since a tag tells whether a guess is right. */
export const selfEntityTag = entityTagBy<User, Pick<UserPatch, "firstName" | "lastName" | "company">>({
  firstName: ({ firstName }) => firstName,
  lastName: ({ lastName }) => lastName,
  company: ({ company }) => company,
});

/** Null: there is no such user. Refuses `invalid-member`, `already-exists` at `/email`, and what `changeRow` does. */
export async function changeUser(
  { db, pause }: Deployment,
  id: string,
  patch: UserPatch,
  caller: ConditionalCall,
  now: number,
  entityTag: EntityTagOf<User> = userEntityTag,
): Promise<Outcome<User | null>> {
  return await changeRow<User, User>(caller, {
    pause,
    what: "user",
    read: () => findUser(db, id),
    entityTag,
    write: async (before) => {
      const tags = await namedTags(askingAlone(db), patch.tagNames ?? []);
      if (!tags.ok) return tags;
      const refusal =
        fixedRefusal({ ...before, name: fullName(before) }, patch.fixed) ??
        metadataRefusal(patch.metadata ?? []) ??
        tagsRefusal(tags.value);
      if (refusal !== null) return no(refusal);
      const after = patched(before, patch, tags.value, now);
      if (Object.keys(changesOf(before, after)).length === 0) return yes(before);
      const told = await toldUsers(db, before, after);
      const happening = { type: "user.updated", subjectId: id, changes: changesOf(...told), data: told[1] } as const;
      const written = await updateUser(db, before, after, eventOf(happening, caller, now));
      return settled(written, after, { "email-taken": { code: "already-exists", pointer: "/email" } });
    },
  });
}

function patched(before: User, patch: UserPatch, tags: readonly LicenseTag[], now: number): User {
  const { metadata, tagNames, fixed: _, ...texts } = patch;
  const isSameEmail = patch.email === undefined || patch.email === before.email;
  return {
    ...before,
    ...texts,
    metadata: metadata === undefined ? before.metadata : replacedMetadata(before.metadata, metadata, uuidv7, now),
    tags: tagNames === undefined ? before.tags : tags.map(({ id }) => id),
    revision: isSameEmail ? before.revision : laterThan(before.revision, now),
    updatedAt: laterThan(before.updatedAt, now),
  };
}
