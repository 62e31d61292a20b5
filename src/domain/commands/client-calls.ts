/**
 * v3's calls on an activation: sync and deactivate (STAND-4, AUTH-6, AUTH-7). The license's key and the device's
 * fingerprint are the credentials, but where a person owns the activation. Whoever calls here has sent the right key.
 */

import type { CheckedOut, Grant } from "../license/calls.ts";
import type { DeactivateCall, SyncCall } from "../license/client-calls.ts";
import type { ShownFacts } from "../license/device.ts";
import { unusableRefusal } from "../license/standing.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";
import { forgetsPlace, syncedFacts } from "../seats/device-facts.ts";
import { isAlike } from "../seats/fingerprint.ts";
import { release } from "../seats/give-back.ts";
import { extended } from "../seats/lease.ts";
import { noteRelease } from "../seats/newest-release.ts";
import { mayActByKey, mayGiveBack } from "../seats/owner.ts";
import { isLive, sweepOne } from "../seats/seats.ts";
import { signed } from "../seats/token-grant.ts";
import type { Terms } from "../terms/license.ts";
import type { Activation } from "../turn/ledger.ts";
import type { Turn } from "../turn/turn.ts";
import { countDeactivation } from "./follow-up.ts";
import { bindingRefusal, USER_HASH_NEEDED } from "./judge.ts";

/**
 * The device as it says that it is now, a fresh lease and a token, also of a license that has expired or is suspended
 * (STAND-1). No event, as at a renewal (LEASE-6).
 * Refusals, in this order: `license-revoked`, `session-unknown`, `not-session-owner`, `fingerprint-mismatch`,
 * `license-not-yet-effective`, checks 8 to 12.
 */
export function sync(turn: Turn, call: SyncCall): Outcome<Grant> {
  const found = ofDevice(turn, call, mayActByKey);
  if (!found.ok) return found;
  const refusal = unusableRefusal(turn.license.terms, turn.now) ?? bindingRefusal(turn, call);
  if (refusal !== null) return no(refusal);
  const before = found.value;
  const facts = syncedFacts(turn.license.terms, before.facts, call);
  const synced = signed(turn, { ...extended(turn, before, call.requestedLeaseSeconds), facts }, "activation");
  turn.ledger.updateActivation(synced.activation);
  // MGMT-2: what the device says of itself is what lists filter by. Where it is changes too often for that.
  const isNews = said(facts.shown) !== said(before.facts.shown) || forgetsPlace(before.facts, facts);
  const isNewest = noteRelease(turn, call.device.releaseVersion);
  if (isNews || isNewest) turn.staleProjections.push(before.id);
  return yes(synced.grant);
}

/**
 * Gives the seat back, at once or when the last token has ended (SEAT-10). A client's is counted and limited (CNT-1).
 * Refusals: `sync`'s first four, and `deactivation-limit-reached`.
 */
export function deactivate(turn: Turn, call: DeactivateCall): Outcome<CheckedOut> {
  const found = ofDevice(turn, call, (...asked) => mayActByKey(...asked) || mayGiveBack(...asked));
  if (!found.ok) return found;
  const refusal = countDeactivation(turn, found.value, call.principal);
  if (refusal !== null) return no(refusal);
  release(turn, found.value);
  return yes({ activationId: found.value.id, now: turn.now });
}

/** STAND-4 for v3, from the standing to the fingerprint. LEASE-5: a lapse that is met here ends in this turn. */
function ofDevice(turn: Turn, call: DeactivateCall, may: typeof mayActByKey): Outcome<Activation> {
  const { terms } = turn.license;
  if (terms.revoked) return no({ code: "license-revoked" });
  const activation = turn.ledger.activation(call.activationId);
  if (activation === null || !isLive(turn, activation)) {
    sweepOne(turn, call.activationId);
    return no({ code: "session-unknown" });
  }
  if (!may(terms, activation, call.principal)) return no({ code: "not-session-owner" });
  const refusal = otherDeviceRefusal(terms, activation, call);
  return refusal === null ? yes(activation) : no(refusal);
}

/** FP-1; and the OS user's, where the activation is locked to one. */
function otherDeviceRefusal(
  terms: Terms,
  { facts }: Activation,
  { fingerprint, userHash }: DeactivateCall,
): Refusal | null {
  if (facts.lockedTo !== undefined && userHash === null) return USER_HASH_NEEDED;
  const isSame = isAlike(terms, facts, fingerprint) && (facts.lockedTo === undefined || facts.lockedTo === userHash);
  return isSame ? null : { code: "fingerprint-mismatch" };
}

function said({ ipAddress: _address, countryCode: _country, ...claims }: ShownFacts): string {
  return JSON.stringify(claims);
}
