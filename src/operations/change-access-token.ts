/** Renames, revokes and deletes personal access tokens (MGMT-5). */

import type { Caller } from "../domain/calls.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { deleteAccessToken, findAccessToken, updateAccessToken, type AccessToken } from "../registry/access-tokens.ts";
import type { Deployment } from "./deployment.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "./record.ts";

export interface AccessTokenPatch {
  readonly name?: string;
  readonly revoked?: boolean;
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<AccessToken, "id" | "scopes" | "createdAt" | "expiresAt" | "lastUsedAt">>;
}

/**
 * Null: there is no such token. Refuses `invalid-member` for a revoked token that would come back (revoking is final),
 * and `overloaded` where somebody else changed the token meanwhile.
 */
export async function changeAccessToken(
  { db }: Deployment,
  id: string,
  patch: AccessTokenPatch,
  caller: Caller,
  now: number,
): Promise<Outcome<AccessToken | null>> {
  const before = await findAccessToken(db, id);
  if (before === null) return yes(null);
  const { fixed, ...members } = patch;
  const refusal = fixedRefusal(before, fixed);
  if (refusal !== null) return no(refusal);
  if (before.revoked && patch.revoked === false) {
    return no({ code: "invalid-member", pointer: "/revoked", detail: "a revoked token stays revoked; mint another" });
  }
  const after = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
  const changes = changesOf(before, after);
  if (Object.keys(changes).length === 0) return yes(before);
  const updated = { type: "personalAccessToken.updated", subjectId: id, changes, data: after } as const;
  const written = await updateAccessToken(db, before, after, eventOf(updated, caller, now));
  return written ? yes(after) : no({ code: "overloaded" });
}

/** False: there is no such token. */
export async function removeAccessToken({ db }: Deployment, id: string, caller: Caller, now: number): Promise<boolean> {
  const before = await findAccessToken(db, id);
  if (before === null) return false;
  const deleted = { type: "personalAccessToken.deleted", subjectId: id, changes: {}, data: before } as const;
  return await deleteAccessToken(db, id, eventOf(deleted, caller, now));
}
