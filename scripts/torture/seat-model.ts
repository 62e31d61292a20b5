/**
 * The seat model: what one license answers if its calls come one after another (SEAT-1, SEAT-3, LEASE-3 to LEASE-5,
 * STAND-2, STAND-3), said without a line of the product. Time is the server's: most answers tell it; of the others it
 * is known to lie between sending and answer. Of a call that was never answered the effect's instant is not known, so a
 * lease's end is an interval: before `endFrom` it surely runs, from `endBy` on it surely does not.
 */

import type { Model } from "./linearizability.ts";

export type SeatCall =
  | { readonly does: "activate"; readonly device: string }
  | { readonly does: "renew" | "check-in" | "check-out"; readonly session: string }
  | { readonly does: "limit"; readonly to: number }
  | { readonly does: "suspend" | "revoke"; readonly to: boolean }
  | { readonly does: "look" };

/** Instants in epoch ms. */
export type SeatAnswer =
  | { readonly says: "granted"; readonly session: string; readonly at: number; readonly leaseEnd: number | null }
  | { readonly says: "released"; readonly at: number }
  | { readonly says: "full"; readonly limit: number; readonly used: number }
  | { readonly says: "revoked" | "suspended" | "unknown" }
  /** A license as it was shown: to a look, or to a change. */
  | {
      readonly says: "license";
      readonly live: number;
      readonly limit: number;
      readonly suspended: boolean;
      readonly revoked: boolean;
      readonly updatedAt: number;
    };

/** A call, its answer (null = none came), and between which instants it took effect if it did. */
export interface SeatOp {
  readonly call: SeatCall;
  readonly answer: SeatAnswer | null;
  readonly from: number;
  readonly to: number;
}

interface Held {
  readonly device: string;
  /** Null: the answer that named it never came. */
  readonly session: string | null;
  readonly endFrom: number;
  readonly endBy: number;
}

export interface SeatState {
  /** The instant of the last call. */
  readonly now: number;
  readonly limit: number;
  readonly suspended: boolean;
  readonly revoked: boolean;
  /** Sorted by device. */
  readonly held: readonly Held[];
  /** Sessions that some answer has named. */
  readonly named: ReadonlySet<string>;
}

export interface SeatTerms {
  /** 0 = unlimited. */
  readonly limit: number;
  /** Null = a seat without a lease. */
  readonly leaseMs: number | null;
}

export function seatModel(terms: SeatTerms): Model<SeatState, SeatOp> {
  const { leaseMs } = terms;
  return {
    initial: { now: 0, limit: terms.limit, suspended: false, revoked: false, held: [], named: new Set() },
    step: (state, op) => (op.answer === null ? effects(state, op, leaseMs) : answered(state, op, op.answer, leaseMs)),
    key: ({ now, limit, suspended, revoked, held }) =>
      `${now} ${limit} ${suspended} ${revoked} ${held.map((each) => Object.values(each).join()).join(";")}`,
  };
}

/** The one call's turn at an instant: lapsed seats are gone. */
function at(state: SeatState, now: number): SeatState {
  const held = state.held.filter(({ endBy }) => endBy > now);
  return { ...state, now, held };
}

/**
 * The earliest instant from which on it may be this call's turn. An earlier one leaves more to what follows, so it is
 * enough to try it.
 */
function earliest({ now }: SeatState, { from }: SeatOp): number {
  return Math.max(now, from);
}

