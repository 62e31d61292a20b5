/** SEAT-2: what a license must have for its way of counting seats. */

import type { Refusal } from "../refusal.ts";
import { hasLease, type Terms } from "../terms/license.ts";

/** Under `per-instance` nobody gives back the seat of an instance that has died, so every seat has to end by itself. */
export function leasingRefusal(terms: Terms): Refusal | null {
  if (terms.leasingStrategy !== "per-instance" || hasLease(terms)) return null;
  const detail = "per-instance needs a lease: the type hosted-floating, and a leaseDuration above 0";
  return { code: "invalid-member", pointer: "/leasingStrategy", detail };
}
