/**
 * One license as its history of answered calls makes it: an independent count of seats, leases, ends and owners. Each
 * committed call is played here again; a different answer breaks a rule. It shares no code with the rules.
 */

import type {
  ActivateCall,
  CheckedIn,
  CheckedOut,
  Grant,
  FollowUpCall,
  ActivationSeen,
} from "../../../src/domain/license/calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { granted, refused } from "./answers.ts";
import { EventWatch } from "./event-watch.ts";
import { ExpiryOracle } from "./expiry-oracle.ts";
import { intervalText, type Given } from "./given.ts";
import { must, same } from "./invariants.ts";
import type { Watch } from "./object.ts";
import { admission, isClients, mayAct, mayGiveBack, mayResume, personIn } from "../../support/owner-oracle.ts";
import { isLive, SeatList } from "../../support/seat-oracle.ts";
import { refreshTold, secondsTold, unknownShare } from "./refresh-oracle.ts";
import { standingOf } from "./standing-oracle.ts";
import type { SessionSeat } from "./session-seat.ts";
import { leases, leaseSeconds, tokenFor } from "./token-oracle.ts";

/** LEASE-6. */
const CONTACT_EVERY = 3_600_000;

export class LicenseOracle implements Watch {
  readonly id: string;
  key: string;
  given: Given;
  readonly createdAt: number;
  readonly expiry: ExpiryOracle;
  /** `subscriptionInterval` as it was written. */
  interval: string | null;
  notes: string | null = null;
  /** TPL-2: the template that it is on. */
  plan: string | null = null;
  readonly seats: SeatList<SessionSeat>;
  readonly events: EventWatch;
  /** Every id that was ever granted (LEASE-5). */
  readonly #granted = new Set<string>();
  deactivations = 0;
  revision: number;
  deleted = false;
  /** CLOCK-1: the instant of the turn that runs, or of the last one. */
  now: number;

  constructor(id: string, key: string, given: Given, createdAt: number, revision: number) {
    this.id = id;
    this.key = key;
    this.given = given;
    this.createdAt = createdAt;
    this.expiry = new ExpiryOracle(given, createdAt);
    this.interval = given.period === null || given.period.months === 0 ? null : intervalText(given.period);
    this.seats = new SeatList(given.seatRelease === "after-token");
    this.events = new EventWatch(id);
    this.revision = revision;
    this.now = createdAt;
  }

  opened(clock: number, now: number): void {
    same("CLOCK-1", "the instant of a turn", now, Math.max(clock, this.now));
    this.now = now;
  }

  /** What was only answered is forgotten with the instance; what was told in an event was stored. */
  forgot(storedClock: number): void {
    must("CLOCK-1", storedClock >= this.events.lastAt && storedClock <= this.now, () => `${storedClock} is stored`);
    this.now = Math.max(storedClock, this.createdAt);
  }

  /** LEASE-4: told of a lapse; false = it has none, or was told before. */
  readonly lapsed = (session: string): boolean => {
    const seat = this.seats.bySession(session);
    if (seat === undefined || seat.held || isLive(seat, this.now)) return false;
    this.seats.release(seat, this.now);
    return true;
  };

