/** A license with its counters, as events and management calls tell of it. */

import type { LicenseView, MeterUses } from "../terms/license.ts";
import { countsOf, NO_USES, usesKey } from "./meter-counts.ts";
import type { LapseCount, Turn } from "./turn.ts";

/**
 * What some events say beside the license: of a renewal or an extension, and of a limit that was reached or
 * passed.
 */
export interface Beside {
  readonly renewalReference?: string | null;
  readonly limit?: number;
  readonly used?: number;
}

/** `activations`: those live by the clock (CNT-1), and `lapsed`: uses of the others; the caller has counted both. */
export function viewWith(turn: Turn, activations: number, lapsed: LapseCount["uses"]): LicenseView {
  const meterUses = usesOf(turn, lapsed);
  return {
    ...turn.license,
    totalActivations: activations,
    totalDeactivations: turn.tally.deactivations,
    lastUsedAt: turn.memory.lastUsedAt ?? turn.tally.lastUsedAt,
    currentReleaseVersion: turn.tally.releaseVersion,
    ...(meterUses.length === 0 ? {} : { meterUses }),
  };
}

/** METER-1: of the meter attributes of which anything was ever counted. */
export function usesOf(
  turn: Pick<Turn, "ledger" | "license">,
  lapsed: LapseCount["uses"] = NO_USES,
): readonly MeterUses[] {
  const counts = countsOf(turn);
  return turn.license.terms.meterAttributes.flatMap(({ id, floating }) => {
    const count = counts.get(id);
    if (count === undefined) return [];
    const over = floating ? (lapsed.get(usesKey(id, count.round)) ?? 0) : 0;
    return { id, total: count.total - over, gross: count.gross };
  });
}
