/**
 * Writes a concurrent history down: what was sent and answered, in one common order, and between which instants it took
 * effect.
 */

import type { Call } from "./linearizability.ts";
import type { SeatAnswer, SeatCall, SeatOp } from "./seat-state.ts";

/** A call that was sent. */
export interface Entry {
  readonly call: SeatCall;
  readonly sent: number;
  readonly from: number;
  answered: number | null;
  to: number;
  answer: SeatAnswer | null;
}

export class History {
  readonly #entries: Entry[] = [];
  #position = 0;

  get length(): number {
    return this.#entries.length;
  }

  /** `now`: epoch ms of the same clock that the server has. */
  sent(call: SeatCall, now: number): Entry {
    const sent = (this.#position += 1);
    const entry: Entry = { call, sent, from: now, answered: null, to: Infinity, answer: null };
    this.#entries.push(entry);
    return entry;
  }

  /** Null = an answer that says nothing of what has happened; the call may take effect still. */
  answered(entry: Entry, answer: SeatAnswer | null, now: number): void {
    if (answer === null) return;
    entry.answer = answer;
    entry.to = now;
    entry.answered = this.#position += 1;
  }

  /** No answer will come: whoever would have given it is dead since `now`. */
  lost(entry: Entry, now: number): void {
    entry.to = now;
  }

  calls(): readonly Call<SeatOp>[] {
    return this.#entries.map(({ call, sent, from, answered, to, answer }) => ({
      op: { call, answer, from, to },
      sent,
      answered,
    }));
  }
}
