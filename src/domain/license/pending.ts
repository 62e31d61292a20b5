/** EXP-5: renewals and extensions of a delayed license that wait for its first activation, as periods. */

import type { Period } from "../terms/expiry.ts";
import type { Terms } from "../terms/license.ts";
import { no, yes, type Outcome } from "../outcome.ts";

/** How many periods may wait. Months in a row are one, seconds in a row are one: never met in practice. */
export const MOST_PENDING = 200;

/** The terms with one more step waiting; `invalid-member` when too many wait. */
export function withPending(
  terms: Terms,
  step: { readonly kind: "renewal" | "extension"; readonly period: Period; readonly pointer: string },
): Outcome<Terms> {
  const pending = appended(terms.pending, step.period);
  if (pending.length > MOST_PENDING) {
    return no({
      code: "invalid-member",
      pointer: step.pointer,
      detail: "too much is waiting for the first activation",
    });
  }
  const counted =
    step.kind === "renewal"
      ? { pendingRenewals: terms.pendingRenewals + 1 }
      : { pendingExtensionSeconds: terms.pendingExtensionSeconds + step.period.seconds };
  return yes({ ...terms, ...counted, pending });
}

/** Two periods of whole months, or two of seconds, are their sum; anything mixed has to be added step by step. */
function appended(pending: readonly Period[], period: Period): readonly Period[] {
  const last = pending.at(-1);
  if (last === undefined) return [period];
  const months = last.seconds === 0 && period.seconds === 0;
  const seconds = last.months === 0 && period.months === 0;
  if (!months && !seconds) return [...pending, period];
  return [...pending.slice(0, -1), { months: last.months + period.months, seconds: last.seconds + period.seconds }];
}
