/** Gives an activation back before its clock does, whoever asks: its seat is free, or held for its token (SEAT-10). */

import { activationData } from "./activation-data.ts";
import { count, ENDED } from "../turn/counters.ts";
import type { Activation } from "../turn/ledger.ts";
import { rememberClock } from "./rolling.ts";
import { hold } from "./seats.ts";
import { emit, type Turn } from "../turn/turn.ts";

/** The activation is live. Its id never comes back (LEASE-5); its device keeps a clock of its own (EXP-3). */
export function release(turn: Turn, activation: Activation): void {
  rememberClock(turn, activation);
  const heldUntil = turn.license.terms.seatRelease === "after-token" ? activation.tokenEnd : null;
  if (heldUntil !== null && heldUntil > turn.now) {
    hold(turn, activation, heldUntil);
  } else {
    turn.ledger.deleteActivation(activation);
    count(turn, activation.owner, ENDED);
  }
  emit(turn, "activation.deleted", {}, activationData(turn, activation));
}
