/**
 * Who may do what to whose activation, said naively: a list of seats with their owners, thrown out one by one. It knows
 * no epochs, counters or watermarks, and shares no code with the rules.
 */

import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import { admission, mayAct, mayResume, personIn, type ModelOwner } from "./owner-oracle.ts";

interface Seat {
  readonly session: number;
  readonly device: string;
  owner: ModelOwner | null;
  held: boolean;
  end: number;
  tokenEnd: number;
}

const LEASE = 900_000;
const OFFLINE = 600_000;

/** The session that is granted or acted on, or the code of the refusal. */
export type ModelAnswer = number | string;

/** Sessions are numbered here, and a caller's license token names its session's number. */
export class OwnerModel {
  #now = 0;
  #seats: Seat[] = [];
  born = 0;
  takeOvers = 0;
  limit: number;
  afterToken = false;
  reject = false;
  revoked = false;
  requireAuthentication = false;
  user: LicenseUser | null = null;

  constructor(limit: number) {
    this.limit = limit;
  }

  at(clock: number): void {
    this.#now = Math.max(this.#now, clock);
    this.#seats = this.#seats.filter(({ end }) => end > this.#now);
  }

  counts() {
    const live = this.#seats.filter(({ held }) => !held);
    const owned = this.#seats.filter(({ owner }) => owner !== null);
    return {
      seats: this.#seats.length,
      activations: live.length,
      ownedSeats: owned.length,
      ownedActivations: owned.filter(({ held }) => !held).length,
    };
  }

  isLive(session: number): boolean {
    return this.#live(session) !== undefined;
  }

  activate(device: string, caller: Principal): ModelAnswer {
    if (this.revoked) return "license-revoked";
    const refusal = admission(this.user, this.requireAuthentication, caller);
    if (refusal !== null) return refusal.code;
    const live = this.#seats.find((seat) => seat.device === device && !seat.held);
    if (live !== undefined) return this.#again(live, caller);
    const hold = this.#seats.find((seat) => seat.device === device);
    if (hold === undefined && this.limit > 0 && this.#seats.length >= this.limit) return "seats-exhausted";
    this.#seats = this.#seats.filter((seat) => seat !== hold);
    const seat: Seat = { session: this.born, device, owner: personIn(caller), held: false, end: 0, tokenEnd: 0 };
    this.born += 1;
    this.#seats.push(seat);
    return this.#contacted(seat);
  }

  renew(session: number, caller: Principal): ModelAnswer {
    const seat = this.#mine(session, caller);
    return typeof seat === "string" ? seat : this.#contacted(seat);
  }

  look(session: number, caller: Principal): ModelAnswer {
    const seat = this.#mine(session, caller);
    return typeof seat === "string" ? seat : seat.session;
  }

  checkOut(session: number, caller: Principal): ModelAnswer {
    const seat = this.#mine(session, caller);
    if (typeof seat === "string") return seat;
    seat.held = this.afterToken && seat.tokenEnd > this.#now;
    seat.end = seat.tokenEnd;
    if (!seat.held) this.#seats = this.#seats.filter((one) => one !== seat);
    return session;
  }

  setUser(user: OwnerModel["user"]): void {
    if (user?.id !== this.user?.id) this.#seats = this.#seats.filter(({ owner }) => owner === null);
    if (user === null || user.id !== this.user?.id || user.revision > this.user.revision) this.user = user;
  }

  setEmail(userId: string, email: string, revision: number): void {
    if (this.user?.id === userId && revision > this.user.revision) this.user = { id: userId, email, revision };
  }

  revoke(): void {
    if (!this.revoked) this.#seats = [];
    this.revoked = true;
  }

  #again(live: Seat, caller: Principal): ModelAnswer {
    if (!mayResume(this.user, live.owner, caller) || this.reject) return "device-already-activated";
    const person = personIn(caller);
    if (live.owner === null && person !== null) this.takeOvers += 1;
    live.owner = person;
    return this.#contacted(live);
  }

  #mine(session: number, caller: Principal): Seat | string {
    if (caller.kind === "anonymous") return "credentials-required";
    if (this.revoked) return "license-revoked";
    const seat = this.#live(session);
    if (seat === undefined) return "session-unknown";
    return mayAct(this.user, seat.owner, String(session), caller) ? seat : "not-session-owner";
  }

  #live(session: number): Seat | undefined {
    return this.#seats.find((seat) => seat.session === session && !seat.held);
  }

  /** LEASE-3, TOK-6. */
  #contacted(seat: Seat): number {
    seat.end = Math.max(seat.end, this.#now + LEASE);
    seat.tokenEnd = Math.max(seat.tokenEnd, Math.min(seat.end, this.#now + OFFLINE));
    return seat.session;
  }
}
