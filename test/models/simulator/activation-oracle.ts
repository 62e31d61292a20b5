/** An activation by either API, played again on a license's history (SEAT-1 to SEAT-4, SEAT-9, SEAT-10, AUTH-7). */

import type { ActivateCall, Grant } from "../../../src/domain/license/calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { deviceOf, seatOfDevice, sharedBy, type Device } from "../../support/device-oracle.ts";
import { admission, isVendor, mayResume, personIn } from "../../support/owner-oracle.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { granted, refused } from "./answers.ts";
import { noteVersion, placeRefusal, versionRefusal } from "./binding-oracle.ts";
import { signedAgain, signedFor } from "./grant-oracle.ts";
import { must, same } from "./invariants.ts";
import { onceBy, type KeptActivation } from "./once-oracle.ts";
import type { LicenseOracle } from "./oracle.ts";
import { unknownShare } from "./refresh-oracle.ts";
import type { SessionSeat } from "./session-seat.ts";
import { standingOf, unusableOf } from "./standing-oracle.ts";

/** FP-1: where a device is a fingerprint and an OS user. */
export const HASH_NEEDED: Refusal = {
  code: "invalid-member",
  pointer: "/userHash",
  detail: "is needed: the license is locked to the user",
};

interface Asked {
  readonly device: Device;
  readonly known: SessionSeat | undefined;
  readonly isLive: boolean;
  /** `foreign`: the device's live activation is somebody else's. */
  readonly claim: "none" | "own" | "on-behalf" | "foreign";
}

export function activatedBy(oracle: LicenseOracle, call: ActivateCall, outcome: Outcome<Grant>): void {
  oracle.seats.forgetOld(oracle.now);
  onceBy(oracle.activatedOnce, { ...call, now: oracle.now }, outcome, {
    first: () => activatedFirst(oracle, call, outcome),
    again: (kept) => activatedAgain(oracle, call, kept, outcome),
    kept: ({ activationId }) => ({ activationId, isRepeated: false }),
  });
}

/** MGMT-4: no seat, no longer lease and no other generation, and what stands against it stands against it now. */
function activatedAgain(
  oracle: LicenseOracle,
  call: ActivateCall,
  kept: KeptActivation,
  outcome: Outcome<Grant>,
): void {
  const { given, now, seats } = oracle;
  const standing = call.admitsEnded
    ? unusableOf(given, now)
    : standingOf(given, now, endFor(oracle, askedBy(oracle, call)));
  if (standing !== null) return refused(outcome, standing);
  const seat = seats.bySession(kept.activationId);
  if (seat === undefined || !isLive(seat, now)) return refused(outcome, { code: "activation-ended" });
  const isVendors = call.admitsEnded && isVendor(call.principal);
  if (!mayResume(given.user, seat.owner, call.principal) && !isVendors)
    return refused(outcome, { code: call.admitsEnded ? "not-session-owner" : "device-already-activated" });
  const grant = granted(outcome, "MGMT-4");
  same("MGMT-4", "that it is a repetition", grant.repeated, true);
  kept.isRepeated = true;
  signedAgain(oracle, seat, grant, { byV3: call.admitsEnded });
}

function activatedFirst(oracle: LicenseOracle, call: ActivateCall, outcome: Outcome<Grant>): void {
  const asked = askedBy(oracle, call);
  const refusal = notAdmitted(oracle, call, asked) ?? otherDevice(oracle, asked);
  if (refusal !== null) return refused(outcome, refusal);
  if (asked.known !== undefined && asked.isLive) return resumed(oracle, asked.known, asked, call, outcome);
  begun(oracle, call, asked, outcome);
}

function askedBy(
  oracle: LicenseOracle,
  { fingerprint, principal, device: { userHash }, admitsEnded }: ActivateCall,
): Asked {
  const { given, now } = oracle;
  const person = personIn(principal);
  const device = deviceOf(given, given.user, { device: fingerprint, userHash, person });
  const known = seatOfDevice(oracle.seats, device, given.fingerprintMatchingStrategy, {
    user: given.user,
    caller: principal,
    now,
  });
  if (known === undefined || !isLive(known, now)) return { device, known, isLive: false, claim: "none" };
  if (mayResume(given.user, known.owner, principal)) return { device, known, isLive: true, claim: "own" };
  const claim = admitsEnded && isVendor(principal) ? "on-behalf" : "foreign";
  return { device, known, isLive: true, claim };
}

/** Checks 3 to 12. */
function notAdmitted(oracle: LicenseOracle, call: ActivateCall, asked: Asked): Refusal | null {
  const { given, now } = oracle;
  if (given.userLocked && call.device.userHash === null) return HASH_NEEDED;
  const standing = call.admitsEnded ? unusableOf(given, now) : standingOf(given, now, endFor(oracle, asked));
  if (standing !== null) return standing;
  const place = placeRefusal(given, call);
  if (place !== null) return place;
  const isPerUser = given.leasingStrategy === "per-user";
  // AUTH-7: the vendor passes, but for a seat that has to be some person's.
  const passes = call.admitsEnded && isVendor(call.principal) && (!isPerUser || asked.isLive);
  const refusal = passes ? null : admission(given.user, given.requireAuthentication || isPerUser, call.principal);
  if (refusal !== null) return refusal;
  if (call.admitsEnded && asked.claim === "foreign") return { code: "not-session-owner" };
  return versionRefusal(oracle, call);
}

