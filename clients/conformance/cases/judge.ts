/** How the cases of the kind "judge" are written down. */

import type { Case, Expected, JudgeInput } from "../format.ts";
import { FINGERPRINT, HOUR, PRODUCT, T } from "../mint.ts";

export const ACTIVE: Expected = { status: "active", usable: true, until: (T + HOUR) * 1_000, clock: "ok" };
export const PINS = ["main", "ed25519", "rs256"] as const;

export function invalid(reason: string): Expected {
  return { status: "invalid", usable: false, reason };
}

/** A case of `rule`, a minute after the token was signed, on the device that it is for, unless `given` says otherwise. */
export function judged(
  rule: string,
  name: string,
  token: string,
  expect: Expected,
  given: Partial<JudgeInput> = {},
): Case {
  const input = { token, trusted: PINS, now: at(60), product: PRODUCT, fingerprint: FINGERPRINT, ...given };
  return { name, rule, kind: "judge", input, expect };
}

/** So many seconds after the token was signed, in epoch milliseconds. */
export function at(seconds: number): number {
  return (T + seconds) * 1_000;
}
