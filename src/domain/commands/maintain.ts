/** Lengthens a license's maintenance, on the stored rows (MAINT-2): the license's own end stays where it is. */

import type { Changed, MaintainCall } from "../license/calls.ts";
import { changesBetween } from "../license/difference.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";
import { licenseData, viewOf } from "../seats/event-data.ts";
import { isTooLong, type Period } from "../terms/expiry.ts";
import type { Terms } from "../terms/license.ts";
import { longerMaintenance, type Maintenance } from "../terms/maintenance.ts";
import { emit, type Turn } from "../turn/turn.ts";

/**
 * EXP-11: the same reference again is the license as it is. Its names are the maintenance's own: one invoice may pay
 * for both. Refusals: `license-revoked`; `invalid-member` without a policy, without an end, or beyond what can be
 * written.
 */
export function applyMaintenance(turn: Turn, call: MaintainCall): Outcome<Changed> {
  const { ledger, now, license } = turn;
  const { renewalReference: reference } = call;
  if (reference !== null && ledger.renewalReferenceUsed("maintenance", reference)) {
    return yes({ license: viewOf(turn) });
  }
  const longer = lengthened(license.terms, call, now);
  if (!longer.ok) return longer;
  if (reference !== null) ledger.recordRenewalReference("maintenance", reference, now);
  const terms = { ...license.terms, maintenance: longer.value, updatedAt: now };
  turn.license = { ...license, terms, revision: license.revision + 1 };
  ledger.saveLicense(turn.license);
  const changes = changesBetween(license, turn.license);
  emit(turn, "license.updated", changes, licenseData(turn, { renewalReference: reference }));
  return yes({ license: viewOf(turn) });
}

function lengthened(
  { revoked, maintenance }: Terms,
  { seconds, from }: MaintainCall,
  now: number,
): Outcome<Maintenance> {
  if (revoked) return no({ code: "license-revoked" });
  if (maintenance === null) return no(invalid("", "the license has no maintenance policy"));
  if (maintenance.period === null && maintenance.end === null) return no(invalid("", "its maintenance has no end"));
  const pointer = seconds === null ? "" : "/extensionLength";
  const period: Period | null = seconds === null ? maintenance.period : { months: 0, seconds };
  if (period === null) return no(invalid("", "its maintenance policy has no period"));
  if (isTooLong(period)) return no(invalid(pointer, "is at most 100 years"));
  const longer = longerMaintenance(maintenance, { period, from }, now);
  return longer === null ? no(invalid(pointer, "the maintenance would end too late")) : yes(longer);
}

function invalid(pointer: string, detail: string): Refusal {
  return { code: "invalid-member", pointer, detail };
}
