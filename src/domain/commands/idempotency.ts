/**
 * Idempotency keys (MGMT-4): a call that carries one has its effect once, and the same outcome for 24 hours by the
 * object's clock. The record is written in the turn of the effect; only a yes is kept.
 */

import type { Idempotency } from "../license/calls.ts";
import { dayOf } from "../turn/denials.ts";
import { OF_DEVICES, type IdempotencyRecord, type IdempotencyBudget, type IdempotencyCounts } from "../turn/ledger.ts";
import { no, type Outcome } from "../outcome.ts";
import type { RefusalOf } from "../refusal.ts";
import type { Turn } from "../turn/turn.ts";

/** How long an outcome is kept (ms). */
const KEPT = 86_400_000;
/** Live records of one license in either budget: nothing that devices send leaves the vendor without room. */
export const MOST_RECORDS = 10_000;
/** Records of days gone by that one more record takes away: more than it adds. */
const FORGOTTEN_PER_RECORD = 4;
const FORGOTTEN_PER_ALARM = 200;

/**
 * How a call is made the first time, what of its outcome is kept as text (in that budget), what a repetition answers,
 * and what is done where nothing more can be kept.
 */
export interface Repeatable<T> {
  readonly budget: IdempotencyBudget;
  first(): Outcome<T>;
  unkept(full: RefusalOf<"too-many-requests">): Outcome<T>;
  kept(value: T): string;
  again(record: IdempotencyRecord): Outcome<T>;
}

/**
 * MGMT-4. Call where the license is known, before every other check. Refusals: `idempotency-key-reused` for another
 * body, the call's own, and what it makes of `too-many-requests` where 10,000 records live in its budget.
 */
export function once<T>(turn: Turn, { key, bodyHash }: Idempotency, call: Repeatable<T>): Outcome<T> {
  const record = findRecord(turn, key);
  if (record !== null)
    return record.bodyHash === bodyHash ? call.again(record) : no({ code: "idempotency-key-reused" });
  const full = fullRefusal(turn, call.budget);
  if (full !== null) return call.unkept(full);
  const outcome = call.first();
  if (outcome.ok) keep(turn, { key, bodyHash, outcome: call.kept(outcome.value) });
  return outcome;
}

/** For a vendor's call whose repetition answers just what it answered then, and changes nothing. */
export function asAnswered<T>(first: () => Outcome<T>): Repeatable<T> {
  return {
    budget: "vendor",
    first,
    unkept: no,
    kept: (value) => JSON.stringify(value),
    again: ({ outcome }) => asKept(outcome),
  };
}

function asKept<T>(outcome: string): Outcome<T> {
  return { ok: true, value: JSON.parse(outcome) as T };
}

/** The record of a key that still counts: it is today's or yesterday's. */
export function findRecord(turn: Turn, key: string): IdempotencyRecord | null {
  const today = dayOf(turn.now);
  const record = turn.ledger.idempotency.find(today, key) ?? turn.ledger.idempotency.find(today - 1, key);
  return record !== null && isKept(turn, record.at) ? record : null;
}

/** The effect was taken back: the same key makes it anew. */
export function dropRecord(turn: Turn, record: IdempotencyRecord): void {
  turn.ledger.idempotency.remove(record);
  const { idempotency: records } = turn.memory;
  if (records === null) return;
  const budget = budgetOf(record.outcome);
  const { live, oldestAt } = records[budget];
  turn.memory.idempotency = { ...records, [budget]: { live: live - 1, oldestAt } };
}

/** Bounded, for the alarm; records never set one. */
export function forgetRecords(turn: Turn, most: number = FORGOTTEN_PER_ALARM): void {
  turn.ledger.idempotency.forget(dayOf(turn.now) - 1, most);
}

function keep(turn: Turn, made: Pick<IdempotencyRecord, "key" | "bodyHash" | "outcome">): void {
  const budget = budgetOf(made.outcome);
  const counts = countsFor(turn, budget);
  const { live, oldestAt } = counts[budget];
  turn.ledger.idempotency.save({ day: dayOf(turn.now), at: turn.now, ...made });
  turn.memory.idempotency = { ...counts, [budget]: { live: live + 1, oldestAt: oldestAt ?? turn.now } };
  forgetRecords(turn, FORGOTTEN_PER_RECORD);
}

function budgetOf(outcome: string): IdempotencyBudget {
  return outcome.startsWith(OF_DEVICES) ? "devices" : "vendor";
}

function fullRefusal(turn: Turn, budget: IdempotencyBudget): RefusalOf<"too-many-requests"> | null {
  const { live, oldestAt } = countsFor(turn, budget)[budget];
  if (live < MOST_RECORDS || oldestAt === null) return null;
  return { code: "too-many-requests", retryAfterSeconds: Math.ceil((oldestAt + KEPT - turn.now) / 1000) };
}

/** Counted once per life of the memory, and anew when the budget is full and its oldest is over: never too low. */
function countsFor(turn: Turn, budget: IdempotencyBudget): IdempotencyCounts {
  const known = turn.memory.idempotency;
  const { live, oldestAt } = known?.[budget] ?? { live: 0, oldestAt: null };
  const isOver = oldestAt !== null && !isKept(turn, oldestAt);
  if (known !== null && !(live >= MOST_RECORDS && isOver)) return known;
  turn.memory.idempotency = turn.ledger.idempotency.since(turn.now - KEPT);
  return turn.memory.idempotency;
}

function isKept(turn: Turn, at: number): boolean {
  return at > turn.now - KEPT;
}
