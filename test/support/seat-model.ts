/** What calls do to a license's seats, said naively on `SeatList`: leases, limit and standing, for property tests. */

import { isLive, SeatList, type Seat } from "./seat-oracle.ts";

export interface SeatRules {
  /** Seconds; 0 = no lease. */
  readonly lease: number;
  readonly longest: number;
  /** Seconds that a token may outlast its lease (LEASE-8). */
  readonly grace: number;
  /** Seconds that a token lasts without a lease's end. */
  readonly offline: number;
  /** Seats above the limit (SEAT-9). */
  readonly overage: number;
}

export type Answer =
  | { readonly granted: number; readonly end: number | null; readonly over?: boolean }
  | { readonly refused: "full"; readonly used: number; readonly firstEnd: number | null }
  | { readonly refused: "unknown" | "standing" };

/** Sessions are numbered in the order of their births. */
export interface NumberedSeat extends Seat {
  readonly session: number;
  /** SEAT-9. */
  readonly over: boolean;
}

export class SeatModel {
  readonly #rules: SeatRules;
  readonly #seats: SeatList<NumberedSeat>;
  #now = 0;
  limit: number;
  revoked = false;
  suspended = false;

  constructor(rules: SeatRules, limit: number, afterToken: boolean) {
    this.#rules = rules;
    this.limit = limit;
    this.#seats = new SeatList(afterToken);
  }

  /** CLOCK-1, LEASE-4: time goes on, and what counts no more is gone. */
  at(clock: number): void {
    this.#now = Math.max(this.#now, clock);
    this.#seats.removeAll((seat) => !this.#seats.counts(seat, this.#now));
  }

  get now(): number {
    return this.#now;
  }

  /** How many sessions there ever were. */
  get born(): number {
    return this.#seats.born;
  }

  setRule(afterToken: boolean): void {
    this.#seats.setRule(afterToken, this.#now);
  }

  counts(ofThose: (seat: NumberedSeat) => boolean = () => true): { seats: number; activations: number } {
    const seats = this.#seats.all().filter(ofThose);
    return { seats: seats.length, activations: seats.filter((seat) => isLive(seat, this.#now)).length };
  }

  live(session: number): NumberedSeat | undefined {
    const seat = this.#seats.bySession(session);
    return seat !== undefined && isLive(seat, this.#now) ? seat : undefined;
  }

  liveOf(device: string): NumberedSeat | undefined {
    return this.#seats.liveOf(device, this.#now);
  }

  activate(device: string, wish: number | null, owner: Seat["owner"] = null): Answer {
    if (this.revoked || this.suspended) return { refused: "standing" };
    const same = this.liveOf(device);
    if (same !== undefined) {
      same.owner = owner;
      return this.#contacted(same, wish, "token");
    }
    const hold = this.#seats.holdOf(device, this.#now);
    const used = this.#seats.inUse(this.#now);
    if (hold === undefined && this.limit > 0 && used >= this.limit + this.#rules.overage)
      return { refused: "full", used, firstEnd: this.#seats.firstEnd(this.#now) };
    if (hold !== undefined) this.#seats.remove(hold);
    const seat: NumberedSeat = {
      session: this.born,
      device,
      owner,
      held: false,
      end: null,
      tokenEnd: hold?.tokenEnd ?? 0,
      wish: null,
      createdAt: this.#now,
      lapsedUnder: null,
      over: hold?.over ?? (this.limit > 0 && used >= this.limit),
    };
    this.#seats.add(seat);
    return this.#contacted(seat, wish, "token");
  }

  /** Renew signs a token, check-in does not. */
  contact(session: number, kind: "renew" | "check-in"): Answer {
    if (this.revoked) return { refused: "standing" };
    const seat = this.live(session);
    if (seat === undefined) return { refused: "unknown" };
    if (this.suspended) return { refused: "standing" };
    return this.#contacted(seat, null, kind === "renew" ? "token" : "contact");
  }

  checkOut(session: number): Answer {
    return this.revoked ? { refused: "standing" } : (this.end(session) ?? { granted: session, end: null });
  }

  /** By the vendor, in any standing; null = it is done. */
  end(session: number): Answer | null {
    const seat = this.live(session);
    if (seat === undefined) return { refused: "unknown" };
    this.#seats.release(seat, this.#now);
    return null;
  }

  endTime(from: number, below: number): void {
    const meant = ({ createdAt }: Seat) => createdAt >= from && createdAt < below;
    for (const seat of this.#seats.all().filter((one) => isLive(one, this.#now) && meant(one)))
      this.#seats.release(seat, this.#now);
  }

  /** Ended by a watermark: nothing is held. */
  endAll(ended: (seat: NumberedSeat) => boolean): void {
    this.#seats.removeAll(ended);
  }

  revoke(): void {
    if (!this.revoked) this.endAll(() => true);
    this.revoked = true;
  }

  /** LEASE-3, LEASE-8, TOK-6. */
  #contacted(seat: NumberedSeat, wish: number | null, kind: "token" | "contact"): Answer {
    seat.wish = wish ?? seat.wish;
    if (this.#rules.lease > 0) {
      const clamped = Math.min(Math.max(seat.wish ?? this.#rules.lease, 60), this.#rules.longest);
      seat.end = Math.max(this.#now + clamped * 1000, seat.end ?? 0);
    }
    if (kind === "token") {
      const ofLease = seat.end === null ? Number.POSITIVE_INFINITY : seat.end + this.#rules.grace * 1000;
      const token = Math.min(ofLease, this.#now + this.#rules.offline * 1000);
      seat.tokenEnd = Math.max(token, seat.tokenEnd ?? 0);
    }
    return { granted: seat.session, end: seat.end, over: seat.over };
  }
}
