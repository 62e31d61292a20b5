/** Who may do what to whose activation, said naively: who owns a seat of `SeatModel`, asked before each call on it. */

import type { Principal } from "../../src/domain/license/calls.ts";
import type { LicenseUser } from "../../src/domain/terms/license.ts";
import { admission, mayAct, mayGiveBack, mayResume, personIn } from "./owner-oracle.ts";
import { SeatModel, type Answer } from "./seat-model.ts";

/** The session that is granted or acted on, or the code of the refusal. */
export type ModelAnswer = number | string;

/** A caller's license token names its session's number. */
export class OwnerModel {
  readonly seats: SeatModel;
  takeOvers = 0;
  reject = false;
  requireAuthentication = false;
  user: LicenseUser | null = null;

  constructor(limit: number) {
    this.seats = new SeatModel({ lease: 900, longest: 900, grace: 0, offline: 600, overage: 0 }, limit, false);
  }

  activate(device: string, caller: Principal): ModelAnswer {
    if (this.seats.revoked) return "license-revoked";
    const refusal = admission(this.user, this.requireAuthentication, caller);
    if (refusal !== null) return refusal.code;
    const live = this.seats.liveOf(device);
    const person = personIn(caller);
    if (live !== undefined) {
      if (!mayResume(this.user, live.owner, caller) || this.reject) return "device-already-activated";
      if (live.owner === null && person !== null) this.takeOvers += 1;
    }
    return told(this.seats.activate(device, null, person));
  }

  renew(session: number, caller: Principal): ModelAnswer {
    return this.#refusal(session, caller) ?? told(this.seats.contact(session, "renew"));
  }

  look(session: number, caller: Principal): ModelAnswer {
    return this.#refusal(session, caller) ?? session;
  }

  checkOut(session: number, caller: Principal): ModelAnswer {
    return this.#refusal(session, caller, mayGiveBack) ?? told(this.seats.checkOut(session));
  }

  /** AUTH-8. */
  giveBack(session: number, caller: Principal): ModelAnswer {
    const isTheirs = personIn(caller) !== null && this.user !== null && admission(this.user, true, caller) === null;
    return isTheirs ? this.checkOut(session, caller) : "session-unknown";
  }

  setUser(user: LicenseUser | null): void {
    if (user?.id !== this.user?.id) this.seats.endAll(({ owner }) => owner !== null);
    if (user === null || user.id !== this.user?.id || user.revision > this.user.revision) this.user = user;
  }

  setEmail(userId: string, email: string, revision: number): void {
    if (this.user?.id === userId && revision > this.user.revision) this.user = { id: userId, email, revision };
  }

  #refusal(session: number, caller: Principal, may = mayAct): string | null {
    if (caller.kind === "anonymous") return "credentials-required";
    if (this.seats.revoked) return "license-revoked";
    const seat = this.seats.live(session);
    if (seat === undefined) return "session-unknown";
    return may(this.user, seat.owner, String(session), caller) ? null : "not-session-owner";
  }
}

function told(answer: Answer): ModelAnswer {
  if ("granted" in answer) return answer.granted;
  return answer.refused === "full" ? "seats-exhausted" : answer.refused;
}
