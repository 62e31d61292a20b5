/** A license with its counters, as events and management calls tell of it. */

import type { LicenseView } from "../terms/license.ts";
import type { Turn } from "./turn.ts";

/**
 * What some events say beside the license: of a renewal or an extension, and of a limit that was reached or
 * passed.
 */
export interface Beside {
  readonly renewalReference?: string | null;
  readonly limit?: number;
  readonly used?: number;
}

/** `activations`: those live by the clock (CNT-1), which the caller has counted. */
export function viewWith(turn: Turn, activations: number): LicenseView {
  return {
    ...turn.license,
    totalActivations: activations,
    totalDeactivations: turn.tally.deactivations,
    lastUsedAt: turn.memory.lastUsedAt ?? turn.tally.lastUsedAt,
    currentReleaseVersion: turn.tally.releaseVersion,
  };
}
