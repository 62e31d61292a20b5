/**
 * Signed-in people (AUTH-1): access tokens and ID tokens of the vendor's OIDC provider, verified with its published
 * keys. The provider is asked for keys now and then, never about a token.
 */

import { decodeJwt, decodeProtectedHeader } from "jose";
import type { SignedInUser } from "../domain/license/calls.ts";
import type { Moment } from "./fresh-map.ts";
import { fetchProviderKeys } from "./oidc-discovery.ts";
import { ProviderKeys } from "./oidc-keys.ts";
import { ALGORITHMS, hasPassed, verdictOn, type OidcSettings, type Verdict } from "./oidc-verification.ts";
import { say } from "../log/line.ts";

/**
 * `expired`: a token of this provider for us, too old (or one that says so, by a key that we do not know). `invalid`:
 * none. `unavailable`: the provider's keys cannot be had, so that nobody knows; it says nothing about the token.
 */
export type SignIn =
  | { readonly kind: "user"; readonly user: SignedInUser }
  | { readonly kind: "expired" }
  | { readonly kind: "invalid" }
  | { readonly kind: "unavailable" };

export interface IdentityProvider {
  /** Never rejects. */
  signIn(token: string, moment: Moment): Promise<SignIn>;
  /** Whether keys of it are at hand, or can be had now. Never rejects. */
  isReachable(moment: Moment): Promise<boolean>;
  /** True for a token that is good by the keys at hand. Asks the provider nothing, and never rejects. */
  recognises(token: string, moment: Moment): Promise<boolean>;
}

/**
 * RFC 9068 for access tokens, none or `JWT` for ID tokens and for the access tokens of older providers. Everything else
 * that a provider signs (logout tokens, introspection answers), and every token of ours, has a type of its own.
 */
const TYPES: readonly string[] = ["at+jwt", "jwt"];
/** Tokens with hundreds of groups reach half of it. */
const LONGEST_TOKEN = 16_384;
/** Between two lines of the log: anybody may send refused tokens. */
const LOG_PAUSE_MS = 10_000;

/** One per isolate: it keeps the provider's keys. */
export function openIdentityProvider(settings: OidcSettings): IdentityProvider {
  const keys = new ProviderKeys((signal) => fetchProviderKeys(settings.issuer, signal));
  let loggedAt = Number.NEGATIVE_INFINITY;
  return {
    async signIn(token, moment) {
      // Whatever does not even claim to be a token for us costs the provider nothing.
      if (!isWorthAsking(token, settings.issuer)) return { kind: "invalid" };
      const verdict = await judge(token, keys, settings, moment);
      if (verdict.kind !== "invalid") return verdict;
      if (moment.now - loggedAt >= LOG_PAUSE_MS) {
        loggedAt = moment.now;
        // So that an operator sees a wrong audience.
        say("tokens of the identity provider are refused", {}, verdict.reason);
      }
      return { kind: "invalid" };
    },
    isReachable: async (moment) => (await keys.known(moment)) !== null,
    async recognises(token, moment) {
      const held = keys.held();
      if (held === null || !isWorthAsking(token, settings.issuer)) return false;
      return (await verdictOn(token, held, settings, moment.now)).kind === "user";
    },
  };
}

function isWorthAsking(token: string, issuer: string): boolean {
  if (token.length > LONGEST_TOKEN) return false;
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    if (alg === undefined || !ALGORITHMS.includes(alg) || !isUserType(typ)) return false;
    const claims = decodeJwt(token);
    // Back-Channel Logout 2.4 (RFC 8417): `events` tells of a person, and the type that would say so is only advised.
    return claims.iss === issuer && !("events" in claims);
  } catch {
    return false;
  }
}

/** RFC 7515 4.1.9: case does not matter, and `application/` may stand before it. */
function isUserType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === "string" && TYPES.includes(typ.toLowerCase().replace(/^application\//, ""));
}

type Judgement = Exclude<Verdict, { readonly kind: "key-unknown" }> | { readonly kind: "unavailable" };

/**
 * Tries the keys at hand, then newer ones for as long as there are some: until a fetch made for this token has
 * answered.
 */
async function judge(token: string, keys: ProviderKeys, settings: OidcSettings, moment: Moment): Promise<Judgement> {
  let tried = await keys.known(moment);
  while (tried !== null) {
    const verdict = await verdictOn(token, tried, settings, moment.now);
    if (verdict.kind !== "key-unknown") return verdict;
    // Whoever signed it, it signs nobody in. Told at once: with a key that is gone, its holder would wait for one in
    // vain.
    if (hasPassed(decodeJwt(token).exp, moment.now)) return { kind: "expired" };
    const newer = await keys.newerThan(tried, moment);
    if (newer.kind === "none") return { kind: "invalid", reason: "a key that the provider does not publish" };
    tried = newer.kind === "keys" ? newer.keys : null;
  }
  return { kind: "unavailable" };
}