function answered(state: SeatState, op: SeatOp, answer: SeatAnswer, leaseMs: number | null): readonly SeatState[] {
  switch (answer.says) {
    case "granted":
      return inTime(state, op, answer.at) ? granted(at(state, answer.at), op.call, answer, leaseMs) : [];
    case "released":
      return inTime(state, op, answer.at) ? released(at(state, answer.at), op.call) : [];
    case "full":
      return full(state, op, answer);
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

/** CLOCK-1: the license's clock never goes back. */
function inTime({ now }: SeatState, { from, to }: SeatOp, instant: number): boolean {
  return instant >= now && instant >= from && instant <= to;
}

function moved(state: SeatState, op: SeatOp): readonly SeatState[] {
  const now = earliest(state, op);
  return now <= op.to ? [at(state, now)] : [];
}

function granted(
  state: SeatState,
  call: SeatCall,
  { session, leaseEnd }: Extract<SeatAnswer, { says: "granted" }>,
  leaseMs: number | null,
): readonly SeatState[] {
  if (state.revoked || state.suspended) return [];
  const end = leaseEnd ?? Infinity;
  const fresh = leaseMs === null ? Infinity : state.now + leaseMs;
  const isHere = (seat: Held) => (call.does === "activate" ? seat.device === call.device : seat.session === session);
  const mine = state.held.find(isHere);
  const next: SeatState[] = [];
  // SEAT-3, LEASE-3: the same session goes on, its lease never shortened.
  if (mine !== undefined && (mine.session ?? session) === session && isNewName(state, mine, session)) {
    if (end >= Math.max(fresh, mine.endFrom) && end <= Math.max(fresh, mine.endBy))
      next.push(named(withSeat(state, { ...mine, session, endFrom: end, endBy: end }), session));
  }
  if (call.does !== "activate" || state.named.has(session) || end !== fresh) return next;
  // SEAT-1: a new seat. One of this device that may have lapsed, has.
  if (mine !== undefined && mine.endFrom > state.now) return next;
  const others = state.held.filter((seat) => seat !== mine);
  if (surely({ ...state, held: others }).length < room(state))
    next.push(named(withSeat(state, { device: call.device, session, endFrom: end, endBy: end }), session));
  return next;
}

/** LEASE-5: a session that has been named before is not the one that nobody has heard of. */
function isNewName(state: SeatState, seat: Held, session: string): boolean {
  return seat.session !== null || !state.named.has(session);
}

function released(state: SeatState, call: SeatCall): readonly SeatState[] {
  if (call.does !== "check-out" || state.revoked) return [];
  const mine = state.held.find(({ session }) => session === call.session);
  return mine === undefined ? [] : [{ ...state, held: state.held.filter((seat) => seat !== mine) }];
}

/** SEAT-4: full only while it is full by the clock, and for no device that has a seat. */
function full(state: SeatState, op: SeatOp, { limit, used }: Extract<SeatAnswer, { says: "full" }>): SeatState[] {
  if (op.call.does !== "activate" || state.revoked || state.suspended) return [];
  if (limit !== state.limit || limit <= 0 || used < limit) return [];
  const { device } = op.call;
  return firstOf(state, op, (then) => {
    const hasSeat = surely(then).some((seat) => seat.device === device);
    return !hasSeat && surely(then).length <= used && used <= then.held.length;
  });
}

function suspendedRefusal(state: SeatState, op: SeatOp): readonly SeatState[] {
  if (!state.suspended || state.revoked) return [];
  const { call } = op;
  if (call.does === "activate") return moved(state, op);
  if (call.does !== "renew" && call.does !== "check-in") return [];
  // STAND-4: whether the session lives comes first.
  return firstOf(state, op, (then) => then.held.some(({ session }) => session === call.session));
}

function unknown(state: SeatState, op: SeatOp): readonly SeatState[] {
  const { call } = op;
  if (!("session" in call) || state.revoked) return [];
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
function effects(state: SeatState, op: SeatOp, leaseMs: number | null): readonly SeatState[] {
  const { call } = op;
  const start = earliest(state, op);
  if (start > op.to) return [];
  const then = at(state, start);
  if ("to" in call) {
    const after = changed(then, call);
    return after === then ? [] : [after];
  }
  if (call.does === "look" || state.revoked) return [];
  if (call.does === "check-out") return released(then, call);
  if (state.suspended) return [];
  if (call.does === "activate") return activatedUnheard(state, op, call.device, leaseMs);
  const mine = then.held.find(({ session }) => session === call.session);
  return mine === undefined ? [] : [withSeat(then, prolonged(mine, start, op.to, leaseMs))];
}

function activatedUnheard(state: SeatState, op: SeatOp, device: string, leaseMs: number | null): readonly SeatState[] {
  const then = at(state, earliest(state, op));
  const mine = then.held.find((seat) => seat.device === device);
  const resumed = mine === undefined ? [] : [withSeat(then, prolonged(mine, then.now, op.to, leaseMs))];
  const begun = firstOf(state, op, (later) => {
    const others = surely(later).filter((seat) => seat.device !== device);
    const hasSeat = surely(later).some((seat) => seat.device === device);
    return !hasSeat && others.length < room(later);
  }).map((later) => {
    const seat = { device, session: null, endFrom: 0, endBy: 0 };
    return withSeat(later, prolonged(seat, later.now, op.to, leaseMs));
  });
  return [...resumed, ...begun];
}

function prolonged(seat: Held, from: number, to: number, leaseMs: number | null): Held {
  if (leaseMs === null) return { ...seat, endFrom: Infinity, endBy: Infinity };
  return { ...seat, endFrom: Math.max(seat.endFrom, from + leaseMs), endBy: Math.max(seat.endBy, to + leaseMs) };
}

/**
 * The state at the first instant of the call's time at which `holds`: only ends of leases change anything on the way.
 */
function firstOf(state: SeatState, op: SeatOp, holds: (then: SeatState) => boolean): SeatState[] {
  const start = earliest(state, op);
  const ends = state.held.flatMap(({ endFrom, endBy }) => [endFrom, endBy]).filter((end) => end > start);
  const instants = [start, ...new Set(ends.toSorted((one, other) => one - other))].filter(
    (instant) => instant <= op.to,
  );
  const found = instants.map((instant) => at(state, instant)).find(holds);
  return found === undefined ? [] : [found];
}

/** Seats that are taken for certain. */
function surely({ held, now }: SeatState): readonly Held[] {
  return held.filter(({ endFrom }) => endFrom > now);
}

function room({ limit }: SeatState): number {
  return limit <= 0 ? Infinity : limit;
}

function withSeat(state: SeatState, seat: Held): SeatState {
  const others = state.held.filter(({ device }) => device !== seat.device);
  return { ...state, held: [...others, seat].toSorted((one, other) => (one.device < other.device ? -1 : 1)) };
}

function named(state: SeatState, session: string): SeatState {
  return state.named.has(session) ? state : { ...state, named: new Set([...state.named, session]) };
}
