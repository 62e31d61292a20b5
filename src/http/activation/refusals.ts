/**
 * ERR-1: what each refusal of the rules is called on the activation API, in one total table, with its evidence in
 * words.
 */

import type { Refusal, RefusalCode, RefusalOf } from "../../domain/refusal.ts";
import { codeIn, kindOf, type ActivationCode } from "../codes.ts";
import { IDEMPOTENCY_SECONDS } from "../limits.ts";
import { invalidRequest, Problem, type ProblemEvidence } from "../problem.ts";
import { NOT_IN_A_CONTAINER, NOT_IN_A_VM, notFromAddress, notInCountry, notThisRelease } from "../network.ts";

/** Two refusals are told otherwise by the calls that start a session than by those that go on with one (CALL-1). */
export type Stage = "activation" | "session";

type ByCode = { readonly [C in RefusalCode]: RefusalOf<C> };
type Table = { readonly [C in RefusalCode]: (refusal: ByCode[C], stage: Stage) => Problem };

/**
 * The problem to throw for a refusal. An arm that this version does not know came from a newer object: 503
 * (0011-migrations-before-the-worker.md).
 */
export function problemOf(refusal: Refusal, stage: Stage): Problem {
  if (!Object.hasOwn(TABLE, refusal.code)) {
    return new Problem(
      "storage-unavailable",
      "The license's storage is running another version at the moment. Try again.",
    );
  }
  return tell(refusal.code, refusal, stage);
}

/** The same as a part of an answer that is no problem. Throws what is one: the answer could not be had. */
export function toldOf(refusal: Refusal): { readonly code: string; readonly action: string | null } {
  const problem = problemOf(refusal, "activation");
  const code = codeIn("activation", problem.code);
  const { status, action } = kindOf(code);
  if (status >= 500) throw problem;
  return { code, action: problem.evidence.action ?? action ?? null };
}

function tell<C extends RefusalCode>(code: C, refusal: ByCode[C], stage: Stage): Problem {
  return TABLE[code](refusal, stage);
}

const SESSION_ENDED = "This session is unknown, has lapsed or was released. Activate again.";

