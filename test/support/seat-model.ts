/**
 * What seats mean, said naively: a list of holders with ends, counted one by one. It knows no blocks, floors, counters
 * or watermarks, and shares no code with the rules.
 */

export interface Holder {
  readonly device: string;
  /** Order of birth, and its instant. */
  readonly session: number;
  readonly bornAt: number;
  /** Epoch ms; null = no end. Of a held seat, the end of the hold. */
  end: number | null;
  held: boolean;
  wish: number | null;
  /** Latest end of a token that was let out; null = none yet. */
  tokenEnd: number | null;
}

export interface SeatRules {
  /** Seconds; 0 = no lease. */
  readonly lease: number;
  readonly longest: number;
  /** Seconds that a token lasts without a lease's end. */
  readonly offline: number;
}

export type Answer =
  | { readonly granted: number; readonly end: number | null }
  | { readonly refused: "full"; readonly used: number; readonly firstEnd: number | null }
  | { readonly refused: "unknown" | "standing" };

export class SeatModel {
  readonly #rules: SeatRules;
  #now = 0;
  #holders: Holder[] = [];
  #born = 0;
  limit: number;
  afterToken: boolean;
  revoked = false;
  suspended = false;

  constructor(rules: SeatRules, limit: number, afterToken: boolean) {
    this.#rules = rules;
    this.limit = limit;
    this.afterToken = afterToken;
  }

  /** CLOCK-1, LEASE-4: time goes on, and whoever is over is gone. */
  at(clock: number): void {
    this.#now = Math.max(this.#now, clock);
    for (const holder of this.#holders)
      if (this.#outlived(holder)) Object.assign(holder, { held: true, end: holder.tokenEnd });
    this.#holders = this.#holders.filter(({ end }) => end === null || end > this.#now);
  }

  /** Its lease is over, and its token is not. */
  #outlived({ held, end, tokenEnd }: Holder): boolean {
    return this.afterToken && !held && end !== null && end <= this.#now && tokenEnd !== null && tokenEnd > this.#now;
  }

  get now(): number {
    return this.#now;
  }

  seats(): number {
    return this.#holders.length;
  }

  live(): readonly number[] {
    return this.#holders.filter(({ held }) => !held).map(({ session }) => session);
  }

  activate(device: string, wish: number): Answer {
    if (this.revoked || this.suspended) return { refused: "standing" };
    const same = this.#holders.find((holder) => holder.device === device && !holder.held);
    if (same !== undefined) return this.#contacted(same, wish, "token");
    const hold = this.#holders.find((holder) => holder.device === device);
    if (hold === undefined && this.limit > 0 && this.#holders.length >= this.limit) return this.#full();
    this.#holders = this.#holders.filter((holder) => holder !== hold);
    const holder: Holder = {
      device,
      session: this.#born,
      bornAt: this.#now,
      end: null,
      held: false,
      wish: null,
      tokenEnd: hold?.tokenEnd ?? null,
    };
    this.#born += 1;
    this.#holders.push(holder);
    return this.#contacted(holder, wish, "token");
  }

  /** Renew signs a token, check-in does not. */
  contact(session: number, kind: "renew" | "check-in"): Answer {
    const holder = this.#live(session);
    if (holder === undefined) return { refused: "unknown" };
    if (this.suspended) return { refused: "standing" };
    return this.#contacted(holder, null, kind === "renew" ? "token" : "contact");
  }

  checkOut(session: number): Answer {
    const holder = this.#live(session);
    if (holder === undefined) return { refused: "unknown" };
    this.#release(holder);
    return { granted: session, end: null };
  }

  /** By the vendor, in any standing; null = it is done. */
  end(session: number): Answer | null {
    const holder = this.#live(session);
    if (holder === undefined) return { refused: "unknown" };
    this.#release(holder);
    return null;
  }

  endTime(from: number, below: number): void {
    for (const holder of this.#holders.filter(({ held, bornAt }) => !held && bornAt >= from && bornAt < below)) {
      this.#release(holder);
    }
  }

  #release(holder: Holder): void {
    holder.held = this.afterToken && holder.tokenEnd !== null && holder.tokenEnd > this.#now;
    if (holder.held) holder.end = holder.tokenEnd;
    else this.#holders = this.#holders.filter((one) => one !== holder);
  }

  revoke(): void {
    if (!this.revoked) this.#holders = [];
    this.revoked = true;
  }

  isLive(session: number): boolean {
    return this.#live(session) !== undefined;
  }

  #live(session: number): Holder | undefined {
    return this.#holders.find((holder) => holder.session === session && !holder.held);
  }

  #contacted(holder: Holder, wish: number | null, kind: "token" | "contact"): Answer {
    holder.wish = wish ?? holder.wish;
    if (this.#rules.lease > 0) {
      const clamped = Math.min(Math.max(holder.wish ?? this.#rules.lease, 60), this.#rules.longest);
      holder.end = Math.max(this.#now + clamped * 1000, holder.end ?? 0);
    }
    if (kind === "token") {
      const token = Math.min(holder.end ?? Number.POSITIVE_INFINITY, this.#now + this.#rules.offline * 1000);
      holder.tokenEnd = Math.max(token, holder.tokenEnd ?? 0);
    }
    return { granted: holder.session, end: holder.end };
  }

  #full(): Answer {
    const ends = this.#holders.flatMap(({ end }) => end ?? []);
    return { refused: "full", used: this.#holders.length, firstEnd: ends.length === 0 ? null : Math.min(...ends) };
  }
}
