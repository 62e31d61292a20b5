/** Verifies one token with the keys that it is given (AUTH-1): by signature, audience and time. Asks nobody. */

import { errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import type { SignedInUser } from "../domain/license/calls.ts";
import { userOf, type ClaimRules } from "./oidc-claims.ts";

/** What the operator says of the provider (AUTH-1, the variables `OIDC_*`). */
export interface OidcSettings extends ClaimRules {
  /** Exactly as the provider writes it, a slash at the end included. */
  readonly issuer: string;
  /** A token for any one of them is for us. */
  readonly audiences: readonly string[];
}

/**
 * `expired`: genuine and for us, and too old. `key-unknown`: no key with its key id is among these. `invalid`: `reason`
 * is fit for a log, a code of jose's and the name of a claim at most; what the claim says is not in it.
 */
export type Verdict =
  | { readonly kind: "user"; readonly user: SignedInUser }
  | { readonly kind: "expired" }
  | { readonly kind: "key-unknown" }
  | { readonly kind: "invalid"; readonly reason: string };

/** Asymmetric ones alone: with a symmetric one, whoever verifies could sign. The list is ours, never the token's. */
export const ALGORITHMS = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "Ed25519", "EdDSA"],
];
const CLOCK_TOLERANCE_SECONDS = 60;

/** `now`: epoch ms. Never rejects. */
export async function verdictOn(
  token: string,
  keys: JWTVerifyGetKey,
  settings: OidcSettings,
  now: number,
): Promise<Verdict> {
  try {
    const user = userOf(await payloadOf(token, keys, settings, now), settings);
    return user === null ? { kind: "invalid", reason: "no usable sub" } : { kind: "user", user };
  } catch (error) {
    // jose looks at `exp` after the signature, the issuer and the audience.
    if (error instanceof errors.JWTExpired) return { kind: "expired" };
    if (error instanceof errors.JWKSNoMatchingKey) return { kind: "key-unknown" };
    return { kind: "invalid", reason: reasonOf(error) };
  }
}

/** As jose judges the claim; `now` in epoch ms. */
export function hasPassed(exp: number | undefined, now: number): boolean {
  return exp !== undefined && exp <= Math.floor(now / 1000) - CLOCK_TOLERANCE_SECONDS;
}

/** Where several keys match (a provider need give them no ids), the one that verifies decides; each is tried. */
async function payloadOf(
  token: string,
  keys: JWTVerifyGetKey,
  settings: OidcSettings,
  now: number,
): Promise<JWTPayload> {
  const rules = {
    algorithms: ALGORITHMS,
    issuer: settings.issuer,
    audience: [...settings.audiences],
    requiredClaims: ["exp", "sub"],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now),
  };
  try {
    return (await jwtVerify(token, keys, rules)).payload;
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    for await (const key of several) {
      try {
        return (await jwtVerify(token, key, rules)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.code} ${error.claim}`;
  return error instanceof errors.JOSEError ? error.code : "a key that cannot be used";
}
