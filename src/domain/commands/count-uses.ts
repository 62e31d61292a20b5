/** Counting uses of one meter attribute (METER-1): by a device with its activation's id; their reset by the vendor. */

import type { Caller, Changed, Grant, KeyedCall } from "../license/calls.ts";
import type { CountCall } from "../license/client-calls.ts";
import { productRefusal } from "../license/product-match.ts";
import { unusableRefusal } from "../license/standing.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import { activationChanges, activationData } from "../seats/activation-data.ts";
import { licenseData, viewOf } from "../seats/event-data.ts";
import { usesRefusalOnceSwept, withUses } from "../seats/meters.ts";
import { mayActByKey } from "../seats/owner.ts";
import { isLive } from "../seats/seats.ts";
import { signed } from "../seats/token-grant.ts";
import type { LicenseView, MeterAttribute } from "../terms/license.ts";
import { countOf, countsOf } from "../turn/meter-counts.ts";
import { emit, type Turn } from "../turn/turn.ts";
import { ofCaller } from "./client-calls.ts";
import { asAnswered, once } from "./idempotency.ts";

/**
 * Counts them and makes a token; the lease stays what it is. STAND-1: an expired or suspended license counts, too.
 * Refusals, in this order: those of `once`, `license-revoked`, `session-unknown`, `not-session-owner`,
 * `license-not-yet-effective`, `product-mismatch`, `meter-unknown`, `uses-exhausted`. MGMT-4: of a repetition,
 * `license-revoked`, `activation-ended`, `not-session-owner`.
 */
export function countUses(turn: Turn, call: CountCall): Outcome<Grant> {
  if (call.idempotency === null) return counted(turn, call);
  return once(turn, call.idempotency, {
    budget: "devices",
    first: () => counted(turn, call),
    unkept: no,
    kept: ({ activationId }) => JSON.stringify({ activationId }),
    again: () => again(turn, call),
  });
}

function counted(turn: Turn, call: CountCall): Outcome<Grant> {
  const found = ofCaller(turn, call, mayActByKey);
  if (!found.ok) return found;
  const { terms } = turn.license;
  const refusal = unusableRefusal(terms, turn.now) ?? productRefusal(terms, call.productId);
  if (refusal !== null) return no(refusal);
  const meter = meterOf(turn, call.meterId);
  if (meter === null) return no({ code: "meter-unknown" });
  const wishes = [{ name: meter.name, increment: call.increment }];
  const exhausted = usesRefusalOnceSwept(turn, wishes);
  if (exhausted !== null) return no(exhausted);
  const before = found.value;
  const after = withUses(turn, before, wishes);
  const made = signed(turn, after, "activation");
  turn.ledger.updateActivation(made.activation);
  if (after !== before) {
    const changes = activationChanges(turn, before, after);
    emit(turn, "activation.updated", changes, activationData(turn, after));
  }
  return yes(made.grant);
}

/** Nothing is counted: the activation as it is now, its token signed anew. */
function again(turn: Turn, call: CountCall): Outcome<Grant> {
  const activation = turn.ledger.activation(call.activationId);
  if (turn.license.terms.revoked) return no({ code: "license-revoked" });
  if (activation === null || !isLive(turn, activation)) return no({ code: "activation-ended" });
  if (!mayActByKey(turn.license.terms, activation, call.principal)) return no({ code: "not-session-owner" });
  const repeated = signed(turn, activation, "activation");
  turn.ledger.updateActivation(repeated.activation);
  return yes({ ...repeated.grant, repeated: true });
}

/** What the vendor asks of a meter attribute. */
export interface ResetCall extends Caller, KeyedCall {
  readonly meterId: string;
}

/**
 * Nothing of it is used any more, by no activation either: a round begins, so that no row is touched (SEAT-6). What was
 * used ever stays. Refusals: those of `once`, and `meter-unknown`.
 */
export function resetUses(turn: Turn, call: ResetCall): Outcome<Changed> {
  const reset = (): Outcome<Changed> => {
    const meter = meterOf(turn, call.meterId);
    return meter === null ? no({ code: "meter-unknown" }) : yes({ license: withoutUses(turn, meter) });
  };
  return call.idempotency === null ? reset() : once(turn, call.idempotency, asAnswered(reset));
}

function withoutUses(turn: Turn, meter: MeterAttribute): LicenseView {
  const before = viewOf(turn);
  // EVT-1: by the clock, so that uses which a lapse has returned are no change.
  const { total } = before.meterUses?.find(({ id }) => id === meter.id) ?? { total: 0 };
  if (total === 0) return before;
  const count = countOf(countsOf(turn), meter.id);
  turn.ledger.meters.save({ ...count, total: 0, owned: 0, round: count.round + 1 });
  const after = viewOf(turn);
  emit(turn, "license.updated", { meterAttributes: { before: told(before), after: told(after) } }, licenseData(turn));
  return after;
}

/** With what is counted, which has changed and not the terms. */
function told({ terms, meterUses = [] }: LicenseView): unknown {
  return terms.meterAttributes.map((meter) => {
    const { total = 0, gross = 0 } = meterUses.find(({ id }) => id === meter.id) ?? {};
    return { ...meter, totalUses: total, grossUses: gross };
  });
}

function meterOf({ license }: Turn, id: string): MeterAttribute | null {
  return license.terms.meterAttributes.find((meter) => meter.id === id) ?? null;
}
