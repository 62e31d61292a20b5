/**
 * A whole turn: what the clock has brought about is told first, then the work, then what its changes bring about at
 * once.
 */

import type { Caller } from "../license/calls.ts";
import type { Ledger } from "../turn/ledger.ts";
import { tellDue, tellOfChange } from "../seats/notices.ts";
import { closeTurn, openTurn, type Memory, type Turn } from "../turn/turn.ts";

export interface Taken<T> {
  readonly answer: T;
  readonly turn: Turn;
  /** The tally as the turn found it. */
  readonly before: Turn["tally"];
}

/**
 * Runs `work` in one turn at `clock` (epoch ms). The caller brings the transaction; a throw leaves `memory` to be
 * reset.
 */
export function takeTurn<T>(
  ledger: Ledger,
  memory: Memory,
  clock: number,
  caller: Caller,
  work: (turn: Turn) => T,
): Taken<T> {
  const turn = openTurn(ledger, memory, clock, caller);
  const before = turn.tally;
  tellDue(turn);
  const { license } = turn;
  const answer = work(turn);
  tellOfChange(turn, license);
  closeTurn(turn, before);
  return { answer, turn, before };
}
