/**
 * What tokens say of features: the license's own, and what its entitlement set gives, from the isolate's cache, at most
 * 60 s late, stale while D1 fails (SNAP-1, FEAT-2).
 */

import { effectiveFeatures, type EffectiveFeature, type HeldFeature } from "../domain/license/entitlements.ts";
import { yes, type Outcome } from "../domain/outcome.ts";
import type { SetEntitlement } from "../domain/terms/license.ts";
import { FreshMap, type Moment } from "../tokens/fresh-map.ts";

/** The license's own features that hold, and its set. */
export interface Entitled {
  readonly features: readonly HeldFeature[];
  /** Null = it has none. */
  readonly entitlementSetId: string | null;
}

export interface EntitlementFacts {
  /** Refusal: `storage-unavailable`, only while nothing is known of the set. One that is gone gives nothing. */
  of(entitled: Entitled, moment: Moment): Promise<Outcome<readonly EffectiveFeature[]>>;
}

const FRESHNESS = {
  refreshFromMs: 30_000,
  reloadFromMs: 60_000,
  servedUntilMs: Number.POSITIVE_INFINITY,
  limit: 1_000,
};

/** `find` rejects when D1 fails; null = there is no such set. */
export function openEntitlementFacts(
  find: (setId: string) => Promise<readonly SetEntitlement[] | null>,
): EntitlementFacts {
  const sets = new FreshMap<readonly SetEntitlement[]>(FRESHNESS, async (setId) => (await find(setId)) ?? []);
  return {
    async of({ features, entitlementSetId }, moment) {
      if (entitlementSetId === null) return yes(effectiveFeatures(features, []));
      const given = await sets.get(entitlementSetId, moment);
      if (!given.ok) return { ok: false, refusal: { code: "storage-unavailable" } };
      return yes(effectiveFeatures(features, given.value));
    },
  };
}
