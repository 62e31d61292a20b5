/** Activating with an idempotency key (MGMT-4): the same call again answers the activation it made, as it is now. */

import { activate } from "./activation.ts";
import type { ActivateCall, Grant } from "../license/calls.ts";
import type { IdempotencyRecord } from "../turn/ledger.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { claimOn, foreignRefusal } from "../seats/owner.ts";
import { dropRecord, findRecord, once } from "./idempotency.ts";
import { standingOf } from "./judge.ts";
import { isLive } from "../seats/seats.ts";
import { signed, tokenKindOf } from "../seats/token-grant.ts";
import type { Turn } from "../turn/turn.ts";

interface Kept {
  readonly activationId: string;
  /** The activation was answered again, so that its device may have a token of it. */
  readonly repeated?: true;
}

/**
 * Without a key it is `activate`. Where the devices' budget is full, a device that is there resumes without a record:
 * it may do so again (SEAT-3). Refusals: `activate`'s, `once`'s, and of a repetition those of a license's standing
 * (CHK-1), then `activation-ended`, and of somebody else's activation where a signed-in person has taken it over since.
 */
export function activateOnce(turn: Turn, call: ActivateCall): Outcome<Grant> {
  if (call.idempotency === null) return activate(turn, call);
  return once(turn, call.idempotency, {
    budget: "devices",
    first: () => activate(turn, call),
    unkept: (full) => activate(turn, call, full),
    kept: ({ activationId }) => JSON.stringify({ activationId } satisfies Kept),
    again: (record) => again(turn, call, record),
  });
}

/** No seat, no longer lease, no other `gen`: a token anew, whose end is remembered (SEAT-10). */
function again(turn: Turn, call: ActivateCall, record: IdempotencyRecord): Outcome<Grant> {
  const standing = standingOf(turn, call);
  if (standing !== null) return no(standing);
  const kept = keptOf(record);
  const activation = turn.ledger.activation(kept.activationId);
  if (activation === null || !isLive(turn, activation)) return no({ code: "activation-ended" });
  const claim = claimOn(turn.license.terms, activation, call);
  if (claim === "foreign") return no(foreignRefusal(call));
  const repeated = signed(turn, activation, tokenKindOf(call));
  turn.ledger.updateActivation(repeated.activation);
  if (kept.repeated === undefined) {
    turn.ledger.idempotency.save({ ...record, outcome: JSON.stringify({ ...kept, repeated: true } satisfies Kept) });
  }
  return yes({ ...repeated.grant, repeated: true });
}

/**
 * Of a grant whose token could not be signed: its outcome is kept no longer, so that the same call activates anew.
 * False if the activation was answered to a repetition meanwhile: then it has been delivered, and stands.
 */
export function forgetUndelivered(turn: Turn, key: string, activationId: string): boolean {
  const record = findRecord(turn, key);
  if (record === null) return true;
  const kept = keptOf(record);
  if (kept.repeated === true && kept.activationId === activationId) return false;
  if (kept.activationId === activationId) dropRecord(turn, record);
  return true;
}

function keptOf({ outcome }: IdempotencyRecord): Kept {
  return JSON.parse(outcome) as Kept;
}
