/**
 * Idempotency keys (MGMT-4): a call that carries one has its effect once, and the same outcome for 24 hours by the
 * object's clock. The record is written in the turn of the effect; only a yes is kept.
 */

import type { Idempotency } from "./calls.ts";
import { dayOf } from "./denials.ts";
import type { Replay } from "./ledger.ts";
import { no, type Outcome } from "./outcome.ts";
import type { RefusalOf } from "./refusal.ts";
import type { Turn } from "./turn.ts";

/** How long an outcome is kept (ms). */
const KEPT = 86_400_000;
/** Live records of one license. */
export const MOST_REPLAYS = 10_000;
/** Records of days gone by that one more record takes away: more than it adds. */
const FORGOTTEN_PER_RECORD = 4;
const FORGOTTEN_PER_ALARM = 200;

/** How a call is made the first time, what of its outcome is kept as text, and what a repetition answers. */
export interface Repeatable<T> {
  first(): Outcome<T>;
  kept(value: T): string;
  again(replay: Replay): Outcome<T>;
}

/**
 * MGMT-4. Call where the license is known, before every other check. Refusals: `idempotency-key-reused` for another
 * body, `too-many-requests` where 10,000 records live, and the call's own.
 */
export function once<T>(turn: Turn, { key, bodyHash }: Idempotency, call: Repeatable<T>): Outcome<T> {
  const replay = findReplay(turn, key);
  if (replay !== null)
    return replay.bodyHash === bodyHash ? call.again(replay) : no({ code: "idempotency-key-reused" });
  const full = fullRefusal(turn);
  if (full !== null) return no(full);
  const outcome = call.first();
  if (outcome.ok) record(turn, { key, bodyHash, outcome: call.kept(outcome.value) });
  return outcome;
}

/** For a call whose repetition answers just what it answered then, and changes nothing. */
export function asAnswered<T>(first: () => Outcome<T>): Repeatable<T> {
  return { first, kept: (value) => JSON.stringify(value), again: ({ outcome }) => asKept(outcome) };
}

function asKept<T>(outcome: string): Outcome<T> {
  return { ok: true, value: JSON.parse(outcome) as T };
}

/** The record of a key that still counts: it is today's or yesterday's. */
export function findReplay(turn: Turn, key: string): Replay | null {
  const today = dayOf(turn.now);
  const replay = turn.ledger.replays.find(today, key) ?? turn.ledger.replays.find(today - 1, key);
  return replay !== null && isKept(turn, replay.at) ? replay : null;
}

/** The effect was taken back: the same key makes it anew. */
export function dropReplay(turn: Turn, replay: Replay): void {
  turn.ledger.replays.remove(replay);
  const { replays } = turn.memory;
  if (replays !== null) turn.memory.replays = { ...replays, live: replays.live - 1 };
}

/** Bounded, for the alarm; records never set one. */
export function forgetReplays(turn: Turn, most: number = FORGOTTEN_PER_ALARM): void {
  turn.ledger.replays.forget(dayOf(turn.now) - 1, most);
}

function record(turn: Turn, made: Pick<Replay, "key" | "bodyHash" | "outcome">): void {
  const { live, oldestAt } = countOf(turn);
  turn.ledger.replays.save({ day: dayOf(turn.now), at: turn.now, ...made });
  turn.memory.replays = { live: live + 1, oldestAt: oldestAt ?? turn.now };
  forgetReplays(turn, FORGOTTEN_PER_RECORD);
}

function fullRefusal(turn: Turn): RefusalOf<"too-many-requests"> | null {
  const { live, oldestAt } = countOf(turn);
  if (live < MOST_REPLAYS || oldestAt === null) return null;
  return { code: "too-many-requests", retryAfterSeconds: Math.ceil((oldestAt + KEPT - turn.now) / 1000) };
}

/** Counted once per life of the memory, and anew when it says full and its oldest is over: never too low. */
function countOf(turn: Turn): NonNullable<Turn["memory"]["replays"]> {
  const known = turn.memory.replays;
  const isOver = known !== null && known.oldestAt !== null && !isKept(turn, known.oldestAt);
  if (known !== null && !(known.live >= MOST_REPLAYS && isOver)) return known;
  turn.memory.replays = turn.ledger.replays.since(turn.now - KEPT);
  return turn.memory.replays;
}

function isKept(turn: Turn, at: number): boolean {
  return at > turn.now - KEPT;
}