const TABLE: Table = {
  "invalid-member": ({ pointer, detail }) => invalidRequest({ pointer, detail }),
  "credentials-required": plain(
    "credentials-required",
    "Send the session's license token, or the user's access token, as a bearer token.",
  ),
  "authentication-required": plain(
    "authentication-required",
    "This license is for signed-in users only. Sign in, then activate again.",
  ),
  "email-mismatch": () =>
    new Problem("email-mismatch", "The e-mail in the body is not the signed-in user's. Leave it out.", {
      errors: [{ pointer: "/email", detail: "is not the signed-in user's" }],
    }),
  "wrong-user": plain(
    "wrong-user",
    "You are signed in, but this license belongs to another user. Use the account that it was bought for.",
  ),
  "email-not-verified": plain(
    "email-not-verified",
    "You are signed in, but your e-mail is not verified. Verify it with the identity provider, then use a new token.",
  ),

  "license-unknown": (_, stage) => unknown(stage),
  "wrong-key": (_, stage) => unknown(stage),
  "license-revoked": plain("license-revoked", "The vendor has revoked this license. Ask the vendor."),
  "license-not-yet-effective": ({ effectiveAt, retryAfterSeconds }) =>
    new Problem("license-not-yet-effective", `This license starts at ${instant(effectiveAt)}. Try again then.`, {
      retryAfter: retryAfterSeconds,
    }),
  "license-expired": ({ expiresAt }, stage) =>
    new Problem(
      "license-expired",
      `This license expired at ${instant(expiresAt)}. Ask the vendor to renew it.`,
      stage === "activation" ? { status: 404 } : {},
    ),
  "license-suspended": plain(
    "license-suspended",
    "The vendor has suspended this license. Ask the vendor; it works again once the suspension is lifted.",
  ),
  "license-lost": plain(
    "license-lost",
    "The license's own storage is gone, and the vendor has to restore it. Try again later.",
  ),

  // No call of this API names a product.
  "product-mismatch": plain("invalid-request", "The license is for another product."),

  // Nor does any give a trial.
  "product-unknown": plain("invalid-request", "There is no such product."),
  "trial-not-allowed": plain("invalid-request", "The product has no trial."),
  "trial-used-up": plain("invalid-request", "The device has had its trial."),

  "country-not-allowed": ({ country }) => new Problem("country-not-allowed", notInCountry(country)),
  "ip-address-not-allowed": ({ address }) => new Problem("ip-address-not-allowed", notFromAddress(address)),
  "vm-not-allowed": plain("vm-not-allowed", NOT_IN_A_VM),
  "container-not-allowed": plain("container-not-allowed", NOT_IN_A_CONTAINER),
  "version-not-allowed": (refused) => new Problem("version-not-allowed", notThisRelease(refused)),

  "device-already-activated": plain(
    "device-already-activated",
    "This device has somebody else's activation, or may not activate twice. Check out on it, or ask the vendor.",
  ),
  "seats-exhausted": ({ limit, used, retryAfterSeconds }) =>
    new Problem("seats-exhausted", `${used} of ${limit} seats are in use. ${wayToASeat(retryAfterSeconds)}`, {
      limit,
      used,
      ...(retryAfterSeconds === null ? {} : { retryAfter: retryAfterSeconds, action: "wait" }),
    }),

  // No call of this API counts uses.
  "meter-unknown": plain("invalid-request", "The license has no such meter attribute."),
  "uses-exhausted": plain("invalid-request", "The uses of a meter attribute are used up."),

  "idempotency-key-reused": plain(
    "idempotency-key-reused",
    "This Idempotency-Key was sent before with another body. Use a new one for a new call.",
  ),
  "activation-ended": plain("activation-ended", "The activation that this call made has ended. Activate again."),
  "too-many-requests": ({ retryAfterSeconds }) =>
    new Problem(
      "too-many-requests",
      "This license has as many Idempotency-Keys as it keeps in one day. Send the call without one.",
      {
        window: { leftSeconds: retryAfterSeconds, periodSeconds: IDEMPOTENCY_SECONDS },
      },
    ),

  "session-unknown": plain("session-unknown", SESSION_ENDED),
  // RFC 6750: nobody is sent to sign in, nor to fetch a new token, whose token is good.
  "not-session-owner": plain(
    "not-session-owner",
    "These credentials are valid, but this session is somebody else's. Send the credentials of its owner.",
    {
      headers: { "WWW-Authenticate": 'Bearer error="insufficient_scope"' },
    },
  ),
  "fingerprint-mismatch": plain(
    "fingerprint-mismatch",
    "The fingerprint is not that of the session's device. Activate on this device.",
  ),
  "deactivation-limit-reached": ({ limit }) =>
    new Problem(
      "deactivation-limit-reached",
      `This license allows ${limit} check-outs, and all are used up. Ask the vendor.`,
      { limit },
    ),

  // Changes of a license: no call of this API makes one.
  "license-perpetual": plain("invalid-request", "The license never expires."),
  "no-period": plain("invalid-request", "The license has no period to add."),
  "activations-live": ({ pointer }) => invalidRequest({ pointer, detail: "cannot change while activations are live" }),
  "already-exists": ({ pointer }) => invalidRequest({ pointer, detail: "already exists" }),
  "user-unknown": plain("invalid-request", "There is no such user."),
  "in-use": plain("invalid-request", "The resource is in use."),
  "precondition-failed": plain("invalid-request", "The license has changed."),
  "key-too-new": plain("invalid-request", "The signing key is too new."),
  "key-compromised": plain("invalid-request", "The signing key is compromised."),
  "webhook-gone": plain("invalid-request", "The webhook's receiver is gone."),
  "count-differs": plain("invalid-request", "Another number of licenses match."),
  "jobs-running": plain("invalid-request", "Another job is running."),
  "scopes-missing": plain("invalid-request", "The token lacks scopes that this call needs."),

  "storage-unavailable": plain(
    "storage-unavailable",
    "The storage does not answer at the moment. The call may or may not have taken effect; send the same one again.",
  ),
  overloaded: ({ what }) =>
    new Problem("overloaded", `There are more calls for one ${what} than it can answer at the moment. Try again.`),
};

function plain(code: ActivationCode, detail: string, evidence: ProblemEvidence = {}): () => Problem {
  return () => new Problem(code, detail, evidence);
}

/** An unknown code at activation; a session whose license is gone is a session that is gone. */
function unknown(stage: Stage): Problem {
  if (stage === "session") return new Problem("session-unknown", SESSION_ENDED);
  return new Problem("activation-code-unknown", "No license has this activation code. Compare it and enter it again.");
}

/** SEAT-4: `seconds` is a lower bound; null = no lease is running. */
function wayToASeat(seconds: number | null): string {
  const checkOut = "Check out on a device that is not needed";
  return seconds === null ? `${checkOut}.` : `${checkOut}, or try again in ${seconds} seconds, when a lease may end.`;
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
