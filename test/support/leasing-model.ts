/** A license under every way of leasing and matching, said naively: a list of devices and people in their seats. */

import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import type { Settings } from "../../src/domain/terms/settings.ts";
import { deviceOf, isAlike, seatOfDevice, sharedBy, type DeviceSeat, type DeviceTerms } from "./device-oracle.ts";
import { admission, isVendor, mayAct, mayGiveBack, mayResume, personIn } from "./owner-oracle.ts";
import { isLive, SeatList } from "./seat-oracle.ts";

/** The session that is granted or acted on, or the code of the refusal. */
export type Told = number | string;

export interface ModelSeat extends DeviceSeat {
  readonly session: number;
}

export interface ModelTerms extends DeviceTerms, Pick<Settings, "allowedActivations"> {
  readonly leaseSeconds: number;
  readonly offlineSeconds: number;
}

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

  /** v3's: with the key, an activation that nobody owns is whoever's has its device (AUTH-7). */
  sync(session: number, caller: Principal, device: Pick<ModelSeat, "device" | "lockedTo">): Told {
    const refusal = this.#refusalByKey(session, caller, mayAct, device);
    if (refusal !== null) return refusal;
    const needsPerson = this.requireAuthentication || this.terms.leasingStrategy === "per-user";
    const foreign = isVendor(caller) ? null : admission(this.user, needsPerson, caller);
    return foreign?.code ?? this.#contacted(this.#live(session));
  }

  deactivate(session: number, caller: Principal, device: Pick<ModelSeat, "device" | "lockedTo">): Told {
    const refusal = this.#refusalByKey(session, caller, mayGiveBack, device);
    if (refusal !== null) return refusal;
    this.seats.release(this.#live(session), this.#now);
    return session;
  }

  #refusalByKey(
    session: number,
    caller: Principal,
    may: typeof mayAct,
    { device, lockedTo }: Pick<ModelSeat, "device" | "lockedTo">,
  ): string | null {
    if (this.revoked) return "license-revoked";
    const seat = this.live(session);
    if (seat === undefined) return "session-unknown";
    const isOpen = seat.owner === null || may(this.user, seat.owner, String(session), caller);
    if (!isOpen) return "not-session-owner";
    if (seat.lockedTo !== null && lockedTo === null) return "invalid-member";
    const isSame = seat.lockedTo === null || seat.lockedTo === lockedTo;
    return isSame && isAlike(this.terms.fingerprintMatchingStrategy, seat.device, device)
      ? null
      : "fingerprint-mismatch";
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

  used(): number {
    return this.seats.inUse(this.#now);
  }

  live(session: number): ModelSeat | undefined {
    const seat = this.seats.bySession(session);
    return seat !== undefined && isLive(seat, this.#now) ? seat : undefined;
  }

  get now(): number {
    return this.#now;
  }

  #wanted(device: string, userHash: string | null, caller: Principal): ModelSeat {
    const person = personIn(caller);
    return {
      session: this.seats.born,
      ...deviceOf(this.terms, this.user, { device, userHash, person }),
      owner: person,
      held: false,
      end: null,
      tokenEnd: null,
      wish: null,
      createdAt: this.#now,
      lapsedUnder: null,
    };
  }

  #known(wanted: ModelSeat, caller: Principal): ModelSeat | undefined {
    const asked = { user: this.user, caller, now: this.#now };
    return seatOfDevice(this.seats, wanted, this.terms.fingerprintMatchingStrategy, asked);
  }

  #resumed(seat: ModelSeat, caller: Principal): Told {
    if (!mayResume(this.user, seat.owner, caller) || this.reject) return "device-already-activated";
    const person = personIn(caller);
    if (seat.owner === null && person !== null) this.takeOvers += 1;
    seat.owner = person;
    return this.#contacted(seat);
  }

  #hasRoom(seat: ModelSeat): boolean {
    const shared = sharedBy(this.seats, seat, this.#now);
    if (shared !== null) return !shared.isFull;
    const { allowedActivations: limit } = this.terms;
    return limit <= 0 || this.used() < limit;
  }

  #refusal(session: number, caller: Principal, may: typeof mayAct, fingerprint: string | null): string | null {
    if (caller.kind === "anonymous") return "credentials-required";
    if (this.revoked) return "license-revoked";
    const seat = this.live(session);
    if (seat === undefined) return "session-unknown";
    if (!may(this.user, seat.owner, String(session), caller)) return "not-session-owner";
    const isSame = fingerprint === null || isAlike(this.terms.fingerprintMatchingStrategy, seat.device, fingerprint);
    return isSame ? null : "fingerprint-mismatch";
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
