/**
 * The seats of a license, said naively: a list of holders with ends, looked through one by one. No blocks, no counters.
 */

import type { ModelOwner } from "../../support/owner-oracle.ts";

export interface Seat {
  readonly session: string;
  readonly device: string;
  owner: ModelOwner | null;
  /** Released or lapsed, and counted until `end` (SEAT-10). */
  held: boolean;
  /** Of the lease, or of the hold; null = no end. */
  end: number | null;
  /** The latest end of a token that was let out; null = one without an end. */
  tokenEnd: number | null;
  wish: number | null;
  contactAt: number;
  generation: number;
  /** Of the last token: the license's revision, and its refresh. */
  tokenRevision: number;
  refreshAt: number | null;
  readonly createdAt: number;
  /**
   * SEAT-10: whether the rule was after-token when its lease ended, where it has changed since; null = the rule of now.
   */
  lapsedUnder: boolean | null;
  /** Of birth, from 1. */
  readonly order: number;
}

/** Longer than clocks in a simulation go back: what is over for so long stays over. */
const FOR_GOOD = 4 * 3_600_000;

export class SeatList {
  #seats: Seat[] = [];
  /** How many there ever were. */
  born = 0;

  all(): readonly Seat[] {
    return this.#seats;
  }

  add(seat: Seat): void {
    this.#seats.push(seat);
    this.born += 1;
  }

  /** It has ended, and counts while its token goes on (SEAT-10). */
  release(seat: Seat, now: number, afterToken: boolean): void {
    const goesOn = (seat.lapsedUnder ?? afterToken) && seat.tokenEnd !== null && seat.tokenEnd > now;
    if (!goesOn) this.remove(seat);
    seat.held = true;
    seat.end = seat.tokenEnd;
  }

  /** SEAT-10: the rule changes, and what has lapsed stays under the old one. */
  keepRule(now: number, afterToken: boolean): void {
    for (const seat of this.#seats) if (!seat.held && !isLive(seat, now)) seat.lapsedUnder ??= afterToken;
  }

  remove(seat: Seat): void {
    this.#seats.splice(this.#seats.indexOf(seat), 1);
  }

  /** Those that `ended` names go; what went. */
  removeAll(ended: (seat: Seat) => boolean): readonly Seat[] {
    const gone = this.#seats.filter(ended);
    this.#seats = this.#seats.filter((seat) => !ended(seat));
    return gone;
  }

  /** Holds that ended long ago. A lapse stays listed until it was told of. */
  forgetOld(now: number): void {
    if (this.#seats.some((seat) => isOldHold(seat, now))) this.removeAll((seat) => isOldHold(seat, now));
  }

  bySession(session: string): Seat | undefined {
    return this.#seats.find((seat) => seat.session === session);
  }

  /** LEASE-4. */
  liveOf(device: string, now: number): Seat | undefined {
    return this.#seats.find((seat) => seat.device === device && isLive(seat, now));
  }

  /** SEAT-10: not live, and counted all the same. */
  holdOf(device: string, now: number, afterToken: boolean): Seat | undefined {
    return this.#seats.find((seat) => seat.device === device && !isLive(seat, now) && counts(seat, now, afterToken));
  }

  inUse(now: number, afterToken: boolean): number {
    let count = 0;
    for (const seat of this.#seats) if (counts(seat, now, afterToken)) count += 1;
    return count;
  }

  live(now: number): number {
    let count = 0;
    for (const seat of this.#seats) if (isLive(seat, now)) count += 1;
    return count;
  }

  /** When the first of those that count stops counting; null = none of them does. */
  firstEnd(now: number, afterToken: boolean): number | null {
    const ends = this.#seats.flatMap((seat) =>
      counts(seat, now, afterToken) ? (seatEnd(seat, afterToken) ?? []) : [],
    );
    return ends.length === 0 ? null : Math.min(...ends);
  }
}

export function isLive({ held, end }: Seat, now: number): boolean {
  return !held && (end === null || end > now);
}

export function counts(seat: Seat, now: number, afterToken: boolean): boolean {
  const end = seatEnd(seat, afterToken);
  return end === null || end > now;
}

/** SEAT-10: under `after-token`, a lease that has lapsed frees its seat no earlier than its tokens have ended. */
function seatEnd({ held, end, tokenEnd, lapsedUnder }: Seat, afterToken: boolean): number | null {
  return held || end === null || !(lapsedUnder ?? afterToken) ? end : Math.max(end, tokenEnd ?? 0);
}

function isOldHold({ held, end }: Seat, now: number): boolean {
  return held && end !== null && end <= now - FOR_GOOD;
}