/** EXP-3: a live one has its own end. Of others an exact fingerprint's is remembered, else the hold's goes on. */
function endFor(oracle: LicenseOracle, { device, known, isLive: lives }: Asked): number | null {
  if (known !== undefined && lives) return oracle.endOf(known);
  return oracle.hasEnd(device) || known === undefined ? oracle.endOf(device) : oracle.endOf(known);
}

/** SEAT-3. */
function otherDevice({ given }: LicenseOracle, { isLive: lives, claim }: Asked): Refusal | null {
  const mayBe = !lives || (claim !== "foreign" && given.duplicateActivation === "resume");
  return mayBe ? null : { code: "device-already-activated" };
}

function resumed(
  oracle: LicenseOracle,
  seat: SessionSeat,
  { claim }: Asked,
  call: ActivateCall,
  outcome: Outcome<Grant>,
): void {
  const exhausted = oracle.meters.refusal(call.uses ?? []);
  if (exhausted !== null) return refused(outcome, exhausted);
  const grant = granted(outcome, "SEAT-3");
  same("SEAT-3", "the session of a device that is live", grant.activationId, seat.session);
  const person = personIn(call.principal);
  const isTakenOver = seat.owner === null && person !== null;
  const hasCounted = oracle.meters.count(seat, call.uses ?? []);
  if (isTakenOver || hasCounted) oracle.events.expect("activation.updated", seat.session);
  noteVersion(oracle, call);
  // AUTH-7: the vendor acts for whose it is.
  if (claim === "own") seat.owner = person;
  seat.generation += 1;
  seat.presented = call.fingerprint;
  signedFor(oracle, seat, grant, { wish: call.requestedLeaseSeconds, byV3: call.admitsEnded });
}

function begun(
  oracle: LicenseOracle,
  call: ActivateCall,
  { device, known: hold }: Asked,
  outcome: Outcome<Grant>,
): void {
  const { given, now, seats } = oracle;
  const { allowedActivations: limit, allowedOverage } = given;
  const used = seats.inUse(now);
  const shared = sharedBy(seats, device, now);
  const others = hold === undefined ? shared : null;
  if (others?.isFull === true) return full(oracle, outcome, others.seats.length, others.seats.length);
  const isNew = hold === undefined && shared === null;
  if (isNew && limit > 0 && used >= limit + allowedOverage) return full(oracle, outcome, limit, used);
  const exhausted = oracle.meters.refusal(call.uses ?? []);
  if (exhausted !== null) return refused(outcome, exhausted);
  const grant = granted(outcome, "SEAT-1");
  // SEAT-9: what a hold or a person's devices have already stays what it is.
  const over = hold?.over ?? shared?.seats[0]?.over ?? (limit > 0 && used >= limit);
  if (isNew && over) oracle.events.expect("license.activation.overage");
  if (hold !== undefined) takenOver(oracle, hold);
  const seat = newSeat(oracle, grant.activationId, { device, hold, over, presented: call.fingerprint });
  seat.owner = personIn(call.principal);
  oracle.meters.count(seat, call.uses ?? []);
  noteVersion(oracle, call);
  if (oracle.firstOn(device, hold)) {
    oracle.revision += 1;
    oracle.events.expect("license.first-activated");
  }
  oracle.events.expect("activation.created", seat.session);
  same("SEAT-10", "tokenEndBefore", grant.tokenEndBefore ?? null, hold?.tokenEnd ?? null);
  signedFor(oracle, seat, grant, { wish: call.requestedLeaseSeconds, byV3: call.admitsEnded });
}

/** SEAT-4. */
function full({ seats, now }: LicenseOracle, outcome: Outcome<Grant>, limit: number, used: number): void {
  refused(outcome, { code: "seats-exhausted", limit, used, retryAfterSeconds: null });
  if (outcome.ok || outcome.refusal.code !== "seats-exhausted") return;
  same("SEAT-1", "the limit told", outcome.refusal.limit, limit);
  same("SEAT-1", "the seats told to be in use", outcome.refusal.used, used);
  const { retryAfterSeconds } = outcome.refusal;
  const end = seats.firstEnd(now);
  const latest = end === null ? Number.POSITIVE_INFINITY : Math.ceil((end - now) / 1000);
  const isBound = retryAfterSeconds === null ? end === null : retryAfterSeconds >= 1 && retryAfterSeconds <= latest;
  must("SEAT-1", isBound, () => `retryAfter is ${retryAfterSeconds}, the first end comes after ${latest}`);
}

/** SEAT-10: the device's own seat, counted still; a lapse that nobody has told of is told of now. */
function takenOver({ seats, events }: LicenseOracle, hold: SessionSeat): void {
  seats.remove(hold);
  if (!hold.held) events.expect("activation.lease-expired", hold.session);
}

function newSeat(
  oracle: LicenseOracle,
  session: string,
  {
    device,
    hold,
    over,
    presented,
  }: { device: Device; hold: SessionSeat | undefined; over: boolean; presented: string },
): SessionSeat {
  oracle.givesOut(session);
  const seat: SessionSeat = {
    ...device,
    session,
    presented,
    over,
    owner: null,
    held: false,
    end: null,
    tokenEnd: hold?.tokenEnd ?? 0,
    wish: null,
    contactAt: oracle.now,
    seconds: 0,
    uses: new Map(),
    generation: 1,
    tokenRevision: 0,
    refreshAt: null,
    share: unknownShare(1),
    lapsedUnder: null,
    createdAt: oracle.now,
    order: oracle.seats.born + 1,
  };
  oracle.seats.add(seat);
  return seat;
}
