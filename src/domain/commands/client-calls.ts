/**
 * v3's calls on an activation: sync and deactivate (STAND-4, AUTH-6, AUTH-7). The license's key and the device's
 * fingerprint are the credentials, but where a person owns the activation. Whoever calls here has sent the right key.
 */

import type { CheckedOut, Grant } from "../license/calls.ts";
import type { DeactivateCall, SyncCall } from "../license/client-calls.ts";
import type { ShownFacts } from "../license/device.ts";
import { unusableRefusal } from "../license/standing.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { activationChanges, activationData } from "../seats/activation-data.ts";
import type { Refusal } from "../refusal.ts";
import { forgetsPlace, syncedFacts } from "../seats/device-facts.ts";
import { isAlike } from "../seats/fingerprint.ts";
import { release } from "../seats/give-back.ts";
import { extended } from "../seats/lease.ts";
import { noteRelease } from "../seats/newest-release.ts";
import { mayActByKey, mayGiveBack } from "../seats/owner.ts";
import { usesRefusalOnceSwept, withUses } from "../seats/meters.ts";
import { isLive, sweepOne } from "../seats/seats.ts";
import { signed } from "../seats/token-grant.ts";
import type { Terms } from "../terms/license.ts";
import type { Activation } from "../turn/ledger.ts";
import { emit, type Turn } from "../turn/turn.ts";
import { countDeactivation } from "./follow-up.ts";
import { bindingRefusal, USER_HASH_NEEDED } from "./judge.ts";

/**
 * The device as it says that it is now, a fresh lease and a token, also of a license that has expired or is suspended
 * (STAND-1). No event, as at a renewal (LEASE-6), but of uses that were counted.
 * Refusals, in this order: `license-revoked`, `session-unknown`, `not-session-owner`, `fingerprint-mismatch`,
 * `license-not-yet-effective`, checks 8 to 12, those of `usesRefusal`.
 */
export function sync(turn: Turn, call: SyncCall): Outcome<Grant> {
  const found = ofDevice(turn, call, mayActByKey);
  if (!found.ok) return found;
  const uses = call.uses ?? [];
  const refusal =
    unusableRefusal(turn.license.terms, turn.now) ?? bindingRefusal(turn, call) ?? usesRefusalOnceSwept(turn, uses);
  if (refusal !== null) return no(refusal);
  const before = found.value;
  const facts = syncedFacts(turn.license.terms, before.facts, call);
  const known = { ...extended(turn, before, call.requestedLeaseSeconds), facts };
  const counted = withUses(turn, known, uses);
  const synced = signed(turn, counted, "activation");
  turn.ledger.updateActivation(synced.activation);
  if (counted !== known) {
    const changes = activationChanges(turn, before, synced.activation);
    emit(turn, "activation.updated", changes, activationData(turn, synced.activation));
  }
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

/** STAND-4 for v3, from the standing to the fingerprint. */
function ofDevice(turn: Turn, call: DeactivateCall, may: typeof mayActByKey): Outcome<Activation> {
  const found = ofCaller(turn, call, may);
  if (!found.ok) return found;
  const refusal = otherDeviceRefusal(turn.license.terms, found.value, call);
  return refusal === null ? found : no(refusal);
}

/**
 * The same, to the owner. LEASE-5: a lapse that is met here ends in this turn.
 * A license's id has the locator that its activations' ids have (ID-2): who makes one up of it, and sends no key, is
 * not told how the license stands.
 */
export function ofCaller(
  turn: Turn,
  call: Pick<DeactivateCall, "activationId" | "principal" | "key">,
  may: typeof mayActByKey,
): Outcome<Activation> {
  const { terms } = turn.license;
  const activation = turn.ledger.activation(call.activationId);
  const isMadeUp = activation === null && call.key === null;
  if (terms.revoked && !isMadeUp) return no({ code: "license-revoked" });
  if (activation === null || !isLive(turn, activation)) {
    sweepOne(turn, call.activationId);
    return no({ code: "session-unknown" });
  }
  return may(terms, activation, call.principal) ? yes(activation) : no({ code: "not-session-owner" });
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
