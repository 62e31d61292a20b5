/** The features that a token names (FEA-1). */

import type { Claims, FeatureValue } from "./token.ts";

/** The feature's value, true where it has none; undefined where the token does not name it itself. */
export function featureOf(claims: Pick<Claims, "features">, name: string): FeatureValue | undefined {
  const { features } = claims;
  return features !== undefined && Object.hasOwn(features, name) ? features[name] : undefined;
}
