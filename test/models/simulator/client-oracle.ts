/** v3's calls on an activation by its license's key, played again on a license's history (STAND-4, AUTH-6, AUTH-7). */

import type { CheckedOut, Grant } from "../../../src/domain/license/calls.ts";
import type { DeactivateCall, SyncCall } from "../../../src/domain/license/client-calls.ts";
import type { Outcome } from "../../../src/domain/outcome.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import { isAlike } from "../../support/device-oracle.ts";
import { actsOnAny, admission, isClients, isVendor, mayAct, mayGiveBack } from "../../support/owner-oracle.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { HASH_NEEDED } from "./activation-oracle.ts";
import { granted, refused } from "./answers.ts";
import { signedFor } from "./grant-oracle.ts";
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
    unusableOf(given, now) ?? (isVendor(call.principal) ? null : admission(given.user, needsPerson, call.principal));
  if (refusal !== null) return refused(outcome, refusal);
  const grant = granted(outcome, "STAND-1");
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

function ofDevice(oracle: LicenseOracle, call: DeactivateCall, may: typeof mayAct): SessionSeat | Refusal {
  const { given, seats, now } = oracle;
  if (call.key !== oracle.key) return { code: "wrong-key" };
  if (given.revoked) return { code: "license-revoked" };
  const seat = seats.bySession(call.activationId);
  if (seat === undefined || !isLive(seat, now)) {
    if (oracle.lapsed(call.activationId)) oracle.events.expect("activation.lease-expired", call.activationId);
    return { code: "session-unknown" };
  }
  const isOpen = seat.owner === null || may(given.user, seat.owner, call.activationId, call.principal);
  if (!isOpen) return { code: "not-session-owner" };
  if (seat.lockedTo !== null && call.userHash === null) return HASH_NEEDED;
  const isSame =
    isAlike(given.fingerprintMatchingStrategy, seat.device, call.fingerprint) &&
    (seat.lockedTo === null || seat.lockedTo === call.userHash);
  return isSame ? seat : { code: "fingerprint-mismatch" };
}
