/** Creates a user: somebody whom licenses can be for. No password is kept: users sign in elsewhere (MGMT-6). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, LicensePatch } from "../../domain/license/calls.ts";
import { metadataRefusal, tagsRefusal } from "../../domain/license/list-members.ts";
import { replacedMetadata } from "../../domain/license/metadata.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { askingAlone } from "../../registry/db/round-trip.ts";
import { insertUser, type User } from "../../registry/rows/users.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { namedTags } from "../named-tags.ts";
import { eventOf } from "../record.ts";
import type { ToldUser } from "./told-user.ts";

export interface NewUser extends Pick<User, "email" | "firstName" | "lastName" | "company"> {
  readonly metadata: NonNullable<LicensePatch["metadata"]>;
  /** Of tags that there are; absent = none. */
  readonly tagNames?: readonly string[];
}

/** Refuses `invalid-member` for metadata and tags, and `already-exists` at `/email` (EMAIL-1). */
export async function createUser(
  { db }: Deployment,
  { metadata, tagNames = [], ...wanted }: NewUser,
  caller: Caller,
  now: number,
  keep: Keep<User> = keepNothing,
): Promise<Outcome<User>> {
  const tags = await namedTags(askingAlone(db), tagNames);
  if (!tags.ok) return tags;
  const refusal = metadataRefusal(metadata) ?? tagsRefusal(tags.value);
  if (refusal !== null) return no(refusal);
  const user: User = {
    id: uuidv7(),
    ...wanted,
    metadata: replacedMetadata([], metadata, uuidv7, now),
    tags: tags.value.map(({ id }) => id),
    revision: now,
    createdAt: now,
    updatedAt: now,
  };
  const data: ToldUser = { ...user, tags: tags.value };
  const created = eventOf({ type: "user.created", subjectId: user.id, changes: {}, data }, caller, now);
  return (await insertUser(db, user, created, await keep(user)))
    ? yes(user)
    : no({ code: "already-exists", pointer: "/email" });
}
