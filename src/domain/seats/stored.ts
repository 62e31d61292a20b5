/** An activation's row together with what its device is found by (FP-1). */

import type { Activation } from "../turn/ledger.ts";
import type { Turn } from "../turn/turn.ts";
import { partsOf, scopeOf } from "./identity.ts";

/** Under `exact` nobody looks for parts, so none are kept. */
export function store({ ledger, license }: Turn, activation: Activation): void {
  ledger.insertActivation(activation);
  if (activation.device === null || license.terms.fingerprintMatchingStrategy === "exact") return;
  const parts = partsOfRow(ledger, activation);
  if (parts.length > 0) ledger.parts.add(activation.seq, parts);
}

/** The strategy may have been another one when it was stored (SEAT-8). */
export function remove({ ledger }: Turn, activation: Activation): void {
  ledger.deleteActivation(activation);
  if (activation.device === null || !ledger.parts.areUsed()) return;
  const parts = partsOfRow(ledger, activation);
  if (parts.length > 0) ledger.parts.remove(activation.seq, parts);
}

function partsOfRow(ledger: Turn["ledger"], activation: Activation): readonly string[] {
  return partsOf(activation.facts.firstFingerprint, scopeOf(activation), ledger);
}
