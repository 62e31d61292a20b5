/**
 * One license as its history of answered calls makes it: an independent count of seats, leases, ends and owners. Each
 * committed call is played here again; a different answer breaks a rule. It shares no code with the rules.
 */

import type { ActivationSeen, CheckedIn, CheckedOut, FollowUpCall, Grant } from "../../../src/domain/license/calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { granted, refused } from "./answers.ts";
import { EventWatch } from "./event-watch.ts";
import { ExpiryOracle } from "./expiry-oracle.ts";
import { deviceKey, isAlike, type Device } from "../../support/device-oracle.ts";
import { intervalText, withIds, type Given } from "./given.ts";
import { boundsOf, contacted, leaseTold, seenFor, signedFor } from "./grant-oracle.ts";
import { must, same } from "./invariants.ts";
import { MaintenanceOracle } from "./maintenance-oracle.ts";
import { MeterOracle } from "./meter-oracle.ts";
import type { Watch } from "./object.ts";
import { OnceOracle, type KeptActivation } from "./once-oracle.ts";
import { isClients, mayAct, mayGiveBack } from "../../support/owner-oracle.ts";
import { isLive, SeatList } from "../../support/seat-oracle.ts";
import { secondsTold } from "./refresh-oracle.ts";
import { standingOf } from "./standing-oracle.ts";
import type { SessionSeat } from "./session-seat.ts";
import { leases, tokenFor } from "./token-oracle.ts";

/** LEASE-6. */
const CONTACT_EVERY = 3_600_000;

