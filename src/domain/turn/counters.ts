/**
 * The counters of seats and live activations, in the tally: what every grant, give-back and lapse moves (SEAT-6,
 * AUTH-6).
 */

import { sharesSeat } from "./holders.ts";
import { returnAllUses, returnOwnedUses, returnUses } from "./meter-counts.ts";
import type { Activation } from "./ledger.ts";
import { move, type Turn } from "./turn.ts";

/** How many more, or fewer. */
export interface Step {
  readonly seats: number;
  readonly activations: number;
}

/** A seat with its live activation; a seat that stays as a hold; the end of a hold. */
export const GRANTED: Step = { seats: 1, activations: 1 };
export const ENDED: Step = { seats: -1, activations: -1 };
export const PUT_ON_HOLD: Step = { seats: 0, activations: -1 };
export const HOLD_ENDED: Step = { seats: -1, activations: 0 };

/** `facts`: absent of one that has used nothing yet. */
type Counted = Pick<Activation, "seq" | "owner" | "holder"> & Partial<Pick<Activation, "facts">>;

/**
 * Counts a step of one activation, before or after its row is written: among the owned ones too if somebody owns it.
 * SEAT-2: the seat that a person's devices share comes with the first of them, and goes with the last. METER-1: uses
 * that float come back with the end of the activation.
 */
export function count(turn: Turn, of: Counted, step: Step): void {
  // What is left of theirs may have lapsed.
  if (of.holder !== null) turn.memory.lapses = null;
  const seats = step.seats !== 0 && sharesSeat(turn, of) ? 0 : step.seats;
  const { seatsTaken, activationsTaken } = turn.tally;
  move(turn, { seatsTaken: seatsTaken + seats, activationsTaken: activationsTaken + step.activations });
  if (of.owner !== null) countOwned(turn, { seats, activations: step.activations });
  if (step.activations < 0) returnUses(turn, of);
}

/** SEAT-3: a take-over makes an activation that is counted already an owned one. */
export function countOwned(turn: Turn, { seats, activations }: Step): void {
  const { ownedSeatsTaken, ownedActivationsTaken } = turn.tally;
  move(turn, { ownedSeatsTaken: ownedSeatsTaken + seats, ownedActivationsTaken: ownedActivationsTaken + activations });
}

/** Everything up to now has ended (STAND-2, DEL-1): a watermark, so that the answer does not wait for the rows. */
export function endAll(turn: Turn): void {
  turn.memory.lapses = null;
  returnAllUses(turn);
  move(turn, {
    deadUpto: turn.tally.nextSeq - 1,
    seatsTaken: 0,
    activationsTaken: 0,
    ownedSeatsTaken: 0,
    ownedActivationsTaken: 0,
  });
}

/**
 * AUTH-6: everything that a signed-in person owns has ended, holds too; what is anonymous lives on. An epoch, and not a
 * place in the order of birth: an activation from before that is taken over afterwards belongs to the new epoch.
 */
export function endOwned(turn: Turn): void {
  const { tally } = turn;
  if (tally.ownedSeatsTaken === 0) return;
  turn.memory.lapses = null;
  returnOwnedUses(turn);
  move(turn, {
    ownerEpoch: tally.ownerEpoch + 1,
    // The rows may stand anywhere below, also where an earlier tidying has passed.
    ownedDeadUpto: tally.nextSeq - 1,
    ownedTidiedUpto: tally.deadUpto,
    seatsTaken: tally.seatsTaken - tally.ownedSeatsTaken,
    activationsTaken: tally.activationsTaken - tally.ownedActivationsTaken,
    ownedSeatsTaken: 0,
    ownedActivationsTaken: 0,
  });
}
