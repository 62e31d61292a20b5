/** A license with its counters, as events and management calls tell of it. */

import type { LicenseView } from "../terms/license.ts";
import type { Turn } from "./turn.ts";

/** `activations`: those live by the clock (CNT-1), which the caller has counted. */
export function viewWith(turn: Turn, activations: number): LicenseView {
  return {
    ...turn.license,
    totalActivations: activations,
    totalDeactivations: turn.tally.deactivations,
    lastUsedAt: turn.memory.lastUsedAt ?? turn.tally.lastUsedAt,
  };
}
