/** A bearer token as one of our access tokens (MGMT-5), for both dialects. */

import type { Context } from "hono";
import { findAccessTokenByHash, recordUse, type AccessToken } from "../registry/access-tokens.ts";
import { accessTokenHash } from "../tokens/access-token.ts";
import { causeOf } from "../tokens/cause.ts";
import type { AppEnv } from "./context.ts";

const RECORDED_EVERY_MS = 60_000;

/**
 * Null: unknown, revoked, or expired at `now` (epoch ms). Its use is recorded after the answer. Rejects when D1 fails.
 */
export async function liveAccessToken(
  c: Pick<Context<AppEnv>, "executionCtx" | "var">,
  token: string,
  now: number,
): Promise<AccessToken | null> {
  const { db } = c.var.deployment;
  const found = await findAccessTokenByHash(db, await accessTokenHash(token));
  if (found === null || found.revoked || (found.expiresAt !== null && found.expiresAt <= now)) return null;
  if (found.lastUsedAt === null || found.lastUsedAt <= now - RECORDED_EVERY_MS) {
    c.executionCtx.waitUntil(recordUse(db, found.id, now).catch(unrecorded));
  }
  return found;
}

function unrecorded(error: unknown): void {
  console.warn("the last use of an access token was not recorded", causeOf(error));
}
