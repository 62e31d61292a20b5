/** Who makes a call, as events name them (EVT-1), and what is noted of the calls of clients. */

import { personActor, type ActivateCall, type Caller } from "../domain/license/calls.ts";
import { noteDenial } from "../domain/turn/denials.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Turn } from "../domain/turn/turn.ts";

/** The job of SNAP-1 runs by the cron. */
export const JOB: Caller = { actor: { type: "system", id: "cron" }, requestId: "user-email" };

/** A management token and a person are named, a device is not. */
export function actorOf({ principal }: { readonly principal: ActivateCall["principal"] }): Caller["actor"] {
  if (principal.kind === "user") return personActor(principal);
  return principal.kind === "management" ? { type: "token", id: principal.tokenId } : { type: "device" };
}

/** What a client is refused counts as use of its license, too. */
export function counted<T>(turn: Turn, outcome: Outcome<T>): Outcome<T> {
  if (!outcome.ok) noteDenial(turn, outcome.refusal.code);
  return outcome;
}