  /** Answers the new session, or null. */
  activate(call: ActivateCall, outcome: Outcome<Grant>): string | null {
    this.seats.forgetOld(this.now);
    const { fingerprint: device, principal } = call;
    const refusal = this.#notAdmitted(call);
    if (refusal !== null) return told(refused(outcome, refusal));
    const live = this.seats.liveOf(device, this.now);
    if (live !== undefined) return told(this.#resume(live, call, outcome));
    const hold = this.seats.holdOf(device, this.now);
    const limit = this.given.allowedActivations;
    const used = this.seats.inUse(this.now);
    if (hold === undefined && limit > 0 && used >= limit) return told(this.#full(outcome, limit, used));
    const grant = granted(outcome, "SEAT-1");
    if (hold !== undefined) this.#takeOver(hold);
    const seat = this.#newSeat(grant.activationId, device, hold);
    seat.owner = personIn(principal);
    if (this.expiry.activated(device, this.now)) {
      this.revision += 1;
      this.events.expect("license.first-activated");
    }
    this.events.expect("activation.created", seat.session);
    same("SEAT-10", "tokenEndBefore", grant.tokenEndBefore ?? null, hold?.tokenEnd ?? null);
    this.#signedFor(seat, grant, call.requestedLeaseSeconds);
    return seat.session;
  }

  renew(call: FollowUpCall, outcome: Outcome<Grant>): void {
    const seat = this.#usable(call);
    if ("code" in seat) return refused(outcome, seat);
    this.#signedFor(seat, granted(outcome, "SEAT-5"), call.requestedLeaseSeconds);
  }

  checkIn(call: FollowUpCall, outcome: Outcome<CheckedIn>): void {
    const seat = this.#usable(call);
    if ("code" in seat) return refused(outcome, seat);
    const answer = granted(outcome, "SEAT-5");
    const isWritten = leases(this.given) || this.now - seat.contactAt >= CONTACT_EVERY;
    const before = seat.end;
    if (isWritten) this.#contacted(seat, call.requestedLeaseSeconds);
    this.#lease(seat, before, answer.leaseExpiresAt);
    const next = tokenFor(this.given, this.#bounds(seat), this.now).refreshAt;
    secondsTold(seat, answer.nextCheckInSeconds, next, this.now);
    const isPast = seat.refreshAt !== null && seat.refreshAt <= this.now;
    same("TOK-6", "renewNow", answer.renewNow, seat.tokenRevision !== this.revision || isPast);
  }

  checkOut(call: FollowUpCall, outcome: Outcome<CheckedOut>): void {
    const seat = this.#ownedOrEnded(call, mayGiveBack);
    if ("code" in seat) return refused(outcome, seat);
    const { undelivered } = call;
    if (undelivered !== undefined && undelivered !== seat.generation)
      return refused(outcome, { code: "session-unknown" });
    if (undelivered === undefined && isClients(this.given.user, seat.owner, call.principal)) {
      const { type, allowedDeactivations: limit } = this.given;
      const over = type !== "hosted-floating" && limit >= 0 && this.deactivations >= limit;
      if (over) return refused(outcome, { code: "deactivation-limit-reached", limit });
      this.deactivations += 1;
    }
    granted(outcome, "CNT-1");
    if (undelivered !== undefined) seat.tokenEnd = call.tokenEndBefore ?? 0;
    this.seats.release(seat, this.now);
    this.events.expect("activation.deleted", seat.session);
  }

  look(call: FollowUpCall, outcome: Outcome<ActivationSeen>): void {
    const seat = this.#owned(call);
    if ("code" in seat) return refused(outcome, seat);
    const seen = granted(outcome, "LEASE-4");
    this.#seen(seat, seen);
    same("LEASE-3", "leaseExpiresAt", seen.leaseExpiresAt, seat.end);
    same("TOK-6", "lastRefreshAt", seen.lastRefreshAt, seat.refreshAt);
  }

  /** Ended by a watermark: nobody comes back, and everybody who was live or lapsed is told of. */
  end(ends: (seat: SessionSeat) => boolean): void {
    for (const { session, held } of this.seats.removeAll(ends)) if (!held) this.events.endsLater(session);
  }

  /** Checks 4 to 11. */
  #notAdmitted({ fingerprint, principal }: ActivateCall): Refusal | null {
    const standing = standingOf(this.given, this.now, this.expiry.endOf(fingerprint));
    return standing ?? admission(this.given.user, this.given.requireAuthentication, principal);
  }

  #resume(seat: SessionSeat, call: ActivateCall, outcome: Outcome<Grant>): void {
    const isOwn = mayResume(this.given.user, seat.owner, call.principal);
    if (!isOwn || this.given.duplicateActivation === "reject")
      return refused(outcome, { code: "device-already-activated" });
    const grant = granted(outcome, "SEAT-3");
    same("SEAT-3", "the session of a device that is live", grant.activationId, seat.session);
    const person = personIn(call.principal);
    if (seat.owner === null && person !== null) this.events.expect("activation.updated", seat.session);
    seat.owner = person;
    seat.generation += 1;
    this.#signedFor(seat, grant, call.requestedLeaseSeconds);
  }

  /** SEAT-4. */
  #full(outcome: Outcome<Grant>, limit: number, used: number): void {
    refused(outcome, { code: "seats-exhausted", limit, used, retryAfterSeconds: null });
    if (outcome.ok || outcome.refusal.code !== "seats-exhausted") return;
    same("SEAT-1", "the limit told", outcome.refusal.limit, limit);
    same("SEAT-1", "the seats told to be in use", outcome.refusal.used, used);
    const { retryAfterSeconds } = outcome.refusal;
    const end = this.seats.firstEnd(this.now);
    const latest = end === null ? Number.POSITIVE_INFINITY : Math.ceil((end - this.now) / 1000);
    const isBound = retryAfterSeconds === null ? end === null : retryAfterSeconds >= 1 && retryAfterSeconds <= latest;
    must("SEAT-1", isBound, () => `retryAfter is ${retryAfterSeconds}, the first end comes after ${latest}`);
  }

