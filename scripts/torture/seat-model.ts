/**
 * The seat model: what one license answers if its calls come one after another, by either API (SEAT-1 to SEAT-3,
 * SEAT-9, LEASE-3 to LEASE-5, STAND-1 to STAND-3), said without a line of the product. Time is the server's: most
 * answers tell it; of the others it is known to lie between sending and answer. Of a call that was never answered the
 * effect's instant is not known, so a lease's end is an interval: before `endFrom` it surely runs, from `endBy` on it
 * surely does not.
 */

import type { Model } from "./linearizability.ts";
import {
  admits,
  at,
  earliest,
  firstOf,
  inTime,
  isNewName,
  named,
  newSeat,
  ofDevice,
  ofSession,
  prolonged,
  seatsIn,
  surely,
  turnsOf,
  withSeat,
  type Held,
  type SeatAnswer,
  type SeatCall,
  type SeatOp,
  type SeatState,
  type SeatTerms,
} from "./seat-state.ts";

export function seatModel(terms: SeatTerms): Model<SeatState, SeatOp> {
  return {
    initial: { now: 0, limit: terms.limit, suspended: false, revoked: false, held: [], named: new Set() },
    step: (state, op) => (op.answer === null ? effects(state, op, terms) : answered(state, op, op.answer, terms)),
    key: ({ now, limit, suspended, revoked, held }) =>
      `${now} ${limit} ${suspended} ${revoked} ${held.map((each) => Object.values(each).join()).join(";")}`,
  };
}

function answered(state: SeatState, op: SeatOp, answer: SeatAnswer, terms: SeatTerms): readonly SeatState[] {
  switch (answer.says) {
    case "granted":
      return granted(state, op, answer, terms);
    case "released":
      return turnsOf(state, op, answer.at).flatMap((then) => released(then, op.call));
    case "full":
      return full(state, op, answer, terms);
    case "revoked":
      return state.revoked ? moved(state, op) : [];
    case "suspended":
      return suspendedRefusal(state, op);
    case "unknown":
      return unknown(state, op);
    case "license":
      return license(state, op, answer);
  }
}

function moved(state: SeatState, op: SeatOp): readonly SeatState[] {
  const now = earliest(state, op);
  return now <= op.to ? [at(state, now)] : [];
}

function granted(
  state: SeatState,
  op: SeatOp,
  answer: Extract<SeatAnswer, { says: "granted" }>,
  terms: SeatTerms,
): readonly SeatState[] {
  if (!admits(state, op.call)) return [];
  return turnsOf(state, op, answer.at).flatMap((then) => [
    ...goneOn(then, op, answer, terms),
    ...(op.call.does === "activate" ? begun(then, op, op.call, answer, terms) : []),
  ]);
}

/** SEAT-3, LEASE-3: the same session goes on, its lease never shortened. */
function goneOn(
  state: SeatState,
  { call, to }: SeatOp,
  answer: Extract<SeatAnswer, { says: "granted" }>,
  terms: SeatTerms,
): readonly SeatState[] {
  const { session } = answer;
  const mine = call.does === "activate" ? ofDevice(state, call, terms) : ofSession(state, call);
  if (mine === undefined || (mine.session ?? session) !== session || !isNewName(state, mine, session)) return [];
  const over = agreed(mine.over, answer.over);
  const after = told(prolonged({ ...mine, session }, state.now, answer.at ?? to, terms), answer);
  return after === null || over === undefined ? [] : [named(withSeat(state, mine, { ...after, over }), session)];
}

/** SEAT-1: a new seat. One of this device that may have lapsed, has. */
function begun(
  state: SeatState,
  { to }: SeatOp,
  call: Extract<SeatCall, { does: "activate" }>,
  answer: Extract<SeatAnswer, { says: "granted" }>,
  terms: SeatTerms,
): readonly SeatState[] {
  const { session } = answer;
  const mine = ofDevice(state, call, terms);
  if (state.named.has(session) || (mine !== undefined && mine.endFrom > state.now)) return [];
  const others = { ...state, held: state.held.filter((seat) => seat !== mine) };
  const fresh = newSeat(others, call, terms);
  if (fresh === null) return [];
  const over = agreed(fresh.over, answer.over);
  const after = told(prolonged({ ...fresh, session }, state.now, answer.at ?? to, terms), answer);
  return after === null || over === undefined ? [] : [named(withSeat(state, mine, { ...after, over }), session)];
}

/** SEAT-9: void where what is known is not what is told. */
function agreed(known: boolean | null, answer: boolean | undefined): boolean | null | undefined {
  if (answer === undefined || known === answer) return known;
  return known === null ? answer : undefined;
}

/** Null: the end that was told is none of those that it may have. */
function told(seat: Held, { leaseEnd, rounded = 0 }: Extract<SeatAnswer, { says: "granted" }>): Held | null {
  const end = leaseEnd ?? Infinity;
  const [endFrom, endBy] = [Math.max(seat.endFrom, end), Math.min(seat.endBy, end + rounded)];
  return endFrom <= endBy ? { ...seat, endFrom, endBy } : null;
}

