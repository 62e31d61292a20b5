/** v3's calls on an activation by its license's key, played again on a license's history (STAND-4, AUTH-6, AUTH-7). */

import type { CheckedOut, Grant } from "../../../src/domain/license/calls.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../../../src/domain/license/client-calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { isAlike } from "../../support/device-oracle.ts";
import { actsOnAny, admission, isClients, isVendor, mayAct, mayGiveBack } from "../../support/owner-oracle.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { HASH_NEEDED } from "./activation-oracle.ts";
import { granted, refused } from "./answers.ts";
import { noteVersion, placeRefusal, versionRefusal } from "./binding-oracle.ts";
import { PRODUCT } from "./claims.ts";
import { signedAgain, signedFor } from "./grant-oracle.ts";
import { same } from "./invariants.ts";
import { onceBy } from "./once-oracle.ts";
import type { LicenseOracle } from "./oracle.ts";
import type { SessionSeat } from "./session-seat.ts";
import { unusableOf } from "./standing-oracle.ts";

/** STAND-1: expired and suspended are no reason, and AUTH-6: whom the license admits is one. */
export function syncedBy(oracle: LicenseOracle, call: SyncCall, outcome: Outcome<Grant>): void {
  const seat = ofDevice(oracle, call, mayAct);
  if ("code" in seat) return refused(outcome, seat);
  const { given, now } = oracle;
  const needsPerson = given.requireAuthentication || given.leasingStrategy === "per-user";
  const refusal =
    unusableOf(given, now) ??
    placeRefusal(given, call) ??
    (isVendor(call.principal) ? null : admission(given.user, needsPerson, call.principal));
  if (refusal !== null) return refused(outcome, refusal);
  const exhausted = versionRefusal(oracle, call) ?? oracle.meters.refusal(call.uses ?? []);
  if (exhausted !== null) return refused(outcome, exhausted);
  const grant = granted(outcome, "STAND-1");
  if (oracle.meters.count(seat, call.uses ?? [])) oracle.events.expect("activation.updated", seat.session);
  noteVersion(oracle, call);
  seat.presented = call.fingerprint;
  signedFor(oracle, seat, grant, { wish: call.requestedLeaseSeconds, byV3: true });
}

export function deactivatedBy(oracle: LicenseOracle, call: DeactivateCall, outcome: Outcome<CheckedOut>): void {
  const seat = ofDevice(oracle, call, mayGiveBack);
  if ("code" in seat) return refused(outcome, seat);
  const { user } = oracle.given;
  // CNT-1: with the key it is the device that asks, but where somebody of the vendor's does.
  const isOfVendor =
    call.principal.kind === "management" || (call.principal.kind === "user" && actsOnAny(call.principal));
  if (!isOfVendor || isClients(user, seat.owner, call.principal)) {
    const refusal = oracle.countDeactivation();
    if (refusal !== null) return refused(outcome, refusal);
  }
  granted(outcome, "CNT-1");
  oracle.seats.release(seat, oracle.now);
  oracle.events.expect("activation.deleted", seat.session);
}

/** METER-1, MGMT-4. */
export function countedBy(oracle: LicenseOracle, call: CountCall, outcome: Outcome<Grant>): void {
  if (call.key !== null && call.key !== oracle.key) return refused(outcome, { code: "wrong-key" });
  onceBy(oracle.countedOnce, { ...call, now: oracle.now }, outcome, {
    first: () => countedFirst(oracle, call, outcome),
    again: (activationId) => countedAgain(oracle, { ...call, activationId }, outcome),
    kept: ({ activationId }) => activationId,
  });
}

function countedFirst(oracle: LicenseOracle, call: CountCall, outcome: Outcome<Grant>): void {
  const seat = ofCaller(oracle, call, mayAct);
  // STAND-4: without the key nothing is told of a license whose activation is tidied away, which no history knows.
  const isTidied = call.key === null && !outcome.ok && outcome.refusal.code === "session-unknown";
  if ("code" in seat) return refused(outcome, isTidied && oracle.given.revoked ? outcome.refusal : seat);
  const meter = oracle.meters.byId(call.meterId);
  const wishes = [{ name: meter?.name ?? "", increment: call.increment }];
  const refusal =
    unusableOf(oracle.given, oracle.now) ??
    (call.productId === null || call.productId === PRODUCT ? null : { code: "product-mismatch" }) ??
    (meter === undefined ? { code: "meter-unknown" } : oracle.meters.refusal(wishes));
  if (refusal !== null) return refused(outcome, refusal);
  const grant = granted(outcome, "METER-1");
  if (oracle.meters.count(seat, wishes)) oracle.events.expect("activation.updated", seat.session);
  signedAgain(oracle, seat, grant, { byV3: true });
}

function countedAgain(oracle: LicenseOracle, call: CountCall, outcome: Outcome<Grant>): void {
  const { given, seats, now } = oracle;
  if (given.revoked) return refused(outcome, { code: "license-revoked" });
  const seat = seats.bySession(call.activationId);
  if (seat === undefined || !isLive(seat, now)) return refused(outcome, { code: "activation-ended" });
  const isOpen = seat.owner === null || mayAct(given.user, seat.owner, call.activationId, call.principal);
  if (!isOpen) return refused(outcome, { code: "not-session-owner" });
  const grant = granted(outcome, "MGMT-4");
  same("MGMT-4", "that it is a repetition", grant.repeated, true);
  signedAgain(oracle, seat, grant, { byV3: true });
}

function ofDevice(oracle: LicenseOracle, call: DeactivateCall, may: typeof mayAct): SessionSeat | Refusal {
  if (call.key !== oracle.key) return { code: "wrong-key" };
  const seat = ofCaller(oracle, call, may);
  if ("code" in seat) return seat;
  if (seat.lockedTo !== null && call.userHash === null) return HASH_NEEDED;
  const isSame =
    isAlike(oracle.given.fingerprintMatchingStrategy, seat.device, call.fingerprint) &&
    (seat.lockedTo === null || seat.lockedTo === call.userHash);
  return isSame ? seat : { code: "fingerprint-mismatch" };
}

function ofCaller(
  oracle: LicenseOracle,
  call: Pick<CountCall, "activationId" | "principal">,
  may: typeof mayAct,
): SessionSeat | Refusal {
  const { given, seats, now } = oracle;
  if (given.revoked) return { code: "license-revoked" };
  const seat = seats.bySession(call.activationId);
  if (seat === undefined || !isLive(seat, now)) {
    if (oracle.lapsed(call.activationId)) oracle.events.expect("activation.lease-expired", call.activationId);
    return { code: "session-unknown" };
  }
  const isOpen = seat.owner === null || may(given.user, seat.owner, call.activationId, call.principal);
  return isOpen ? seat : { code: "not-session-owner" };
}
