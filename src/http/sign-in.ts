/** A bearer token as that of a signed-in person (AUTH-1), for both dialects. */

import type { Context } from "hono";
import type { SignedInUser } from "../domain/calls.ts";
import type { AppEnv } from "./context.ts";
import { IDENTITY_RETRY_SECONDS } from "./limits.ts";
import { momentOf } from "./moment.ts";
import { Problem } from "./problem.ts";

/**
 * Null: no valid token of the provider, or there is no provider here. Throws 503 `identity-provider-unavailable` where
 * its keys cannot be had: the token may well be valid, and its holder must not be sent to sign in again.
 */
export async function signedInUser(
  c: Pick<Context<AppEnv>, "executionCtx" | "var">,
  token: string,
): Promise<SignedInUser | null> {
  const provider = c.var.deployment.identityProvider;
  if (provider === null) return null;
  const signIn = await provider.signIn(token, momentOf(c));
  switch (signIn.kind) {
    case "user":
      return signIn.user;
    case "invalid":
      return null;
    case "unavailable":
      throw new Problem("identity-provider-unavailable", "The identity provider does not answer. Try again.", {
        retryAfter: IDENTITY_RETRY_SECONDS,
      });
  }
}