function released(state: SeatState, call: SeatCall): readonly SeatState[] {
  if ((call.does !== "check-out" && call.does !== "deactivate") || state.revoked) return [];
  const mine = ofSession(state, call);
  return mine === undefined ? [] : [{ ...state, held: state.held.filter((seat) => seat !== mine) }];
}

/** SEAT-4: full only while it is full by the clock, and for no device that has a seat, or shares one. */
function full(
  state: SeatState,
  op: SeatOp,
  { limit, used }: Extract<SeatAnswer, { says: "full" }>,
  terms: SeatTerms,
): SeatState[] {
  const { call } = op;
  if (call.does !== "activate" || !admits(state, call)) return [];
  if (limit !== state.limit || limit <= 0 || used < limit + terms.overage) return [];
  return firstOf(state, op, (then) => {
    const certain = { ...then, held: surely(then) };
    if (ofDevice(certain, call, terms) !== undefined) return false;
    const isShared = terms.leasing === "per-user" && certain.held.some(({ holder }) => holder === call.person);
    return !isShared && seatsIn(certain.held) <= used && used <= seatsIn(then.held);
  });
}

function suspendedRefusal(state: SeatState, op: SeatOp): readonly SeatState[] {
  if (!state.suspended || state.revoked) return [];
  const { call } = op;
  if (call.does === "activate" && call.byV3 !== true) return moved(state, op);
  if (call.does !== "renew" && call.does !== "check-in") return [];
  // STAND-4: whether the session lives comes first.
  return firstOf(state, op, (then) => then.held.some(({ session }) => session === call.session));
}

function unknown(state: SeatState, op: SeatOp): readonly SeatState[] {
  const { call } = op;
  if (!("session" in call)) return [];
  // STAND-4: a deactivation comes without the key, and whose row has been tidied away is told nothing of the license.
  if (state.revoked) return call.does === "deactivate" ? moved(state, op) : [];
  return firstOf(state, op, (then) => !surely(then).some(({ session }) => session === call.session));
}

function license(state: SeatState, op: SeatOp, shown: Extract<SeatAnswer, { says: "license" }>): readonly SeatState[] {
  const after = changed(state, op.call);
  const differs = after !== state;
  if (differs && !inTime(state, op, shown.updatedAt)) return [];
  if (after.limit !== shown.limit || after.suspended !== shown.suspended || after.revoked !== shown.revoked) return [];
  const window = differs ? { ...op, from: shown.updatedAt, to: shown.updatedAt } : op;
  return firstOf(after, window, (then) => surely(then).length <= shown.live && shown.live <= then.held.length);
}

/**
 * The state after a change of the terms; the same one if it says what is so already. STAND-2: revoking ends everything.
 */
function changed(state: SeatState, call: SeatCall): SeatState {
  if (call.does === "limit" && call.to !== state.limit) return { ...state, limit: call.to };
  if (call.does === "suspend" && call.to !== state.suspended) return { ...state, suspended: call.to };
  if (call.does === "revoke" && call.to !== state.revoked)
    return { ...state, revoked: call.to, held: call.to ? [] : state.held };
  return state;
}

/** What a call may have done that nobody heard of; doing nothing is the same as never having come. */
function effects(state: SeatState, op: SeatOp, terms: SeatTerms): readonly SeatState[] {
  const { call } = op;
  const start = earliest(state, op);
  if (start > op.to) return [];
  const then = at(state, start);
  if ("to" in call) {
    const after = changed(then, call);
    return after === then ? [] : [after];
  }
  if (call.does === "look" || state.revoked) return [];
  if (call.does === "check-out" || call.does === "deactivate") return released(then, call);
  if (!admits(state, call)) return [];
  if (call.does === "activate") return activatedUnheard(state, op, call, terms);
  const mine = ofSession(then, call);
  return mine === undefined ? [] : [withSeat(then, mine, prolonged(mine, start, op.to, terms))];
}

function activatedUnheard(
  state: SeatState,
  op: SeatOp,
  call: Extract<SeatCall, { does: "activate" }>,
  terms: SeatTerms,
): readonly SeatState[] {
  const then = at(state, earliest(state, op));
  const mine = ofDevice(then, call, terms);
  const resumed = mine === undefined ? [] : [withSeat(then, mine, prolonged(mine, then.now, op.to, terms))];
  const without = (later: SeatState) => ({ ...later, held: later.held.filter((seat) => seat !== mine) });
  const beginning = firstOf(state, op, (later) => {
    const hasSeat = mine !== undefined && mine.endFrom > later.now;
    return !hasSeat && newSeat(without(later), call, terms) !== null;
  }).flatMap((later) => {
    const seat = newSeat(without(later), call, terms);
    return seat === null ? [] : [withSeat(later, mine, prolonged(seat, later.now, op.to, terms))];
  });
  return [...resumed, ...beginning];
}
