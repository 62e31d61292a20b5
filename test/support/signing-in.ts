/** Signing in below HTTP: a fresh isolate's view of a provider, at an instant. */

import type { SignedInUser } from "../../src/domain/license/calls.ts";
import { openIdentityProvider, type IdentityProvider, type SignIn } from "../../src/tokens/oidc.ts";
import type { OidcSettings } from "../../src/tokens/oidc-verification.ts";
import { AUDIENCE } from "./provider.ts";

/** As a deployment opens it; whatever is not given is the default. */
export function isolateOf(issuer: string, given: Partial<OidcSettings> = {}): IdentityProvider {
  return openIdentityProvider({ issuer, audiences: [AUDIENCE], rolesClaim: "roles", trustEmail: false, ...given });
}

/** `now`: epoch ms of the isolate's clock; absent = the real one. Ends when the background work has too. */
export async function signIn(isolate: IdentityProvider, token: string, now = Date.now()): Promise<SignIn> {
  const background: Promise<unknown>[] = [];
  const answer = await isolate.signIn(token, { now, waitUntil: (work) => void background.push(work) });
  await Promise.all(background);
  return answer;
}

/** Who it is; throws where it is nobody. */
export async function userOf(isolate: IdentityProvider, token: string): Promise<SignedInUser> {
  const answer = await signIn(isolate, token);
  if (answer.kind !== "user") throw new Error(`nobody signed in: ${answer.kind}`);
  return answer.user;
}

/** `user`, `invalid` or `unavailable`. */
export async function kindOf(isolate: IdentityProvider, token: string, now?: number): Promise<SignIn["kind"]> {
  return (await signIn(isolate, token, now)).kind;
}
