/** Mints a personal access token (MGMT-5). */

import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { insertAccessToken, type AccessToken } from "../../registry/rows/access-tokens.ts";
import { accessTokenHash, newAccessToken } from "../../tokens/access-token.ts";
import type { Deployment } from "../deployment.ts";
import { eventOf } from "../record.ts";

export interface NewAccessToken {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Epoch ms; null = never. */
  readonly expiresAt: number | null;
}

export interface MintedAccessToken {
  readonly accessToken: AccessToken;
  /** Shown once. */
  readonly token: string;
}

/**
 * The caller has been found to hold these scopes, and for long enough. Refuses `invalid-member` for an end that has
 * passed, and `credentials-required` where the token that mints was revoked meanwhile.
 */
export async function createAccessToken(
  { db }: Deployment,
  wanted: NewAccessToken,
  caller: Caller,
  now: number,
): Promise<Outcome<MintedAccessToken>> {
  if (wanted.expiresAt !== null && wanted.expiresAt <= now) {
    return no({ code: "invalid-member", pointer: "/expiresAt", detail: "has passed" });
  }
  const token = newAccessToken();
  const accessToken: AccessToken = {
    id: uuidv7(),
    ...wanted,
    revoked: false,
    mintedBy: caller.actor.type === "token" ? caller.actor.id : null,
    lastUsedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  const created = {
    type: "personalAccessToken.created",
    subjectId: accessToken.id,
    changes: {},
    data: accessToken,
  } as const;
  const told = eventOf(created, caller, now);
  const isMinted = await insertAccessToken(db, accessToken, await accessTokenHash(token), told);
  return isMinted ? yes({ accessToken, token }) : no({ code: "credentials-required" });
}
