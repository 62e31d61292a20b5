/**
 * Whose a seat is and which device is which, said naively on a list of seats that is looked through one by one: leasing
 * per machine, instance and user, the lock to an OS user, and fingerprints that are alike (SEAT-2, SEAT-3, FP-1).
 */

import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import type { Settings } from "../../src/domain/terms/settings.ts";
import { admission, mayAct, mayGiveBack, mayResume, personIn } from "./owner-oracle.ts";
import { isLive, SeatList, type Seat } from "./seat-oracle.ts";

/** The session that is granted or acted on, or the code of the refusal. */
export type Told = number | string;

export interface ModelSeat extends Seat {
  readonly session: number;
  readonly lockedTo: string | null;
  /** Null: the seat is this device's alone. */
  readonly holder: string | null;
  readonly isInstance: boolean;
}

export interface ModelTerms extends Pick<
  Settings,
  "leasingStrategy" | "fingerprintMatchingStrategy" | "userLocked" | "allowedActivations"
> {
  readonly leaseSeconds: number;
  readonly offlineSeconds: number;
}

const DEVICES_OF_ONE = 100;

export class LeasingModel {
  readonly seats = new SeatList<ModelSeat>(false);
  terms: ModelTerms;
  user: LicenseUser | null = null;
  reject = false;
  requireAuthentication = false;
  revoked = false;
  takeOvers = 0;
  #now = 0;

  constructor(terms: ModelTerms) {
    this.terms = terms;
  }