export interface Feature {
  readonly name: string;
  readonly value: unknown;
  readonly endsAt: number | null;
  /** That it has ended, once. */
  isTold: boolean;
}

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
  /** What it entitles to, in order. */
  features: Feature[] = [];
  readonly seats: SeatList<SessionSeat>;
  readonly events: EventWatch;
  readonly maintenance = new MaintenanceOracle();
  readonly meters: MeterOracle;
  /** REL-1: the latest release that any device has come with. */
  newest: string | null = null;
  /** MGMT-4. */
  readonly activatedOnce = new OnceOracle<KeptActivation>();
  readonly countedOnce = new OnceOracle<string>();
  readonly changedOnce = new OnceOracle<string>();
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
    this.meters = new MeterOracle(this, withIds(given.meterAttributes));
    this.maintenance.put(given.maintenance, false, createdAt);
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

  /** What the clock has brought about at the turn that runs, before anything else: told once. */
  clockTells(): void {
    if (this.deleted) return;
    this.maintenanceTells();
    const due = this.features.filter(({ isTold, endsAt }) => !isTold && endsAt !== null && endsAt <= this.now);
    if (due.length === 0) return;
    for (const feature of due) feature.isTold = true;
    this.revision += 1;
    this.events.expect("license.updated");
  }

  /** MAINT-2: also where the turn itself has moved the end. */
  maintenanceTells(): void {
    if (this.maintenance.tells(this.now)) this.events.expect("license.maintenance-expired");
  }

  /** When anything of it ends, or has. */
  ends(): readonly number[] {
    const ofSeats = this.seats.all().flatMap(({ end, tokenEnd }) => [end, tokenEnd]);
    const all = [
      this.expiry.licenseEnd,
      this.maintenance.end,
      ...this.features.map(({ endsAt }) => endsAt),
      ...ofSeats,
    ];
    return all.filter((end) => end !== null);
  }

  /** LEASE-5: an id that was never granted. */
  givesOut(session: string): void {
    must("LEASE-5", !this.#granted.has(session), () => `${session} is given out again`);
    this.#granted.add(session);
  }

  /** When an activation on this device ends. */
  endOf(device: Device): number | null {
    return this.expiry.endOf(deviceKey(device));
  }

  /** EXP-3: whether it has a clock of its own. */
  hasEnd(device: Device): boolean {
    return this.expiry.hasClock(deviceKey(device));
  }

  /** A new activation on this device. True if it was the license's first. */
  firstOn(device: Device, hold: SessionSeat | undefined): boolean {
    if (hold !== undefined) this.expiry.goesOn(deviceKey(hold), deviceKey(device));
    const isFirst = this.expiry.activated(deviceKey(device), this.now);
    if (isFirst) this.maintenance.begin(this.now);
    return isFirst;
  }

  renew(call: FollowUpCall, outcome: Outcome<Grant>): void {
    const seat = this.#usable(call);
    if ("code" in seat) return refused(outcome, seat);
    signedFor(this, seat, granted(outcome, "SEAT-5"), { wish: call.requestedLeaseSeconds, byV3: false });
  }

  checkIn(call: FollowUpCall, outcome: Outcome<CheckedIn>): void {
    const seat = this.#usable(call);
    if ("code" in seat) return refused(outcome, seat);
    const answer = granted(outcome, "SEAT-5");
    const isWritten = leases(this.given) || this.now - seat.contactAt >= CONTACT_EVERY;
    const before = seat.end;
    if (isWritten) contacted(this, seat, call.requestedLeaseSeconds);
    leaseTold(seat, before, answer.leaseExpiresAt);
    const next = tokenFor(this.given, boundsOf(this, seat), this.now).refreshAt;
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
    if (this.#isDelivered(call, seat)) return refused(outcome, { code: "session-unknown" });
    if (undelivered === undefined && isClients(this.given.user, seat.owner, call.principal)) {
      const refusal = this.countDeactivation();
      if (refusal !== null) return refused(outcome, refusal);
    }
    granted(outcome, "CNT-1");
    if (undelivered !== undefined) {
      seat.tokenEnd = call.tokenEndBefore ?? 0;
      this.meters.withdrawn(seat);
    }
    this.seats.release(seat, this.now);
    this.events.expect("activation.deleted", seat.session);
  }

  /** MGMT-4: what was answered to a repetition has arrived; what was not is not kept. */
  #isDelivered({ undeliveredKey: key }: FollowUpCall, { session }: SessionSeat): boolean {
    const kept = key === undefined ? null : this.activatedOnce.known({ key, bodyHash: "" }, this.now);
    if (key === undefined || kept?.value.activationId !== session) return false;
    if (!kept.value.isRepeated) this.activatedOnce.drop(key);
    return kept.value.isRepeated;
  }

  /** CNT-1: of a client, counted or refused at the limit. */
  countDeactivation(): Refusal | null {
    const { type, allowedDeactivations: limit } = this.given;
    const isOver = type !== "hosted-floating" && limit >= 0 && this.deactivations >= limit;
    if (isOver) return { code: "deactivation-limit-reached", limit };
    this.deactivations += 1;
    return null;
  }

  look(call: FollowUpCall, outcome: Outcome<ActivationSeen>): void {
    const seat = this.#owned(call);
    if ("code" in seat) return refused(outcome, seat);
    const seen = granted(outcome, "LEASE-4");
    seenFor(this, seat, seen);
    same("LEASE-3", "leaseExpiresAt", seen.leaseExpiresAt, seat.end);
    same("TOK-6", "lastRefreshAt", seen.lastRefreshAt, seat.refreshAt);
  }

  /** Ended by a watermark: nobody comes back, and everybody who was live or lapsed is told of. */
  end(ends: (seat: SessionSeat) => boolean): void {
    for (const { session, held } of this.seats.removeAll(ends)) if (!held) this.events.endsLater(session);
  }

  /** STAND-4 up to the fingerprint. */
  #owned({ principal, activationId, fingerprint }: FollowUpCall, may = mayAct): SessionSeat | Refusal {
    if (principal.kind === "anonymous") return { code: "credentials-required" };
    if (this.given.revoked) return { code: "license-revoked" };
    const seat = this.seats.bySession(activationId);
    if (seat === undefined || !isLive(seat, this.now)) return { code: "session-unknown" };
    if (!may(this.given.user, seat.owner, activationId, principal)) return { code: "not-session-owner" };
    return fingerprint === null || isAlike(this.given.fingerprintMatchingStrategy, seat.device, fingerprint)
      ? seat
      : { code: "fingerprint-mismatch" };
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
    return "code" in seat ? seat : (standingOf(this.given, this.now, this.endOf(seat)) ?? seat);
  }
}
