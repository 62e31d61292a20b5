/** A world in which every activation is asked for before it is made: the two must agree, and asking changes nothing. */

import { expect } from "vitest";
import type { ActivateCall, Grant } from "../../src/domain/license/calls.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import { inUse } from "../../src/domain/seats/seats.ts";
import { MapWorld } from "../domain/worlds.ts";

export class CheckingWorld extends MapWorld {
  override activate(fingerprint: string, more: Partial<ActivateCall> = {}): Outcome<Grant> {
    const checked = this.check(fingerprint, { ...more, mayReadLicense: true });
    const seats = { limit: this.maps.license().terms.allowedActivations, used: this.glimpse(inUse).seats };
    const answer = super.activate(fingerprint, more);
    if (!checked.ok) {
      expect(answer).toEqual(checked);
      return answer;
    }
    const told = checked.value;
    sameRefusal(told.refusal, answer.ok ? null : answer.refusal);
    if (told.seats !== null) expect(told.seats).toEqual(seats);
    if (!answer.ok) return answer;
    const { activationId, generation, now } = answer.value;
    expect([told.standing, told.seats, told.now]).toEqual(["active", seats, now]);
    expect(told.activated).toBe(told.activationId === null && generation > 1 ? null : generation > 1);
    if (told.activationId !== null) expect(told.activationId).toBe(activationId);
    return answer;
  }
}

/**
 * SEAT-4: `retryAfterSeconds` is a lower bound. The activation, which counts anew when it has ended a lapse, may know a
 * better one than the count that a check found in memory.
 */
function sameRefusal(checked: Refusal | null, answered: Refusal | null): void {
  if (checked?.code !== "seats-exhausted" || answered?.code !== "seats-exhausted") {
    expect(answered).toEqual(checked);
    return;
  }
  expect(answered).toEqual({ ...checked, retryAfterSeconds: answered.retryAfterSeconds });
  if (checked.retryAfterSeconds === null || answered.retryAfterSeconds === null) return;
  expect(checked.retryAfterSeconds).toBeLessThanOrEqual(answered.retryAfterSeconds);
}
