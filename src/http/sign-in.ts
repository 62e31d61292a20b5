/** A bearer token as that of a signed-in person (AUTH-1), for both dialects. */

import type { Context } from "hono";
import type { SignedInUser } from "../domain/license/calls.ts";
import type { AppEnv } from "./context.ts";
import { momentOf } from "./moment.ts";
import { Problem } from "./problem.ts";

/**
 * Null: no valid token of the provider, or there is no provider here. Throws 503 `identity-provider-unavailable` where
 * its keys cannot be had: the token may well be valid, and its holder must not be sent to sign in again. Throws 401
 * `credentials-invalid` for one that was valid: nobody guessed it, so that it is no miss (LIM-1), and an office whose
 * laptops all wake up with old tokens is not shut out.
 */
export async function signedInUser(
  c: Pick<Context<AppEnv>, "executionCtx" | "get">,
  token: string,
): Promise<SignedInUser | null> {
  const provider = c.get("deployment").identityProvider;
  if (provider === null) return null;
  const signIn = await provider.signIn(token, momentOf(c));
  switch (signIn.kind) {
    case "user":
      return signIn.user;
    case "expired":
      throw new Problem("credentials-invalid", "The access token has expired. Refresh it, or sign in again.", {
        headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
      });
    case "invalid":
      return null;
    case "unavailable":
      throw new Problem(
        "identity-provider-unavailable",
        "The identity provider's keys cannot be fetched at the moment. Try again.",
      );
  }
}
