/**
 * What v3's tokens say of a license's user beside the e-mail, which the license has itself (TOK-3): from the isolate's
 * cache, at most 60 s late, stale while D1 fails (0030-what-a-warm-call-knows.md).
 */

import type { DeviceMetadata } from "../domain/license/device.ts";
import { shownInTokens } from "../domain/license/metadata.ts";
import type { Outcome } from "../domain/outcome.ts";
import { fullName, type User } from "../registry/rows/users.ts";
import { FreshMap, type Moment } from "../tokens/fresh-map.ts";

export interface UserInTokens {
  readonly name: string;
  readonly company: string;
  /** What a device may see of it. */
  readonly metadata: readonly DeviceMetadata[];
}

export interface UserFacts {
  /** Null: no such user. Refusal: `storage-unavailable`, only while nothing is known of the user. */
  of(userId: string, moment: Moment): Promise<Outcome<UserInTokens | null>>;
}

const FRESHNESS = {
  refreshFromMs: 30_000,
  reloadFromMs: 60_000,
  servedUntilMs: Number.POSITIVE_INFINITY,
  limit: 2_000,
};

/** `find` rejects when D1 fails. */
export function openUserFacts(find: (userId: string) => Promise<User | null>): UserFacts {
  const users = new FreshMap<UserInTokens | null>(FRESHNESS, async (userId) => {
    const user = await find(userId);
    return user === null ? null : toldOf(user);
  });
  return {
    async of(userId, moment) {
      const found = await users.get(userId, moment);
      if (!found.ok) return { ok: false, refusal: { code: "storage-unavailable" } };
      return { ok: true, value: found.value };
    },
  };
}

function toldOf(user: User): UserInTokens {
  return { name: fullName(user), company: user.company ?? "", metadata: shownInTokens(user.metadata) };
}
