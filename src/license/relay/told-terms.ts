/** When D1 is told what was sold, and what the license is found by (MGMT-1). */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { licenseWords, type Folded } from "../../domain/terms/facets.ts";
import type { Turn } from "../../domain/turn/turn.ts";

/**
 * The words of now, which go with the terms of now, so that D1's row and its facets change together. With the last
 * event that tells of changed terms D1 has both. So it has with every batch of a re-projection, of one that goes
 * without events because nobody knows what the last one did, and with every one while an event is stuck, which may be
 * such an event. Null: nothing of it changed, and activating costs nothing.
 */
export function wordsToTell(
  { license, tally }: Turn,
  events: readonly LeaseholdEvent[],
  stuckEvents: number,
): readonly Folded[] | null {
  const isUnsure = tally.reprojectFrom !== null || stuckEvents > 0 || tally.fence > tally.fenceConfirmed;
  return isUnsure || events.some(tellsOfTerms) ? licenseWords(license.key, license.terms.metadata) : null;
}

function tellsOfTerms({ type, changes }: LeaseholdEvent): boolean {
  return !type.startsWith("activation.") && Object.keys(changes).length > 0;
}
