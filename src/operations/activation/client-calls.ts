/** v3's calls on an activation: its id alone leads to its license (ID-2). */

import type { CheckedOut, Grant } from "../../domain/license/calls.ts";
import type { CountCall, DeactivateCall, SyncCall } from "../../domain/license/client-calls.ts";
import { no, type Outcome } from "../../domain/outcome.ts";
import { objectOf } from "../../license/stub.ts";
import type { Deployment } from "../deployment.ts";

type Licenses = Pick<Deployment, "licenses">;

/** Refusals: the object's; `session-unknown`, too, for a text that is no activation's id. */
export async function syncActivation(deployment: Licenses, call: SyncCall): Promise<Outcome<Grant>> {
  return (await objectOf(deployment, call.activationId)?.sync(call)) ?? UNKNOWN;
}

/** The same. */
export async function deactivate(deployment: Licenses, call: DeactivateCall): Promise<Outcome<CheckedOut>> {
  return (await objectOf(deployment, call.activationId)?.deactivate(call)) ?? UNKNOWN;
}

/** METER-1: the same. */
export async function countUses(deployment: Licenses, call: CountCall): Promise<Outcome<Grant>> {
  return (await objectOf(deployment, call.activationId)?.countUses(call)) ?? UNKNOWN;
}

const UNKNOWN = no({ code: "session-unknown" });
