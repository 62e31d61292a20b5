/**
 * What v3's client calls are refused with, where an app is told something else than the vendor (ERR-1): what its user
 * can do. The other refusals are those of the one table.
 */

import type { Outcome } from "../../../domain/outcome.ts";
import type { Refusal, RefusalCode } from "../../../domain/refusal.ts";
import { Problem } from "../../problem.ts";
import { problemOf } from "../resource/refusals.ts";

export function clientValueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw clientProblem(outcome.refusal);
}

export function clientProblem(refusal: Refusal): Problem {
  return TOLD_TO_CLIENTS[refusal.code]?.() ?? problemOf(refusal);
}

/** KEY-1: the text cannot be anybody's key. */
export function malformedKey(): Problem {
  const errors = [{ pointer: "/key", detail: "must have 1 to 256 printable characters" }];
  return new Problem("INVALID_LICENSE_KEY", "A license key has 1 to 256 characters and no control characters.", {
    errors,
  });
}

const TOLD_TO_CLIENTS: { readonly [Code in RefusalCode]?: () => Problem } = {
  "license-unknown": () =>
    new Problem("INVALID_LICENSE_KEY", "No license has this key. Compare it and enter it again."),
  "session-unknown": () =>
    new Problem("NOT_FOUND", "This activation is unknown, has lapsed or was ended. Activate again.", {
      action: "activate-again",
    }),
  "license-revoked": () => new Problem("REVOKED_LICENSE", "The vendor has revoked this license. Ask the vendor."),
  "device-already-activated": () =>
    new Problem(
      "DEVICE_ALREADY_ACTIVATED",
      "This license lets no device activate while it is activated. Deactivate on the device, or ask the vendor.",
    ),
  "not-session-owner": () =>
    new Problem(
      "AUTHENTICATION_FAILED",
      "This device's activation belongs to a person who is signed in. Send that person's token as bearer.",
    ),
  "license-lost": () =>
    new Problem(
      "LICENSE_LOST",
      "The license's own storage is gone, and the vendor has to restore it. Try again later.",
    ),
};
