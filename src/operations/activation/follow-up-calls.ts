/** The calls that go on with an activation: its id alone leads to its license (ID-2). */

import type {
  ActivateCall,
  CheckedIn,
  CheckedOut,
  Grant,
  FollowUpCall,
  ActivationSeen,
} from "../../domain/license/calls.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { objectOf } from "../../license/stub.ts";
import type { Deployment } from "../deployment.ts";

type Licenses = Pick<Deployment, "licenses">;

export function renewSession(deployment: Licenses, call: FollowUpCall): Promise<Outcome<Grant>> {
  return licenseOf(deployment, call).renew(call);
}

export function checkIn(deployment: Licenses, call: FollowUpCall): Promise<Outcome<CheckedIn>> {
  return licenseOf(deployment, call).checkIn(call);
}

export function checkOut(deployment: Licenses, call: FollowUpCall): Promise<Outcome<CheckedOut>> {
  return licenseOf(deployment, call).checkOut(call);
}

/**
 * Takes a fresh grant back whose token could not be signed: the device has nothing to go on with, and SEAT-3's `reject`
 * would refuse its next try. One that was resumed, or granted earlier to the same key (MGMT-4), stands. At best: where
 * the object does not answer, the grant stands.
 */
export async function withdraw(
  deployment: Licenses,
  { principal, requestId, idempotency }: ActivateCall,
  grant: Grant,
): Promise<void> {
  const { activationId, generation, tokenEndBefore } = grant;
  if (generation !== 1 || grant.repeated === true) return;
  await checkOut(deployment, {
    principal: principal.kind === "user" ? principal : { kind: "license-token", activationId },
    requestId,
    activationId,
    fingerprint: null,
    requestedLeaseSeconds: null,
    undelivered: generation,
    ...(tokenEndBefore === undefined ? {} : { tokenEndBefore }),
    ...(idempotency === null ? {} : { undeliveredKey: idempotency.key }),
  });
}

/** Changes nothing. */
export function seeSession(deployment: Licenses, call: FollowUpCall): Promise<Outcome<ActivationSeen>> {
  return licenseOf(deployment, call).session(call);
}

/** `call.activationId` is a UUIDv8: the door has checked it. */
function licenseOf(deployment: Licenses, call: FollowUpCall) {
  const object = objectOf(deployment, call.activationId);
  if (object === null) throw new Error("a session id that is no UUIDv8 has passed the door");
  return object;
}
