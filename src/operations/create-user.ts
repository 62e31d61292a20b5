/** Creates a user: somebody whom licenses can be for. No password is kept: users sign in elsewhere (MGMT-6). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, LicensePatch } from "../domain/calls.ts";
import { userFacets } from "../domain/facets.ts";
import { metadataRefusal } from "../domain/lists.ts";
import { replacedMetadata } from "../domain/metadata.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { insertUser, type User } from "../registry/users.ts";
import { keepNothing, type Keep } from "./create-once.ts";
import type { Deployment } from "./deployment.ts";
import { eventOf } from "./record.ts";

export interface NewUser extends Pick<User, "email" | "firstName" | "lastName" | "company"> {
  readonly metadata: NonNullable<LicensePatch["metadata"]>;
}

/** Refuses `invalid-member` for metadata, and `already-exists` at `/email`, whatever the case. */
export async function createUser(
  { db }: Deployment,
  { metadata, ...wanted }: NewUser,
  caller: Caller,
  now: number,
  keep: Keep<User> = keepNothing,
): Promise<Outcome<User>> {
  const refusal = metadataRefusal(metadata);
  if (refusal !== null) return no(refusal);
  const user: User = {
    id: uuidv7(),
    ...wanted,
    metadata: replacedMetadata([], metadata, uuidv7, now),
    revision: now,
    createdAt: now,
    updatedAt: now,
  };
  const created = eventOf({ type: "user.created", subjectId: user.id, changes: {}, data: user }, caller, now);
  return (await insertUser(db, user, userFacets({ tags: [], ...user }), created, await keep(user)))
    ? yes(user)
    : no({ code: "already-exists", pointer: "/email" });
}
