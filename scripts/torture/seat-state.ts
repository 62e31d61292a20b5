/**
 * One license between two calls, as the seat model sees it: who holds a seat, surely or maybe, and when a call may have
 * had its turn.
 */

export type SeatCall =
  /** `person`: who is signed in. `byV3`: the same by v3's client call. */
  | { readonly does: "activate"; readonly device: string; readonly person?: string; readonly byV3?: true }
  | { readonly does: "renew" | "check-in" | "check-out"; readonly session: string }
  /** v3's, of the device that the session was granted to. */
  | { readonly does: "sync" | "deactivate"; readonly session: string; readonly device: string; readonly byV3: true }
  | { readonly does: "limit"; readonly to: number }
  | { readonly does: "suspend" | "revoke"; readonly to: boolean }
  | { readonly does: "look" };

/** Instants in epoch ms. */
export type SeatAnswer =
  | {
      readonly says: "granted";
      readonly session: string;
      /** Null: the answer does not tell it. */
      readonly at: number | null;
      /** Null = a seat without a lease. */
      readonly leaseEnd: number | null;
      /** How much later it may be, of an answer that tells whole seconds. */
      readonly rounded?: number;
      /** SEAT-9: whether it is a seat above the limit; absent = not told. */
      readonly over?: boolean;
    }
  | { readonly says: "released"; readonly at: number | null }
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

export interface Held {
  readonly device: string;
  /** SEAT-2: whose seat it is, shared with their other devices; null = its own. */
  readonly holder: string | null;
  /** SEAT-9; null = not known. */
  readonly over: boolean | null;
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
  /** In one order. */
  readonly held: readonly Held[];
  /** Sessions that some answer has named. */
  readonly named: ReadonlySet<string>;
}

export interface SeatTerms {
  /** 0 = unlimited. */
  readonly limit: number;
  /** Null = a seat without a lease. */
  readonly leaseMs: number | null;
  /** SEAT-9. */
  readonly overage: number;
  /** SEAT-2. */
  readonly leasing: "per-machine" | "per-instance" | "per-user";
}

/** The one call's turn at an instant: lapsed seats are gone. */
export function at(state: SeatState, now: number): SeatState {
  const held = state.held.filter(({ endBy }) => endBy > now);
  return { ...state, now, held };
}

/**
 * The earliest instant from which on it may be this call's turn. An earlier one leaves more to what follows, so it is
 * enough to try it.
 */
export function earliest({ now }: SeatState, { from }: SeatOp): number {
  return Math.max(now, from);
}

/** The turns that the call may have had: at the instant told, or at any at which a lease may have ended before. */
export function turnsOf(state: SeatState, op: SeatOp, told: number | null): readonly SeatState[] {
  if (told !== null) return inTime(state, op, told) ? [at(state, told)] : [];
  return instantsOf(state, op).map((instant) => at(state, instant));
}

/** CLOCK-1: the license's clock never goes back. */
export function inTime({ now }: SeatState, { from, to }: SeatOp, instant: number): boolean {
  return instant >= now && instant >= from && instant <= to;
}

/** SEAT-1, SEAT-2, SEAT-9; null = there is none. Nobody has named it, and no lease has begun. */
export function newSeat(
  state: SeatState,
  { device, person }: Extract<SeatCall, { does: "activate" }>,
  { leasing, overage }: SeatTerms,
): Held | null {
  const holder = leasing === "per-user" ? (person ?? null) : null;
  const seat = { device, holder, session: null, endFrom: 0, endBy: 0 };
  const theirs = state.held.filter((other) => holder !== null && other.holder === holder);
  const sure = surely({ ...state, held: theirs })[0];
  if (sure !== undefined) return { ...seat, over: sure.over };
  const [least, most] = [seatsIn(surely(state)), seatsIn(state.held)];
  if (theirs.length === 0 && least >= room(state) + overage) return null;
  const known = theirs.length > 0 ? null : least >= room(state) ? true : most < room(state) ? false : null;
  return { ...seat, over: known };
}

/** STAND-1, STAND-2. */
export function admits({ revoked, suspended }: SeatState, call: SeatCall): boolean {
  return !revoked && (!suspended || "byV3" in call);
}

/** SEAT-3: the seat of the same device, in which it may be live. */
export function ofDevice(
  { held }: SeatState,
  { device, person }: Extract<SeatCall, { does: "activate" }>,
  { leasing }: SeatTerms,
): Held | undefined {
  if (leasing === "per-instance") return undefined;
  const holder = leasing === "per-user" ? (person ?? null) : null;
  return held.find((seat) => seat.device === device && seat.holder === holder);
}

export function ofSession({ held }: SeatState, call: SeatCall): Held | undefined {
  return "session" in call ? held.find(({ session }) => session === call.session) : undefined;
}

/** LEASE-5: a session that has been named before is not the one that nobody has heard of. */
export function isNewName(state: SeatState, seat: Held, session: string): boolean {
  return seat.session !== null || !state.named.has(session);
}

export function prolonged(seat: Held, from: number, to: number, { leaseMs }: SeatTerms): Held {
  if (leaseMs === null) return { ...seat, endFrom: Infinity, endBy: Infinity };
  return { ...seat, endFrom: Math.max(seat.endFrom, from + leaseMs), endBy: Math.max(seat.endBy, to + leaseMs) };
}

/**
 * The state at the first instant of the call's time at which `holds`: only ends of leases change anything on the way.
 */
export function firstOf(state: SeatState, op: SeatOp, holds: (then: SeatState) => boolean): SeatState[] {
  const found = instantsOf(state, op)
    .map((instant) => at(state, instant))
    .find(holds);
  return found === undefined ? [] : [found];
}

function instantsOf(state: SeatState, op: SeatOp): readonly number[] {
  const start = earliest(state, op);
  const ends = state.held.flatMap(({ endFrom, endBy }) => [endFrom, endBy]).filter((end) => end > start);
  return [start, ...new Set(ends.toSorted((one, other) => one - other))].filter((instant) => instant <= op.to);
}

/** Seats that are taken for certain. */
export function surely({ held, now }: SeatState): readonly Held[] {
  return held.filter(({ endFrom }) => endFrom > now);
}

function room({ limit }: SeatState): number {
  return limit <= 0 ? Infinity : limit;
}

/** A person's devices have one. */
export function seatsIn(held: readonly Held[]): number {
  const people = new Set(held.flatMap(({ holder }) => holder ?? []));
  return people.size + held.filter(({ holder }) => holder === null).length;
}

/** In place of another one, or beside all. */
export function withSeat(state: SeatState, before: Held | undefined, seat: Held): SeatState {
  const others = state.held.filter((other) => other !== before);
  const order = (one: Held) => `${one.device} ${one.holder} ${one.session} ${one.endFrom}`;
  return { ...state, held: [...others, seat].toSorted((one, other) => (order(one) < order(other) ? -1 : 1)) };
}

export function named(state: SeatState, session: string): SeatState {
  return state.named.has(session) ? state : { ...state, named: new Set([...state.named, session]) };
}
