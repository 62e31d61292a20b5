/** Renames, revokes and deletes personal access tokens (MGMT-5). */

import type { ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import {
  deleteAccessToken,
  findAccessToken,
  updateAccessToken,
  type AccessToken,
} from "../../registry/rows/access-tokens.ts";
import { changeRow, settled } from "./change-row.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export interface AccessTokenPatch {
  readonly name?: string;
  readonly revoked?: boolean;
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<AccessToken, "id" | "scopes" | "createdAt" | "expiresAt" | "mintedBy">>;
}

export const accessTokenEntityTag = entityTagBy<AccessToken, Omit<AccessTokenPatch, "fixed">>({
  name: ({ name }) => name,
  revoked: ({ revoked }) => revoked,
});

/**
 * Null: there is no such token. Refuses `invalid-member` for a revoked token that would come back (revoking is final),
 * and what `changeRow` does.
 */
export async function changeAccessToken(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: AccessTokenPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<AccessToken | null>> {
  return await changeRow<AccessToken, AccessToken>(caller, {
    pause,
    what: "access token",
    read: () => findAccessToken(db, id),
    entityTag: accessTokenEntityTag,
    write: async (before) => {
      const refusal = fixedRefusal(before, fixed) ?? revivalRefusal(before, members.revoked);
      if (refusal !== null) return no(refusal);
      const after = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = { type: "personalAccessToken.updated", subjectId: id, changes, data: after } as const;
      return settled(await updateAccessToken(db, before, after, eventOf(updated, caller, now)), after, {});
    },
  });
}

function revivalRefusal(before: AccessToken, revoked: boolean | undefined): Refusal | null {
  if (!before.revoked || revoked !== false) return null;
  return { code: "invalid-member", pointer: "/revoked", detail: "a revoked token stays revoked; mint another" };
}

/** The token that is gone; null: there is none. Refuses what `changeRow` does. */
export async function removeAccessToken(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<AccessToken | null>> {
  return await changeRow<AccessToken, AccessToken>(caller, {
    pause,
    what: "access token",
    read: () => findAccessToken(db, id),
    entityTag: accessTokenEntityTag,
    write: async (before) => {
      const deleted = { type: "personalAccessToken.deleted", subjectId: id, changes: {}, data: before } as const;
      return settled(await deleteAccessToken(db, before, eventOf(deleted, caller, now)), before, {});
    },
  });
}
