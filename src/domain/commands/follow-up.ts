/** Calls on an activation: renew, check in, check out, look (STAND-4, LEASE-3, LEASE-6, AUTH-3, SEAT-10). */

import { forgetUndelivered } from "./activate-once.ts";
import type { CheckedIn, CheckedOut, Grant, FollowUpCall, ActivationSeen, Principal } from "../license/calls.ts";
import { isAlike } from "../seats/fingerprint.ts";
import { extended } from "../seats/lease.ts";
import type { Activation } from "../turn/ledger.ts";
import { hasLease } from "../terms/license.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { actsAsClient, isLicensedUser, mayAct, mayGiveBack } from "../seats/owner.ts";
import type { Refusal } from "../refusal.ts";
import { release } from "../seats/give-back.ts";
import { withoutUses } from "../seats/meters.ts";
import { activationEnd } from "../seats/rolling.ts";
import { isLive, sweepOne } from "../seats/seats.ts";
import { standingRefusal } from "../license/standing.ts";
import { seen, signed, tokenHolder } from "../seats/token-grant.ts";
import { secondsToRefresh } from "../seats/token-times.ts";
import { move, type Turn } from "../turn/turn.ts";

/** LEASE-6: without a lease, contact is written at most this often (ms). */
const CONTACT_EVERY = 3_600_000;

/** Extends the lease and prepares a new token. */
export function renew(turn: Turn, call: FollowUpCall): Outcome<Grant> {
  const found = usable(turn, call);
  if (!found.ok) return found;
  const renewed = signed(turn, extended(turn, found.value, call.requestedLeaseSeconds), "license");
  turn.ledger.updateActivation(renewed.activation);
  return yes(renewed.grant);
}

/** Extends the lease without a token; `renewNow` tells that the token in hand is behind. */
export function checkIn(turn: Turn, call: FollowUpCall): Outcome<CheckedIn> {
  const found = usable(turn, call);
  if (!found.ok) return found;
  const after = contacted(turn, found.value, call.requestedLeaseSeconds);
  const { leaseEnd, tokenRefreshAt } = after;
  return yes({
    activationId: after.id,
    leaseExpiresAt: leaseEnd,
    nextCheckInSeconds: secondsToRefresh(turn.license.terms, tokenHolder(turn, after), turn.now),
    renewNow: after.tokenRevision !== turn.license.revision || (tokenRefreshAt !== null && tokenRefreshAt <= turn.now),
    now: turn.now,
  });
}

/** LEASE-6: without a lease most check-ins write nothing, so D1's copy has nothing new to be sent either. */
function contacted(turn: Turn, before: Activation, wishSent: number | null): Activation {
  if (!hasLease(turn.license.terms) && turn.now - before.contactAt < CONTACT_EVERY) {
    turn.memory.lastUsedAt = turn.now;
    return before;
  }
  const after = extended(turn, before, wishSent);
  turn.ledger.updateActivation(after);
  return after;
}

/** Gives the seat back, at once or when the last token has ended (SEAT-10). The id never comes back (LEASE-5). */
export function checkOut(turn: Turn, call: FollowUpCall): Outcome<CheckedOut> {
  const found = ownedOrSwept(turn, call, mayGiveBack);
  if (!found.ok) return found;
  const isClient = call.undelivered === undefined;
  if (!isClient && call.undelivered !== found.value.generation) return no({ code: "session-unknown" });
  const isDelivered =
    call.undeliveredKey !== undefined && !forgetUndelivered(turn, call.undeliveredKey, found.value.id);
  if (isDelivered) return no({ code: "session-unknown" });
  const refusal = isClient ? countDeactivation(turn, found.value, call.principal) : null;
  if (refusal !== null) return no(refusal);
  // SEAT-10: a token that was never signed holds no seat, those of before do. METER-1: nor are its uses anybody's.
  const withdrawn = () => ({ ...withoutUses(turn, found.value), tokenEnd: call.tokenEndBefore ?? 0 });
  release(turn, isClient ? found.value : withdrawn());
  return yes({ activationId: found.value.id, now: turn.now });
}

/** AUTH-8: the same by whom the license is for. To anybody else, whatever their role, nothing is there. */
export function giveBack(turn: Turn, call: FollowUpCall): Outcome<CheckedOut> {
  const { principal } = call;
  const isTheirs = principal.kind === "user" && isLicensedUser(turn.license.terms, principal);
  return isTheirs ? checkOut(turn, call) : no({ code: "session-unknown" });
}

export function look(turn: Turn, call: FollowUpCall): Outcome<ActivationSeen> {
  const found = owned(turn, call);
  return found.ok ? yes(seen(turn, found.value)) : found;
}

/** STAND-4 for renew and check-in: everything, the license's standing included. */
function usable(turn: Turn, call: FollowUpCall): Outcome<Activation> {
  const found = ownedOrSwept(turn, call);
  if (!found.ok) return found;
  const refusal = standingRefusal(turn.license.terms, turn.now, activationEnd(turn, found.value));
  return refusal === null ? found : no(refusal);
}

/** LEASE-5: a changing call that meets its own lapse ends it in the same turn, so that no clock brings it back. */
function ownedOrSwept(turn: Turn, call: FollowUpCall, may = mayAct): Outcome<Activation> {
  const found = owned(turn, call, may);
  if (!found.ok && found.refusal.code === "session-unknown") sweepOne(turn, call.activationId.toLowerCase());
  return found;
}

/** STAND-4 up to the fingerprint: revoked, live, owner, fingerprint. */
function owned(turn: Turn, call: FollowUpCall, may = mayAct): Outcome<Activation> {
  if (call.principal.kind === "anonymous") return no({ code: "credentials-required" });
  const { terms } = turn.license;
  if (terms.revoked) return no({ code: "license-revoked" });
  const activation = turn.ledger.activation(call.activationId.toLowerCase());
  if (activation === null || !isLive(turn, activation)) return no({ code: "session-unknown" });
  if (!may(terms, activation, call.principal)) return no({ code: "not-session-owner" });
  const isSame = call.fingerprint === null || isAlike(terms, activation.facts, call.fingerprint);
  return isSame ? yes(activation) : no({ code: "fingerprint-mismatch" });
}

/** CNT-1: of who gives an activation back as its client: counted, or refused at the limit. */
export function countDeactivation(turn: Turn, activation: Activation, principal: Principal): Refusal | null {
  if (!actsAsClient(turn.license.terms, activation, principal)) return null;
  const refusal = deactivationRefusal(turn);
  if (refusal === null) move(turn, { deactivations: turn.tally.deactivations + 1 });
  return refusal;
}

/** CNT-1: the limit binds every type but hosted-floating; it is counted for all. */
function deactivationRefusal(turn: Turn): Refusal | null {
  const { type, allowedDeactivations: limit } = turn.license.terms;
  if (type === "hosted-floating" || limit < 0 || turn.tally.deactivations < limit) return null;
  return { code: "deactivation-limit-reached", limit };
}
