/** A license as events and management calls tell of it, whole; the log's copy leaves out its key (EVT-3). */

import { viewWith, type Beside } from "../turn/license-view.ts";
import type { LicenseView } from "../terms/license.ts";
import { inUse, lapsedUses } from "./seats.ts";
import type { Turn } from "../turn/turn.ts";

/** The license with its counters after the change: domain `LicenseView`. */
export function licenseData(turn: Turn, beside: Beside = {}): Readonly<Record<string, unknown>> {
  return { ...viewOf(turn), ...beside };
}

/** CNT-1: by the clock. */
export function viewOf(turn: Turn): LicenseView {
  return viewWith(turn, inUse(turn).activations, lapsedUses(turn));
}
