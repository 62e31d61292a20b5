/**
 * LIM-1: whom the block of an address that guesses stops, and whom never: an office whose guest guesses keeps its
 * seats. Who passes is asked everything else as if there were no block.
 */

import type { Context, MiddlewareHandler } from "hono";
import { isAccessToken } from "../tokens/access-token.ts";
import { claimsToBeLicenseToken, readLicenseToken } from "../tokens/license-token.ts";
import { isKnownAccessToken } from "./access-token.ts";
import { bearerOf } from "./bearer.ts";
import type { AppEnv } from "./context.ts";
import { momentOf } from "./moment.ts";
import { blockOf } from "./rate-limits.ts";

/** Middleware: 429 for an address that this isolate knows to be guessing, before D1 is asked. */
export const refuseGuessers: MiddlewareHandler<AppEnv> = async (c, next) => {
  const refusal = blockOf(c);
  if (refusal !== null && !(await holdsWhatNobodyGuesses(c))) throw refusal;
  await next();
};

/**
 * A license token that verifies, of whatever age; a provider's token that verifies under the keys at hand; an access
 * token that this isolate has verified within the last minute. No made-up token costs a look-up.
 */
async function holdsWhatNobodyGuesses(c: Context<AppEnv>): Promise<boolean> {
  const bearer = bearerOf(c.req.header("Authorization"));
  if (bearer.kind !== "token") return false;
  const { token } = bearer;
  const { keyRing, identityProvider } = c.get("deployment");
  if (isAccessToken(token)) return await isKnownAccessToken(token, Date.now());
  if (!claimsToBeLicenseToken(token)) return (await identityProvider?.recognises(token, momentOf(c))) ?? false;
  const read = await readLicenseToken(keyRing, token, momentOf(c));
  return read.ok && read.value !== null;
}
