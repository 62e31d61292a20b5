/**
 * Moves a license's end, on the stored rows: renew, extend, set (EXP-4 to EXP-8, EXP-11). Each is told of by an event
 * of its own.
 */

import type { Changed, ExpiresAtCall, ExtendCall, PlannedRenewCall, RenewCall } from "../license/calls.ts";
import { beginEnds, considerPatch } from "./change-license.ts";
import { changesBetween } from "../license/difference.ts";
import type { EventType } from "../license/event.ts";
import { licenseData, viewOf } from "../seats/event-data.ts";

import type { RenewalSum } from "../turn/ledger.ts";
import type { Beside } from "../turn/license-view.ts";
import type { Terms } from "../terms/license.ts";
import { yes, type Outcome } from "../outcome.ts";
import { extend, renew, setExpiresAt, type Renewed } from "../license/renewal.ts";
import { emit, type Turn } from "../turn/turn.ts";

/** EXP-4 to EXP-7. Refusals: those of `considerPatch` for a plan, and of `renewal.renew`. */
export function applyRenewal(turn: Turn, call: PlannedRenewCall): Outcome<Changed> {
  return once(turn, call, "license.renewed", (sum) => {
    const { plan } = call;
    if (plan === undefined) return renew(turn.license, { from: call.from, rollingSum: sum }, turn.now);
    const planned = considerPatch(turn, { plan });
    if (!planned.ok) return planned;
    return renew(planned.value.license, { from: call.from, rollingSum: sum, ofPlan: true }, turn.now);
  });
}

/** EXP-8. Refusals: those of `renewal.extend`. */
export function applyExtension(turn: Turn, call: ExtendCall): Outcome<Changed> {
  return once(turn, call, "license.extended", (sum) => extend(turn.license, call.seconds, call.from, turn.now, sum));
}

/** EXP-8. Where nothing moves, nothing is written and told. Refusals: those of `renewal.setExpiresAt`. */
export function applyExpiresAt(turn: Turn, { expiresAt }: ExpiresAtCall): Outcome<Changed> {
  const set = setExpiresAt(turn.license, expiresAt, turn.now);
  if (!set.ok) return set;
  if (set.value !== turn.license.terms) commit(turn, set.value, "license.expiresAt.updated", {});
  return yes({ license: viewOf(turn) });
}

/** EXP-11: the same reference again is the license as it is, nothing added; both calls share one name space. */
function once(
  turn: Turn,
  { renewalReference }: Pick<RenewCall, "renewalReference">,
  type: EventType,
  lengthen: (sum: RenewalSum) => Outcome<Renewed>,
): Outcome<Changed> {
  const { ledger, now } = turn;
  const isKnown = renewalReference !== null && ledger.renewalReferenceUsed("license", renewalReference);
  if (isKnown) return yes({ license: viewOf(turn) });
  const sum = ledger.renewals();
  const lengthened = lengthen(sum);
  if (!lengthened.ok) return lengthened;
  const { terms, rollingStep } = lengthened.value;
  beginEnds(turn, terms);
  if (rollingStep !== null) {
    const { n, months, seconds } = ledger.renewals();
    ledger.addRenewal({ n: n + 1, months: months + rollingStep.months, seconds: seconds + rollingStep.seconds });
  }
  if (renewalReference !== null) ledger.recordRenewalReference("license", renewalReference, now);
  commit(turn, terms, type, { renewalReference });
  return yes({ license: viewOf(turn) });
}

function commit(turn: Turn, terms: Terms, type: EventType, beside: Beside): void {
  const { license } = turn;
  turn.license = { ...license, terms, revision: license.revision + 1 };
  turn.ledger.saveLicense(turn.license);
  emit(turn, type, changesBetween(license, turn.license), licenseData(turn, beside));
}
