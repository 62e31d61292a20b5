/** `renew` and `extend` of a license with an idempotency key (MGMT-4): looked at before EXP-11's reference. */

import type { Changed, ExtendCall, Idempotency, RenewCall } from "../license/calls.ts";
import { applyExtension, applyRenewal } from "./move-end.ts";
import type { Outcome } from "../outcome.ts";
import { asAnswered, once } from "./replay.ts";
import type { Turn } from "../turn/turn.ts";

/** Refusals: those of `once` and of `applyRenewal`. */
export function renewOnce(turn: Turn, call: RenewCall, idempotency: Idempotency): Outcome<Changed> {
  return once(
    turn,
    idempotency,
    asAnswered(() => applyRenewal(turn, call)),
  );
}

/** Refusals: those of `once` and of `applyExtension`. */
export function extendOnce(turn: Turn, call: ExtendCall, idempotency: Idempotency): Outcome<Changed> {
  return once(
    turn,
    idempotency,
    asAnswered(() => applyExtension(turn, call)),
  );
}