  at(clock: number): void {
    this.#now = Math.max(this.#now, clock);
    this.seats.removeAll((seat) => !this.seats.counts(seat, this.#now));
  }

  activate(device: string, userHash: string | null, caller: Principal): Told {
    if (this.terms.userLocked && userHash === null) return "invalid-member";
    if (this.revoked) return "license-revoked";
    const perUser = this.terms.leasingStrategy === "per-user";
    const refusal = admission(this.user, this.requireAuthentication || perUser, caller);
    if (refusal !== null) return refusal.code;
    const seat = this.#wanted(device, userHash, caller);
    const known = this.#known(seat, caller);
    if (known !== undefined && isLive(known, this.#now)) return this.#resumed(known, caller);
    if (known === undefined && !this.#hasRoom(seat)) return "seats-exhausted";
    if (known !== undefined) this.seats.remove(known);
    seat.tokenEnd = known?.tokenEnd ?? 0;
    this.seats.add(seat);
    return this.#contacted(seat);
  }

  renew(session: number, caller: Principal, fingerprint: string | null): Told {
    return this.#refusal(session, caller, mayAct, fingerprint) ?? this.#contacted(this.#live(session));
  }

  checkOut(session: number, caller: Principal): Told {
    const refusal = this.#refusal(session, caller, mayGiveBack, null);
    if (refusal !== null) return refusal;
    this.seats.release(this.#live(session), this.#now);
    return session;
  }

  /** By the vendor. */
  end(session: number, hold: "hold" | "none"): Told {
    const seat = this.seats.bySession(session);
    if (seat === undefined || (!isLive(seat, this.#now) && hold === "hold")) return "session-unknown";
    if (hold === "none") this.seats.remove(seat);
    else this.seats.release(seat, this.#now);
    return session;
  }

  /** SEAT-8. */
  setStrategies(change: Partial<Pick<ModelTerms, "leasingStrategy" | "fingerprintMatchingStrategy">>): Told | null {
    const after = { ...this.terms, ...change };
    const isSame =
      after.leasingStrategy === this.terms.leasingStrategy &&
      after.fingerprintMatchingStrategy === this.terms.fingerprintMatchingStrategy;
    if (!isSame && this.used() > 0) return "activations-live";
    this.terms = after;
    return null;
  }

  /** TPL-2: holds are no activations. */
  setLock(userLocked: boolean): Told | null {
    if (userLocked !== this.terms.userLocked && this.seats.live(this.#now) > 0) return "activations-live";
    this.terms = { ...this.terms, userLocked };
    return null;
  }

  /** AUTH-6. */
  setUser(user: LicenseUser | null): void {
    if (user?.id !== this.user?.id) this.seats.removeAll(({ owner }) => owner !== null);
    if (user === null || user.id !== this.user?.id || user.revision > this.user.revision) this.user = user;
  }

  revoke(): void {
    if (!this.revoked) this.seats.removeAll(() => true);
    this.revoked = true;
  }

  /** A person's devices are one seat, as long as one of them counts. */
  used(): number {
    const all = this.seats.all();
    const people = new Set(all.flatMap(({ holder }) => holder ?? []));
    return all.filter(({ holder }) => holder === null).length + people.size;
  }

  live(session: number): ModelSeat | undefined {
    const seat = this.seats.bySession(session);
    return seat !== undefined && isLive(seat, this.#now) ? seat : undefined;
  }

  get now(): number {
    return this.#now;
  }

  #wanted(device: string, userHash: string | null, caller: Principal): ModelSeat {
    const { leasingStrategy, userLocked } = this.terms;
    const person = personIn(caller);
    const mine = person === null ? null : `${person.issuer} ${person.subject}`;
    const theirs = this.user === null ? mine : this.user.id;
    return {
      session: this.seats.born,
      device,
      lockedTo: userLocked ? userHash : null,
      holder: leasingStrategy === "per-user" ? theirs : null,
      isInstance: leasingStrategy === "per-instance",
      owner: person,
      held: false,
      end: null,
      tokenEnd: null,
      wish: null,
      createdAt: this.#now,
      lapsedUnder: null,
    };
  }

  /** The seat of the same device that counts: live, or held. */
  #known(wanted: ModelSeat, caller: Principal): ModelSeat | undefined {
    if (wanted.isInstance) return undefined;
    const mine = this.seats
      .all()
      .filter(
        (seat) =>
          !seat.isInstance && seat.lockedTo === wanted.lockedTo && (seat.holder ?? "") === (wanted.holder ?? ""),
      );
    const same = mine.filter(({ device }) => device === wanted.device);
    const exact = same.find((seat) => isLive(seat, this.#now)) ?? same[0];
    if (exact !== undefined) return exact;
    const isOwn = ({ owner }: ModelSeat) =>
      (owner === null) === (personIn(caller) === null) && mayResume(this.user, owner, caller);
    const share = ({ device }: ModelSeat) => likenessOf(this.terms.fingerprintMatchingStrategy, device, wanted.device);
    const order = (one: ModelSeat, other: ModelSeat) =>
      share(other) - share(one) ||
      Number(isLive(other, this.#now)) - Number(isLive(one, this.#now)) ||
      one.session - other.session;
    return mine.filter((seat) => isOwn(seat) && share(seat) > 0).toSorted(order)[0];
  }

  #resumed(seat: ModelSeat, caller: Principal): Told {
    if (!mayResume(this.user, seat.owner, caller) || this.reject) return "device-already-activated";
    const person = personIn(caller);
    if (seat.owner === null && person !== null) this.takeOvers += 1;
    seat.owner = person;
    return this.#contacted(seat);
  }

  #hasRoom({ holder }: ModelSeat): boolean {
    const theirs = holder === null ? 0 : this.seats.all().filter((seat) => seat.holder === holder).length;
    if (theirs > 0) return theirs < DEVICES_OF_ONE;
    const { allowedActivations: limit } = this.terms;
    return limit <= 0 || this.used() < limit;
  }

  #refusal(session: number, caller: Principal, may: typeof mayAct, fingerprint: string | null): string | null {
    if (caller.kind === "anonymous") return "credentials-required";
    if (this.revoked) return "license-revoked";
    const seat = this.live(session);
    if (seat === undefined) return "session-unknown";
    if (!may(this.user, seat.owner, String(session), caller)) return "not-session-owner";
    if (fingerprint === null || fingerprint === seat.device) return null;
    const isAlike = likenessOf(this.terms.fingerprintMatchingStrategy, seat.device, fingerprint) > 0;
    return isAlike ? null : "fingerprint-mismatch";
  }

  #live(session: number): ModelSeat {
    const seat = this.live(session);
    if (seat === undefined) throw new Error("asked for a session that has ended");
    return seat;
  }

  #contacted(seat: ModelSeat): Told {
    seat.end = Math.max(this.#now + this.terms.leaseSeconds * 1000, seat.end ?? 0);
    const token = Math.min(seat.end, this.#now + this.terms.offlineSeconds * 1000);
    seat.tokenEnd = Math.max(token, seat.tokenEnd ?? 0);
    return seat.session;
  }
}

/** FP-1, by the letter; 0 = no match. */
export function likenessOf(strategy: ModelTerms["fingerprintMatchingStrategy"], one: string, other: string): number {
  const [a, b] = [one.split(";"), other.split(";")];
  if (strategy === "exact" || !isStructured(a) || !isStructured(b)) return 0;
  const n = Math.max(a.length, b.length);
  const equal = a.filter((part) => !part.endsWith("=") && b.includes(part)).length;
  const least = Math.max(2, Math.ceil(n / (strategy === "fuzzy" ? 2 : 4)));
  return equal >= least ? equal / n : 0;
}

function isStructured(parts: readonly string[]): boolean {
  const names = parts.map((part) => /^([^=]+)=/u.exec(part)?.[1]);
  return parts.length > 1 && parts.length <= 32 && !names.includes(undefined) && new Set(names).size === parts.length;
}
