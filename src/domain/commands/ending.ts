/**
 * What the vendor does to activations: looks at them, ends one, ends those of a time. Nothing of it is a client's
 * deactivation, so nothing is counted or limited (CNT-1), and it goes in every standing (STAND-4).
 */

import type { ActivationView, Contact, EndCall, EndStep, Range } from "../seats/activation-view.ts";
import { activationView } from "../seats/activation-data.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { release, releaseHold } from "../seats/give-back.ts";
import { isDead, isHeld, isLive, sweepOne } from "../seats/seats.ts";
import type { Turn } from "../turn/turn.ts";

/** LEASE-6: of one page. */
const MOST_CONTACTS = 100;
/** SEAT-6: what one step of ending many reads; it stops after the read with which it has ended so many. */
const ROWS_PER_READ = 200;
const READS_PER_STEP = 5;
const ENDINGS_PER_STEP = 200;

/** The activation as it is by the clock, and writes nothing. Refuses `session-unknown`. */
export function seeActivation(turn: Turn, id: string): Outcome<ActivationView> {
  const activation = turn.ledger.activation(id);
  if (activation === null || !isLive(turn, activation)) return no({ code: "session-unknown" });
  return yes(activationView(turn, activation));
}

/** LEASE-6: of those of `ids` that have not ended; a lease that is over but not swept shows its end. */
export function contactsOf(turn: Turn, ids: readonly string[]): readonly Contact[] {
  return ids.slice(0, MOST_CONTACTS).flatMap((id) => {
    const activation = turn.ledger.activation(id);
    if (activation === null || activation.released || isDead(turn, activation)) return [];
    const { contactAt, leaseExpiresAt, expiresAt, meterAttributes } = activationView(turn, activation);
    return { id, contactAt, leaseExpiresAt, expiresAt, meterAttributes };
  });
}

/**
 * SEAT-10: `none` leaves no hold, and frees one that is there. Refuses `session-unknown`, also the second time. A lapse
 * that it meets is told of as one (LEASE-5).
 */
export function endActivation(turn: Turn, id: string, wanted: "hold" | "none" = "hold"): Outcome<null> {
  const activation = turn.ledger.activation(id);
  if (activation !== null && isLive(turn, activation)) {
    release(turn, activation, wanted);
    return yes(null);
  }
  sweepOne(turn, id);
  const held = wanted === "none" ? turn.ledger.activation(id) : null;
  if (held === null || !isHeld(turn, held)) return no({ code: "session-unknown" });
  releaseHold(turn, held);
  return yes(null);
}

/**
 * One step of ending the live activations of both ranges, in the order of birth. Whoever came after the first step is
 * not among them, whatever the ranges say. Lapses are left to the sweep.
 */
export function endActivations(turn: Turn, { created, contact, cursor }: EndCall): EndStep {
  const upto = cursor?.upto ?? turn.tally.nextSeq - 1;
  let after = Math.max(cursor?.after ?? bornBefore(turn, created.from, upto), turn.tally.deadUpto);
  let ended = 0;
  for (let read = 0; read < READS_PER_STEP && ended < ENDINGS_PER_STEP; read += 1) {
    const rows = turn.ledger.range(after, upto, ROWS_PER_READ);
    const due = rows.filter((row) => isLive(turn, row) && isIn(created, row.createdAt) && isIn(contact, row.contactAt));
    for (const row of due) release(turn, row);
    ended += due.length;
    const last = rows.at(-1);
    const isLast = rows.length < ROWS_PER_READ || last === undefined;
    if (isLast || (created.below !== null && last.createdAt >= created.below)) return { ended, next: null };
    after = last.seq;
  }
  return { ended, next: { after, upto } };
}

function isIn({ from, below }: Range, at: number): boolean {
  return (from === null || at >= from) && (below === null || at < below);
}

/** CLOCK-1: who is born later has no earlier `createdAt`, so the last one born before `from` is found by halving. */
function bornBefore(turn: Turn, from: number | null, upto: number): number {
  const { deadUpto } = turn.tally;
  return from === null ? deadUpto : lastBefore(turn, from, deadUpto, upto);
}

/** The greatest stored seq in (low, high] born before `from`, or `low`. */
function lastBefore(turn: Turn, from: number, low: number, high: number): number {
  if (low >= high) return low;
  const middle = Math.ceil((low + high) / 2);
  const [row] = turn.ledger.range(middle - 1, high, 1);
  return row !== undefined && row.createdAt < from
    ? lastBefore(turn, from, row.seq, high)
    : lastBefore(turn, from, low, middle - 1);
}
