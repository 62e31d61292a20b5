/**
 * Gives an activation back before its clock does, whoever asks: its seat is free, or held for its token (SEAT-10), or
 * free although the token goes on, where the vendor says so.
 */

import { activationData } from "./activation-data.ts";
import { count, ENDED, HOLD_ENDED } from "../turn/counters.ts";
import type { Changes } from "../license/event.ts";
import type { Activation } from "../turn/ledger.ts";
import { rememberClock } from "./rolling.ts";
import { hold } from "./seats.ts";
import { remove } from "./stored.ts";
import { emit, type Turn } from "../turn/turn.ts";

/** The activation is live. Its id never comes back (LEASE-5); its device keeps a clock of its own (EXP-3). */
export function release(turn: Turn, activation: Activation, wanted: "hold" | "none" = "hold"): void {
  rememberClock(turn, activation);
  const tokenEnd = turn.license.terms.seatRelease === "after-token" ? activation.tokenEnd : null;
  const heldUntil = tokenEnd !== null && tokenEnd > turn.now ? tokenEnd : null;
  if (heldUntil !== null && wanted === "hold") {
    hold(turn, activation, heldUntil);
  } else {
    remove(turn, activation);
    count(turn, activation, ENDED);
  }
  const changes = wanted === "none" && heldUntil !== null ? withoutHold(heldUntil) : {};
  emit(turn, "activation.deleted", changes, activationData(turn, activation));
}

/** SEAT-10: of one that has ended, as was told, and is held. What the lease's end was, nobody knows any more. */
export function releaseHold(turn: Turn, held: Activation): void {
  remove(turn, held);
  count(turn, held, HOLD_ENDED);
  const ended = { ...held, leaseEnd: null };
  emit(turn, "activation.updated", withoutHold(held.leaseEnd), activationData(turn, ended));
}

function withoutHold(until: number | null): Changes {
  return { heldUntil: { before: until, after: null } };
}
