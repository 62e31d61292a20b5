/** What the keeper answered, in the words of the seat model. */

import type { Changed, CheckedIn, CheckedOut, Grant, Reached } from "../../../src/domain/license/calls.ts";
import type { LicenseView } from "../../../src/domain/terms/license.ts";
import type { Refusal } from "../../../src/domain/refusal.ts";
import type { SeatAnswer } from "../../../scripts/torture/seat-state.ts";

type Value = Grant | CheckedIn | CheckedOut | Changed | LicenseView;

/** Null = nothing is known of the effect: the object could not be reached, or had no storage. */
export function answerOf(answer: Reached<Value>): SeatAnswer | null {
  if (answer.reached !== "license") return null;
  return answer.outcome.ok ? saidOf(answer.outcome.value) : refusalOf(answer.outcome.refusal);
}

function saidOf(value: Value): SeatAnswer {
  if ("terms" in value) return licenseOf(value);
  if ("license" in value && "terms" in value.license) return licenseOf(value.license);
  if (!("activationId" in value)) throw new Error("an answer is of none of the known kinds");
  if (!("leaseExpiresAt" in value)) return { says: "released", at: value.now };
  const over = "overLimit" in value ? { over: value.overLimit } : {};
  return { says: "granted", session: value.activationId, at: value.now, leaseEnd: value.leaseExpiresAt, ...over };
}

function licenseOf({ terms, totalActivations }: LicenseView): SeatAnswer {
  const { allowedActivations, suspended, revoked, updatedAt } = terms;
  return { says: "license", live: totalActivations, limit: allowedActivations, suspended, revoked, updatedAt };
}

function refusalOf(refusal: Refusal): SeatAnswer | null {
  switch (refusal.code) {
    case "seats-exhausted":
      return { says: "full", limit: refusal.limit, used: refusal.used };
    case "license-revoked":
      return { says: "revoked" };
    case "license-suspended":
      return { says: "suspended" };
    case "session-unknown":
      return { says: "unknown" };
    case "storage-unavailable":
      return null;
    default:
      throw new Error(`the model expects no ${refusal.code}`);
  }
}
