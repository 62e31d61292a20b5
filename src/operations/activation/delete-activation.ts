/**
 * Ends activations for the vendor (CNT-1): one, or those of a license and a time. The object does it; nothing here
 * writes.
 */

import type { EndCall, EndCursor, EndOneCall } from "../../domain/seats/activation-view.ts";
import type { CheckedOut, SignedInUser } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { objectOf } from "../../license/stub.ts";
import type { Deployment } from "../deployment.ts";
import { nowhere } from "./read-activation.ts";
import { unborn } from "../license/read-license.ts";

/** Steps of one call, each of at least 200 endings or 1,000 rows read. */
const MOST_STEPS = 600;

/** Refuses `session-unknown`, also the second time, `license-lost`, and the machinery's. */
export async function deleteActivation(deployment: Deployment, id: string, call: EndOneCall): Promise<Outcome<null>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "session-unknown" });
  const answer = await object.deleteActivation(id, call);
  return answer.reached === "license" ? answer.outcome : await nowhere(deployment, id);
}

/**
 * AUTH-8: the same by the person whom the license is for, counted and limited as a check-out. Refuses `session-unknown`
 * (also where the license is not theirs), `license-revoked`, `deactivation-limit-reached`, `license-lost`, and the
 * machinery's.
 */
export async function giveBackActivation(
  deployment: Deployment,
  id: string,
  principal: SignedInUser,
  requestId: string,
): Promise<Outcome<CheckedOut>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "session-unknown" });
  const call = { principal, requestId, activationId: id, fingerprint: null, requestedLeaseSeconds: null };
  const answer = await object.giveBack(call);
  return answer.reached === "license" ? answer.outcome : await nowhere(deployment, id);
}

/**
 * All that were live and in both ranges when the call began. Between the steps others have their turns. Refuses
 * `license-unknown`, `in-use` where so many are left that the same call has to come again, and the machinery's: what
 * has ended until then stays ended.
 */
export async function deleteActivations(
  deployment: Deployment,
  licenseId: string,
  call: Omit<EndCall, "cursor">,
): Promise<Outcome<null>> {
  let cursor: EndCursor | null = null;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const next = await endSome(deployment, licenseId, { ...call, cursor });
    if (!next.ok) return next;
    if (next.value === null) return yes(null);
    cursor = next.value;
  }
  return no({ code: "in-use", by: "more activations", retryable: true });
}

async function endSome(deployment: Deployment, licenseId: string, call: EndCall): Promise<Outcome<EndCursor | null>> {
  const answer = await objectOf(deployment, licenseId)?.deleteActivations(licenseId, call);
  if (answer?.reached === "license") return answer.outcome.ok ? yes(answer.outcome.value.next) : answer.outcome;
  // A license without an object has no activations.
  const license = await unborn(deployment, licenseId, answer?.reached);
  return license.ok ? yes(null) : license;
}
