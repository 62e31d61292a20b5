/**
 * The seats of a license, said naively: a list of holders with ends, looked through one by one. It knows no blocks,
 * counters or watermarks, and shares no code with the rules. Property tests and the simulator count by it alike.
 */

import type { ModelOwner } from "./owner-oracle.ts";

export interface Seat {
  /** Of its kind: what the server calls a session, or its number. */
  readonly session: string | number;
  readonly device: string;
  /** SEAT-2: whoever shares the seat with devices of theirs; null, absent = it is this device's alone. */
  readonly holder?: string | null;
  owner: ModelOwner | null;
  /** Released or lapsed, and counted until `end` (SEAT-10). */
  held: boolean;
  /** Of the lease, or of the hold, epoch ms; null = no end. */
  end: number | null;
  /** The latest end of a token that was let out; null = one without an end. */
  tokenEnd: number | null;
  /** Seconds that the device asked for; null = none. */
  wish: number | null;
  readonly createdAt: number;
  /**
   * SEAT-10: whether the rule was after-token when its lease ended, where it has changed since; null = the rule of now.
   */
  lapsedUnder: boolean | null;
}

/** Longer than clocks in a simulation go back: what is over for so long stays over. */
const FOR_GOOD = 4 * 3_600_000;

export class SeatList<Kind extends Seat> {
  #seats: Kind[] = [];
  #afterToken: boolean;
  /** How many there ever were. */
  born = 0;

  constructor(afterToken: boolean) {
    this.#afterToken = afterToken;
  }

  /** SEAT-10: the rule of now. */
  get afterToken(): boolean {
    return this.#afterToken;
  }

  /** SEAT-10: the rule changes, and what has lapsed stays under the old one. */
  setRule(afterToken: boolean, now: number): void {
    if (afterToken === this.#afterToken) return;
    for (const seat of this.#seats) if (!seat.held && !isLive(seat, now)) seat.lapsedUnder ??= this.#afterToken;
    this.#afterToken = afterToken;
  }

  all(): readonly Kind[] {
    return this.#seats;
  }

  add(seat: Kind): void {
    this.#seats.push(seat);
    this.born += 1;
  }

  /** It has ended, and counts while its token goes on (SEAT-10). */
  release(seat: Kind, now: number): void {
    const goesOn = (seat.lapsedUnder ?? this.#afterToken) && seat.tokenEnd !== null && seat.tokenEnd > now;
    if (!goesOn) this.remove(seat);
    seat.held = true;
    seat.end = seat.tokenEnd;
  }

  remove(seat: Kind): void {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
  }

  /** Those that `ended` names go; what went. */
  removeAll(ended: (seat: Kind) => boolean): readonly Kind[] {
    const gone = this.#seats.filter(ended);
    if (gone.length > 0) this.#seats = this.#seats.filter((seat) => !ended(seat));
    return gone;
  }

  /** Holds that ended long ago. A lapse stays listed until it was told of. */
  forgetOld(now: number): void {
    this.removeAll((seat) => isOldHold(seat, now));
  }

  bySession(session: Kind["session"]): Kind | undefined {
    return this.#seats.find((seat) => seat.session === session);
  }

  /** LEASE-4. */
  liveOf(device: string, now: number): Kind | undefined {
    return this.#seats.find((seat) => seat.device === device && isLive(seat, now));
  }

  /** SEAT-10: not live, and counted all the same. */
  holdOf(device: string, now: number): Kind | undefined {
    return this.#seats.find((seat) => seat.device === device && !isLive(seat, now) && this.counts(seat, now));
  }

  counts(seat: Kind, now: number): boolean {
    const end = this.#seatEnd(seat);
    return end === null || end > now;
  }

  /** A person's devices are one seat, as long as one of them counts. */
  inUse(now: number): number {
    let count = 0;
    const people = new Set<string>();
    for (const seat of this.#seats) {
      if (!this.counts(seat, now)) continue;
      if (seat.holder === undefined || seat.holder === null) count += 1;
      else people.add(seat.holder);
    }
    return count + people.size;
  }

  live(now: number): number {
    let count = 0;
    for (const seat of this.#seats) if (isLive(seat, now)) count += 1;
    return count;
  }

  /** When the first of those that count stops counting; null = none of them does. */
  firstEnd(now: number): number | null {
    const ends = this.#seats.flatMap((seat) => (this.counts(seat, now) ? (this.#seatEnd(seat) ?? []) : []));
    return ends.length === 0 ? null : Math.min(...ends);
  }

  /** SEAT-10: under `after-token`, a lease that has lapsed frees its seat no earlier than its tokens have ended. */
  #seatEnd({ held, end, tokenEnd, lapsedUnder }: Kind): number | null {
    return held || end === null || !(lapsedUnder ?? this.#afterToken) ? end : Math.max(end, tokenEnd ?? 0);
  }
}

export function isLive({ held, end }: Pick<Seat, "held" | "end">, now: number): boolean {
  return !held && (end === null || end > now);
}

function isOldHold({ held, end }: Seat, now: number): boolean {
  return held && end !== null && end <= now - FOR_GOOD;
}
