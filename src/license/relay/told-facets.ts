/** When D1 is told what the license is found by (MGMT-1). */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { licenseFacets, type Facet } from "../../domain/terms/facets.ts";
import type { Turn } from "../../domain/turn/turn.ts";

/**
 * With the last event that tells of changed terms D1 gets the facets of now. So does every batch of a re-projection,
 * and every one while an event is stuck, which may be such an event. Null: nothing of it changed, and activating costs
 * nothing.
 */
export function facetsToTell(
  { license, tally }: Turn,
  events: readonly LeaseholdEvent[],
  stuckEvents: number,
): readonly Facet[] | null {
  const mayDiffer = events.some(tellsOfTerms) || tally.reprojectFrom !== null || stuckEvents > 0;
  return mayDiffer ? licenseFacets(license) : null;
}

function tellsOfTerms({ type, changes }: LeaseholdEvent): boolean {
  return !type.startsWith("activation.") && Object.keys(changes).length > 0;
}
