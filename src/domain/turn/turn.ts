/** One call's turn at a license: what it read, what it changes, and the instant that decides (CLOCK-1). */

import type { Caller } from "../license/calls.ts";
import { NO_USAGE, writeDenials, type UsageMemory } from "./denials.ts";
import type { Changes, EventType } from "../license/event.ts";
import type { Ledger, IdempotencyCounts, Tally } from "./ledger.ts";
import type { License } from "../terms/license.ts";

/**
 * Remembered between calls: how many counted seats are over by the clock, true until `nextEnd` or the next change of a
 * lease's lower bound.
 */
export interface LapseCount {
  readonly seats: number;
  readonly activations: number;
  /** The earliest instant at which one more may lapse, a lower bound; null = none. */
  readonly nextEnd: number | null;
  /** The earliest end of a lease that is over; null = none is. */
  readonly oldest: number | null;
  /** METER-1: what the activations that are over have used, by `usesKey` (src/domain/turn/meter-counts.ts). */
  readonly uses: ReadonlyMap<string, number>;
}

/** Kept in memory by the object's keeper; dropped when a transaction rolls back. */
export interface Memory {
  lapses: LapseCount | null;
  usage: UsageMemory;
  lastUsedAt: number | null;
  /** MGMT-4: how many kept outcomes there are at most, and when the oldest came; null = not counted yet. */
  idempotency: IdempotencyCounts | null;
  /** Greatest `now` of any turn, reads and refusals too: what was counted or answered then stays true (CLOCK-1). */
  clock: number;
}

export function freshMemory(): Memory {
  return { lapses: null, usage: NO_USAGE, lastUsedAt: null, idempotency: null, clock: 0 };
}

export interface Turn {
  readonly ledger: Ledger;
  readonly memory: Memory;
  readonly now: number;
  readonly caller: Caller;
  /** LEASE-6: activations whose copy in D1 should be sent again after the answer. */
  readonly staleProjections: string[];
  license: License;
  tally: Tally;
}

/**
 * CLOCK-1: `now` is the machine's clock, but never before an instant that was acted on, or that this instance has
 * answered at.
 */
export function openTurn(ledger: Ledger, memory: Memory, clock: number, caller: Caller): Turn {
  const license = ledger.license();
  const tally = ledger.tally();
  const now = Math.max(clock, memory.clock, tally.clock, license.terms.createdAt);
  memory.clock = now;
  return { ledger, memory, now, caller, staleProjections: [], license, tally };
}

/** Writes the tally once, if anything moved, and refusals along with it. */
export function closeTurn(turn: Turn, before: Tally): void {
  if (turn.tally === before) return;
  writeDenials(turn);
  const lastUsedAt = turn.memory.lastUsedAt ?? turn.tally.lastUsedAt;
  turn.ledger.saveTally({ ...turn.tally, clock: turn.now, lastUsedAt });
}

export function move(turn: Turn, change: Partial<Tally>): void {
  turn.tally = { ...turn.tally, ...change };
}

/** EVT-1: what the clock brings about is the alarm's, whichever call finds it. */
export const ALARM: Caller = { actor: { type: "system", id: "alarm" }, requestId: "alarm" };

/**
 * EVT-1: the event commits with the change, under the next sequence number. `by`: who did it, where it was not the
 * caller.
 */
export function emit(
  turn: Turn,
  type: EventType,
  changes: Changes,
  data: Readonly<Record<string, unknown>>,
  by: Caller = turn.caller,
): void {
  const seq = turn.tally.eventSeq + 1;
  move(turn, { eventSeq: seq });
  const { actor, requestId } = by;
  const body = { at: turn.now, subjectId: turn.license.id, actor, requestId, changes, data };
  turn.ledger.enqueue({ seq, id: turn.ledger.newId(), type, body: JSON.stringify(body) });
}
