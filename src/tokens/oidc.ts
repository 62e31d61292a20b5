/**
 * Signed-in people (AUTH-1): access tokens and ID tokens of the vendor's OIDC provider, verified with its published keys.
 * The provider is asked for keys now and then, never about a token.
 */

import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTVerifyGetKey } from "jose";
import type { SignedInUser } from "../domain/calls.ts";
import type { Moment } from "./fresh-map.ts";
import { userOf, type ClaimRules } from "./oidc-claims.ts";
import { fetchProviderKeys } from "./oidc-discovery.ts";
import { ProviderKeys } from "./oidc-keys.ts";

/** What the operator says of the provider (spec 10, `OIDC_*`). */
export interface OidcSettings extends ClaimRules {
  /** Exactly as the provider writes it, a slash at the end included. */
  readonly issuer: string;
  /** A token for any one of them is for us. */
  readonly audiences: readonly string[];
}

/**
 * `invalid`: no token of this provider for us, or no longer. `unavailable`: the provider's keys cannot be had, so that
 * nobody knows; it says nothing about the token.
 */
export type SignIn =
  | { readonly kind: "user"; readonly user: SignedInUser }
  | { readonly kind: "invalid" }
  | { readonly kind: "unavailable" };

export interface IdentityProvider {
  /** Never rejects. */
  signIn(token: string, moment: Moment): Promise<SignIn>;
}

/** Asymmetric ones alone: with a symmetric one, whoever verifies could sign. The list is ours, never the token's. */
const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "Ed25519", "EdDSA"],
];
/**
 * RFC 9068 for access tokens, none or `JWT` for ID tokens and for the access tokens of older providers. Everything else
 * that a provider signs (logout tokens, introspection answers), and every token of ours, has a type of its own.
 */
const TYPES: readonly string[] = ["at+jwt", "jwt"];
const CLOCK_TOLERANCE_SECONDS = 60;
/** Tokens with hundreds of groups reach half of it. */
const LONGEST_TOKEN = 16_384;

const INVALID: SignIn = { kind: "invalid" };

/** One per isolate: it keeps the provider's keys. */
export function openIdentityProvider(settings: OidcSettings): IdentityProvider {
  const keys = new ProviderKeys((signal) => fetchProviderKeys(settings.issuer, signal));
  return {
    async signIn(token, moment) {
      // Whatever does not even claim to be a token for us costs the provider nothing.
      if (!isWorthAsking(token, settings.issuer)) return INVALID;
      const known = await keys.known(moment);
      if (known === null) return { kind: "unavailable" };
      const verdict = await verified(token, known, settings, moment.now);
      if (verdict !== "key-unknown") return verdict;
      const newer = await keys.newerThan(known, moment);
      if (newer.kind === "unavailable") return newer;
      if (newer.kind === "none") return INVALID;
      const second = await verified(token, newer.keys, settings, moment.now);
      return second === "key-unknown" ? INVALID : second;
    },
  };
}

function isWorthAsking(token: string, issuer: string): boolean {
  if (token.length > LONGEST_TOKEN) return false;
  try {
    const { alg, typ } = decodeProtectedHeader(token);
    return alg !== undefined && ALGORITHMS.includes(alg) && isUserType(typ) && decodeJwt(token).iss === issuer;
  } catch {
    return false;
  }
}

/** RFC 7515 4.1.9: case does not matter, and `application/` may stand before it. */
function isUserType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === "string" && TYPES.includes(typ.toLowerCase().replace(/^application\//, ""));
}

async function verified(
  token: string,
  keys: JWTVerifyGetKey,
  settings: OidcSettings,
  now: number,
): Promise<SignIn | "key-unknown"> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: settings.issuer,
      audience: [...settings.audiences],
      requiredClaims: ["exp", "sub"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
    });
    const user = userOf(payload, settings);
    return user === null ? INVALID : { kind: "user", user };
  } catch (error) {
    return error instanceof errors.JWKSNoMatchingKey ? "key-unknown" : INVALID;
  }
}
