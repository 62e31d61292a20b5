/** What the claims of all our tokens have in common. Epoch seconds exist only in tokens. */

import { CompactSign } from "jose";
import type { FeatureValue, HeldFeature } from "../domain/license/entitlements.ts";
import type { Signer } from "./key-ring.ts";

/** By name; undefined = void, and so absent. */
export type Claims = Readonly<Record<string, unknown>>;

/** TOK-2: common verifiers refuse an `iat` that a slow clock takes for the future, so what it says is past. */
export const BACK_DATED_SECONDS = 300;

/** One string where there is one product: every library reads that (RFC 7519, 4.1.3). */
export function audience(productIds: readonly string[]): string | string[] {
  const [only, ...others] = productIds;
  return only !== undefined && others.length === 0 ? only : [...productIds];
}

/**
 * The compact JWS of this JOSE `typ`. JSON leaves out what is void; the library's builder of claims would copy them
 * twice and add none.
 */
export async function signedClaims(
  { algorithm, kid, privateKey }: Signer,
  typ: string,
  claims: Claims,
): Promise<string> {
  return await new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: algorithm, typ, kid })
    .sign(privateKey);
}

/** Rounded down: no token says that something lasts longer than it does. */
export function seconds(at: number): number {
  return Math.floor(at / 1000);
}

/**
 * TOK-2, for both kinds: what the license entitles to, and, where any of it ends by itself, when (epoch s), so that an
 * app without a connection can tell.
 */
export function featureClaims(held: readonly HeldFeature[]): Claims & { readonly features: unknown } {
  const ends = held.flatMap(({ name, expiresAt }) => (expiresAt === null ? [] : [[name, seconds(expiresAt)] as const]));
  return {
    features: featureValues(held),
    features_expire_at: ends.length === 0 ? undefined : Object.fromEntries(ends),
  };
}

/** What an app asks by a name (TOK-2): its value, true where it has none. */
export function featureValues(held: readonly HeldFeature[]): Readonly<Record<string, FeatureValue>> {
  return Object.fromEntries(held.map(({ name, value }) => [name, value ?? true]));
}
