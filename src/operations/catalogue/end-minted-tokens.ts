/** Ends what an access token has minted, and what that has, together with the token (MGMT-5). */

import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import {
  deleteAccessToken,
  mintedFrom,
  updateAccessToken,
  type AccessToken,
} from "../../registry/rows/access-tokens.ts";
import { ATTEMPTS } from "../attempts.ts";
import type { Deployment } from "../deployment.ts";
import { changesOf, eventOf, laterThan } from "../record.ts";

/** Tokens of one step. */
const STEP = 20;

/** Whether there is any that the token has minted, or that those did; the token itself may be gone. */
export async function hasMinted({ db }: Pick<Deployment, "db">, id: string): Promise<boolean> {
  return (await mintedFrom(db, [id], "all", 1)).length > 0;
}

/**
 * The token itself is revoked already, or gone, and mints no more; what the others mint meanwhile is met in the next
 * step. Refuses `overloaded` where so many are left that the same call has to come again: what has ended stays ended.
 */
export async function revokeMinted(stores: Pick<Deployment, "db">, id: string, caller: Caller, now: number) {
  return await endMinted(stores, id, "live", async (before) => {
    const after = { ...before, revoked: true, updatedAt: laterThan(before.updatedAt, now) };
    const changes = changesOf(before, after);
    const revoked = { type: "personalAccessToken.updated", subjectId: before.id, changes, data: after } as const;
    await updateAccessToken(stores.db, before, after, eventOf(revoked, caller, now));
  });
}

/** All of them are revoked already. Refuses as `revokeMinted`. */
export async function deleteMinted(stores: Pick<Deployment, "db">, id: string, caller: Caller, now: number) {
  return await endMinted(stores, id, "all", async (before) => {
    const deleted = { type: "personalAccessToken.deleted", subjectId: before.id, changes: {}, data: before } as const;
    await deleteAccessToken(stores.db, before, eventOf(deleted, caller, now));
  });
}

/** One that is changed meanwhile is met again. The newest go first, so that nobody's minter goes before them. */
async function endMinted(
  { db }: Pick<Deployment, "db">,
  id: string,
  which: "live" | "all",
  end: (token: AccessToken) => Promise<void>,
): Promise<Outcome<null>> {
  for (let step = 0; step < ATTEMPTS; step += 1) {
    const tokens = await mintedFrom(db, [id], which, STEP);
    if (tokens.length === 0) return yes(null);
    await Promise.all(tokens.map(end));
  }
  return no({ code: "overloaded", what: "access token" });
}
