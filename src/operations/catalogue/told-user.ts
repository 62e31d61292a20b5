/** What events say of a user: tags with their names as they are known now. */

import type { LicenseTag } from "../../domain/terms/license.ts";
import { tagNames } from "../../registry/rows/tags.ts";
import type { User } from "../../registry/rows/users.ts";

export interface ToldUser extends Omit<User, "tags"> {
  readonly tags: readonly LicenseTag[];
}

/** Reads D1 only for users with tags. A tag that is gone is left out. */
export async function toldUser(db: D1Database, user: User): Promise<ToldUser> {
  return withNames(user, await tagNames(db, user.tags));
}

/** Both by one read. */
export async function toldUsers(db: D1Database, before: User, after: User): Promise<readonly [ToldUser, ToldUser]> {
  const names = await tagNames(db, [...new Set([...before.tags, ...after.tags])]);
  return [withNames(before, names), withNames(after, names)];
}

function withNames(user: User, names: ReadonlyMap<string, string>): ToldUser {
  const tags = user.tags.flatMap((id) => {
    const name = names.get(id);
    return name === undefined ? [] : [{ id, name }];
  });
  return { ...user, tags };
}
