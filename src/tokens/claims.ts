/** What the claims of all our tokens have in common. Epoch seconds exist only in tokens. */

import { CompactSign } from "jose";
import type { EffectiveFeature, FeatureValue } from "../domain/license/entitlements.ts";
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
 * app without a connection can tell; and what its set gives, where the license's own stands before that (FEAT-2).
 */
export function featureClaims(features: readonly EffectiveFeature[]): Claims & { readonly features: unknown } {
  return {
    features: featureValues(features),
    features_expire_at: byName(features, ({ expiresAt }) => (expiresAt === null ? undefined : seconds(expiresAt))),
    features_base: byName(features, ({ value, baseValue, expiresAt }) =>
      baseValue !== value || expiresAt !== null ? (baseValue ?? undefined) : undefined,
    ),
  };
}

/** What an app asks by a name (TOK-2): its value, true where it has none. */
export function featureValues(features: readonly EffectiveFeature[]): Readonly<Record<string, FeatureValue>> {
  return Object.fromEntries(features.map(({ name, value }) => [name, value]));
}

/** The same of what the license's set gives. */
export function baseValues(features: readonly EffectiveFeature[]): Readonly<Record<string, FeatureValue>> {
  return byName(features, ({ baseValue }) => baseValue ?? undefined) ?? {};
}

/** Of those that have one; undefined = none has. */
function byName<Value>(
  features: readonly EffectiveFeature[],
  of: (feature: EffectiveFeature) => Value | undefined,
): Readonly<Record<string, Value>> | undefined {
  const entries = features.flatMap((feature): [string, Value][] => {
    const value = of(feature);
    return value === undefined ? [] : [[feature.name, value]];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