  /** SEAT-10: the device's own seat, counted still; a lapse that nobody has told of is told of now. */
  #takeOver(hold: SessionSeat): void {
    this.seats.remove(hold);
    if (!hold.held) this.events.expect("activation.lease-expired", hold.session);
  }

  #newSeat(session: string, device: string, hold: SessionSeat | undefined): SessionSeat {
    must("LEASE-5", !this.#granted.has(session), () => `${session} is given out again`);
    this.#granted.add(session);
    const seat: SessionSeat = {
      session,
      device,
      owner: null,
      held: false,
      end: null,
      tokenEnd: hold?.tokenEnd ?? 0,
      wish: null,
      contactAt: this.now,
      generation: 1,
      tokenRevision: 0,
      refreshAt: null,
      share: unknownShare(1),
      lapsedUnder: null,
      createdAt: this.now,
      order: this.seats.born + 1,
    };
    this.seats.add(seat);
    return seat;
  }

  /** STAND-4 up to the fingerprint. */
  #owned({ principal, activationId, fingerprint }: FollowUpCall, may = mayAct): SessionSeat | Refusal {
    if (principal.kind === "anonymous") return { code: "credentials-required" };
    if (this.given.revoked) return { code: "license-revoked" };
    const seat = this.seats.bySession(activationId);
    if (seat === undefined || !isLive(seat, this.now)) return { code: "session-unknown" };
    if (!may(this.given.user, seat.owner, activationId, principal)) return { code: "not-session-owner" };
    return fingerprint !== null && fingerprint !== seat.device ? { code: "fingerprint-mismatch" } : seat;
  }

  /** LEASE-5: a changing call that meets a lapse ends it there and then, so that no clock brings it back. */
  #ownedOrEnded(call: FollowUpCall, may = mayAct): SessionSeat | Refusal {
    const found = this.#owned(call, may);
    const isUnknown = "code" in found && found.code === "session-unknown";
    if (isUnknown && this.lapsed(call.activationId)) this.events.expect("activation.lease-expired", call.activationId);
    return found;
  }

  #usable(call: FollowUpCall): SessionSeat | Refusal {
    const seat = this.#ownedOrEnded(call);
    return "code" in seat ? seat : (standingOf(this.given, this.now, this.expiry.endOf(seat.device)) ?? seat);
  }

  #contacted(seat: SessionSeat, sent: number | null): void {
    if (sent !== null && leases(this.given) && this.given.allowClientLeaseDuration) seat.wish = sent;
    const seconds = leaseSeconds(this.given, seat.wish);
    seat.contactAt = this.now;
    seat.end = seconds === 0 ? null : Math.max(this.now + seconds * 1000, seat.end ?? 0);
  }

  #bounds(seat: SessionSeat) {
    const seconds = leaseSeconds(this.given, seat.wish);
    return { seconds, leaseEnd: seat.end, end: this.expiry.endOf(seat.device) };
  }

  #lease(seat: SessionSeat, before: number | null, answered: number | null): void {
    const isLater = before === null || (answered !== null && answered >= before);
    must("LEASE-3", isLater, () => `${before} became ${answered}`);
    same("LEASE-1", "leaseExpiresAt", answered, seat.end);
  }

  /** A lease that goes on, and a new token. */
  #signedFor(seat: SessionSeat, grant: Grant, wish: number | null): void {
    const before = seat.end;
    this.#contacted(seat, wish);
    this.#lease(seat, before, grant.leaseExpiresAt);
    this.#seen(seat, grant);
    const { expiresAt, refreshAt } = tokenFor(this.given, this.#bounds(seat), this.now);
    same("TOK-6", "the token's end", grant.token.expiresAt, expiresAt);
    refreshTold(seat, grant.token.refreshAt, refreshAt, this.now);
    same("CLOCK-1", "the token's instant", grant.token.issuedAt, this.now);
    must("SEAT-10", expiresAt !== null || !this.seats.afterToken, () => "a token without an end under after-token");
    seat.tokenEnd = expiresAt === null || seat.tokenEnd === null ? null : Math.max(seat.tokenEnd, expiresAt);
    seat.refreshAt = grant.token.refreshAt;
    seat.tokenRevision = this.revision;
  }

  #seen(seat: SessionSeat, seen: Omit<Grant, "token">): void {
    const { user } = this.given;
    same("SEAT-3", "the session", seen.activationId, seat.session);
    same("CLOCK-1", "the instant told", seen.now, this.now);
    same("EXP-1", "the end told", seen.licenseExpiresAt, this.expiry.endOf(seat.device));
    same("SEAT-3", "the generation", seen.generation, seat.generation);
    same("SEAT-3", "the fingerprint", seen.fingerprint, seat.device);
    const owner = seat.owner === null ? null : (seat.owner.email ?? seat.owner.subject);
    same("SNAP-1", "the token's user", seen.user, user === null ? owner : user.email);
  }
}

/** Not a new session. */
function told(_checked: void): null {
  return null;
}
