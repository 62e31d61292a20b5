/**
 * `renew` and `extend` of a license and of its maintenance, once per idempotency key (MGMT-4): looked at before
 * EXP-11's reference.
 */

import type { Changed, ExtendCall, KeyedCall, MaintainCall, PlannedRenewCall } from "../license/calls.ts";
import { applyExtension, applyRenewal } from "./move-end.ts";
import { applyMaintenance } from "./maintain.ts";
import type { Outcome } from "../outcome.ts";
import { asAnswered, once } from "./idempotency.ts";
import type { Turn } from "../turn/turn.ts";

/** Refusals: those of `once` and of `applyRenewal`. */
export function renewOnce(turn: Turn, call: PlannedRenewCall): Outcome<Changed> {
  return onceIfKeyed(turn, call, () => applyRenewal(turn, call));
}

/** Refusals: those of `once` and of `applyExtension`. */
export function extendOnce(turn: Turn, call: ExtendCall): Outcome<Changed> {
  return onceIfKeyed(turn, call, () => applyExtension(turn, call));
}

/** Refusals: those of `once` and of `applyMaintenance`. */
export function maintainOnce(turn: Turn, call: MaintainCall): Outcome<Changed> {
  return onceIfKeyed(turn, call, () => applyMaintenance(turn, call));
}

function onceIfKeyed(turn: Turn, { idempotency }: KeyedCall, change: () => Outcome<Changed>): Outcome<Changed> {
  return idempotency === null ? change() : once(turn, idempotency, asAnswered(change));
}
