/** A bearer token as one of our access tokens (MGMT-5), for both dialects. */

import type { Context } from "hono";
import type { Bearer } from "../registry/db/question.ts";
import { askingAlone, type Asking } from "../registry/db/round-trip.ts";
import { accessTokenByHash, recordUse, type AccessToken } from "../registry/rows/access-tokens.ts";
import { accessTokenHash } from "../tokens/access-token.ts";
import type { AppEnv } from "./context.ts";
import { KNOWN_ACCESS_TOKENS } from "./limits.ts";
import { Problem } from "./problem.ts";
import { say } from "../log/line.ts";

const RECORDED_EVERY_MS = 60_000;
const KNOWN_FOR_MS = 60_000;

/** Hash to the instant at which D1 last said that it is good (epoch ms), the oldest first. It opens nothing (LIM-1). */
const known = new Map<string, number>();

/**
 * Null: unknown or revoked at `now` (epoch ms). Throws 401 `credentials-invalid` for one that was good and has only
 * expired: nobody guessed it, so that it is no miss (LIM-1). Its use is recorded after the answer. Rejects when D1
 * fails. `asked` may take the look-up along with other questions.
 */
export async function liveAccessToken(
  c: Pick<Context<AppEnv>, "executionCtx" | "get">,
  { hash, now }: Bearer,
  asked: Asking = askingAlone(c.get("deployment").db),
): Promise<AccessToken | null> {
  const { db } = c.get("deployment");
  const found = await asked(accessTokenByHash(hash));
  if (found === null || found.revoked) {
    known.delete(hash);
    return null;
  }
  if (found.expiresAt !== null && found.expiresAt <= now) throw expired();
  remember(hash, now);
  if (found.lastUsedAt === null || found.lastUsedAt <= now - RECORDED_EVERY_MS) {
    c.executionCtx.waitUntil(recordUse(db, found.id, now).catch(unrecorded));
  }
  return found;
}

/** As whose D1 is asked, whether or not there is such a token. */
export async function bearing(token: string, now: number): Promise<Bearer> {
  return { hash: await accessTokenHash(token), now };
}

/** True if this isolate has found the token good within the last minute (`now` in epoch ms). Asks nobody. */
export async function isKnownAccessToken(token: string, now: number): Promise<boolean> {
  const at = known.get(await accessTokenHash(token));
  return at !== undefined && now - at < KNOWN_FOR_MS;
}

function remember(hash: string, now: number): void {
  known.delete(hash);
  known.set(hash, now);
  const [oldest] = known.keys();
  if (known.size > KNOWN_ACCESS_TOKENS && oldest !== undefined) known.delete(oldest);
}

function expired(): Problem {
  return new Problem("credentials-invalid", "The access token has expired. Mint another one.", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
  });
}

function unrecorded(error: unknown): void {
  say("the last use of an access token was not recorded", {}, error);
}
