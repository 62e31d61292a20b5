/** ERR-1: what each refusal of the rules is called on /v3, in one total table, with its evidence in words. */

import { isUuid } from "../../../domain/terms/identifier.ts";
import type { Outcome } from "../../../domain/outcome.ts";
import type { Refusal, RefusalCode, RefusalOf } from "../../../domain/refusal.ts";
import type { ManagementCode } from "../../codes.ts";
import { IDEMPOTENCY_SECONDS } from "../../limits.ts";
import { invalidRequest, Problem, type ProblemEvidence } from "../../problem.ts";
import { idInPath } from "../../path-ids.ts";
import { NOT_IN_A_CONTAINER, NOT_IN_A_VM, notFromAddress, notInCountry, notThisRelease } from "../../network.ts";
import { instant } from "./instant.ts";

type ByCode = { readonly [C in RefusalCode]: RefusalOf<C> };
type Table = { readonly [C in RefusalCode]: (refusal: ByCode[C]) => Problem };

/** The value, or the refusal's problem thrown. */
export function valueOf<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw problemOf(outcome.refusal);
}

/** An arm that this version does not know came from a newer object: 503 (0011-migrations-before-the-worker.md). */
export function problemOf(refusal: Refusal): Problem {
  if (!Object.hasOwn(TABLE, refusal.code)) {
    return new Problem(
      "storage-unavailable",
      "The license's storage is running another version at the moment. Try again.",
    );
  }
  return tell(refusal.code, refusal);
}

function tell<C extends RefusalCode>(code: C, refusal: ByCode[C]): Problem {
  return TABLE[code](refusal);
}

/** An id in a path, as it is stored. ERR-3: what is no id is 404 like one that nobody has. */
export function uuidInPath(c: Parameters<typeof idInPath>[0]): string {
  const id = idInPath(c);
  if (!isUuid(id)) throw notFound();
  return id;
}

/** A resource that was looked for, or 404. */
export function there<T>(found: T | null): T {
  if (found === null) throw notFound();
  return found;
}

/** ERR-3: unknown and forbidden ids answer the same. */
export function notFound(): Problem {
  return new Problem(
    "NOT_FOUND",
    "Nothing of this kind has this id. Compare it; it may have been deleted, or have ended.",
  );
}

const TABLE: Table = {
  "invalid-member": ({ pointer, detail }) => invalidRequest({ pointer, detail }),
  "credentials-required": plain("UNAUTHORIZED", "Send an access token as a bearer token."),
  "authentication-required": plain(
    "AUTHENTICATION_FAILED",
    "This license is for signed-in users only. Send the user's access token as a bearer token.",
  ),
  "email-mismatch": () => invalidRequest({ pointer: "/email", detail: "is not the signed-in user's" }),
  "wrong-user": plain(
    "AUTHENTICATION_FAILED",
    "You are signed in, but this license belongs to another user. Send the token of the user that it is for.",
  ),
  "email-not-verified": plain(
    "AUTHENTICATION_FAILED",
    "You are signed in, but your e-mail is not verified. Verify it with the identity provider, then use a new token.",
  ),

  "license-unknown": notFound,
  "wrong-key": plain("INVALID_LICENSE_KEY", "The key is not this license's. Compare it and enter it again."),
  "user-unknown": notFound,
  "license-revoked": plain(
    "REVOKED_LICENSE",
    "The license is revoked. Set `revoked` to false first if you want it back.",
  ),
  "license-not-yet-effective": ({ effectiveAt, retryAfterSeconds }) =>
    new Problem("LICENSE_NOT_EFFECTIVE", `The license starts at ${instant(effectiveAt)}. Try again then.`, {
      retryAfter: retryAfterSeconds,
    }),
  // STAND-1: the client calls of /v3 let both through, and changes work in either.
  "license-expired": ({ expiresAt }) =>
    invalidRequest({ pointer: "", detail: `the license expired at ${instant(expiresAt)}` }),
  "license-suspended": () => invalidRequest({ pointer: "", detail: "the license is suspended" }),
  "license-lost": plain(
    "LICENSE_LOST",
    "The license's own storage is gone. Restore it (docs/operations.md, restoring).",
  ),

  "product-mismatch": plain("INVALID_PRODUCT_ID", "The key is for another product. Use one of this product."),

  "product-unknown": plain(
    "INVALID_PRODUCT_ID",
    "There is no product with this id. Use the id that the vendor's list of products shows.",
  ),
  "trial-not-allowed": plain(
    "TRIAL_NOT_ALLOWED",
    "This product has no trial. Use it with a license key, or ask the vendor.",
  ),
  "trial-used-up": plain(
    "TRIAL_ACTIVATION_LIMIT_REACHED",
    "This device has had its trial of this product. Use it with a license key, or ask the vendor.",
  ),

  "country-not-allowed": ({ country }) => new Problem("COUNTRY_NOT_ALLOWED", notInCountry(country)),
  "ip-address-not-allowed": ({ address }) => new Problem("IP_ADDRESS_NOT_ALLOWED", notFromAddress(address)),
  "vm-not-allowed": plain("VM_ACTIVATION_NOT_ALLOWED", NOT_IN_A_VM),
  "container-not-allowed": plain("CONTAINER_ACTIVATION_NOT_ALLOWED", NOT_IN_A_CONTAINER),
  "version-not-allowed": (refused) => new Problem("RELEASE_VERSION_NOT_ALLOWED", notThisRelease(refused)),

  "device-already-activated": plain(
    "DEVICE_ALREADY_ACTIVATED",
    "This device already has an activation. Deactivate it on the device, or delete that activation.",
  ),
  "seats-exhausted": ({ limit, used, retryAfterSeconds }) =>
    new Problem(
      "ACTIVATION_LIMIT_REACHED",
      `${used} of ${limit} activations are in use. ${wayToASeat(retryAfterSeconds)}`,
      {
        limit,
        used,
        ...(retryAfterSeconds === null ? {} : { retryAfter: retryAfterSeconds, action: "wait" }),
      },
    ),

  "meter-unknown": notFound,
  "uses-exhausted": ({ name, limit, used }) =>
    new Problem(
      "METER_ATTRIBUTE_USES_LIMIT_REACHED",
      `${used} of ${limit} uses of ${JSON.stringify(name)} are used. Use less of it, or ask the vendor for more.`,
      { limit, used },
    ),

  "idempotency-key-reused": plain(
    "IDEMPOTENCY_KEY_REUSED",
    "This Idempotency-Key was sent before with another body. Use a new one for a new call.",
  ),
  "activation-ended": plain("ACTIVATION_ENDED", "The activation that this call made has ended. Activate again."),
  "too-many-requests": ({ retryAfterSeconds }) =>
    new Problem(
      "TOO_MANY_REQUESTS",
      "This license has as many Idempotency-Keys as it keeps in one day. Send the call without one.",
      {
        window: { leftSeconds: retryAfterSeconds, periodSeconds: IDEMPOTENCY_SECONDS },
      },
    ),

  "session-unknown": notFound,
  "not-session-owner": plain(
    "AUTHENTICATION_FAILED",
    "These credentials are valid, but this activation is somebody else's. Send the credentials of its owner.",
  ),
  "fingerprint-mismatch": plain(
    "INVALID_ACTIVATION_FINGERPRINT",
    "The fingerprint is not that of the activation's device. Activate on this device.",
  ),
  "deactivation-limit-reached": ({ limit }) =>
    new Problem(
      "DEACTIVATION_LIMIT_REACHED",
      `The license allows ${limit} deactivations, and all are used up. Raise the limit, or delete the activation.`,
      {
        limit,
      },
    ),

  "license-perpetual": plain(
    "LICENSE_PERPETUAL",
    "The license never expires, so there is nothing to renew or extend. PATCH its expires-at to give it an end.",
  ),
  "no-period": plain(
    "NO_PERIOD",
    "The license has a fixed end and no period that could be added. Use extend, or PATCH its expires-at.",
  ),
  "activations-live": ({ pointer, live }) =>
    atMember("ACTIVATIONS_LIVE", pointer, `cannot change while activations are live (${live}): delete them first`),
  "already-exists": ({ pointer }) => atMember("ALREADY_EXISTS", pointer, "is taken: choose another"),
  "in-use": ({ by, retryable }) =>
    new Problem(
      "IN_USE",
      `There are ${by} that refer to it. ${retryable ? "Try again." : "Change or delete them first."}`,
      retryable ? { retryable: true } : {},
    ),
  "precondition-failed": plain(
    "PRECONDITION_FAILED",
    "The resource has changed since it was read. Read it again, and send your change with its new ETag.",
  ),

  "key-too-new": ({ retryAfterSeconds }) =>
    new Problem(
      "KEY_TOO_NEW",
      "Verifiers may not know the key yet. Try again when it has been published for a minute.",
      {
        retryAfter: retryAfterSeconds,
      },
    ),
  "key-compromised": plain("KEY_COMPROMISED", "The key is compromised and never signs again. Use another one."),
  "webhook-gone": plain(
    "WEBHOOK_GONE",
    "The receiver answered 410, so the webhook is disabled and sends nothing. Enable it first.",
  ),

  "scopes-missing": ({ scopes }) =>
    new Problem(
      "FORBIDDEN",
      `What the webhook would send needs scopes that you lack: ${scopes.join(", ")}. Use a token that has them.`,
    ),

  "count-differs": ({ expected, matched }) =>
    new Problem(
      "COUNT_DIFFERS",
      `${matched} licenses match by now, and not ${expected}. Look at them again, and send the number that you see.`,
      { expected, matched },
    ),
  "jobs-running": ({ why }) => new Problem("JOBS_RUNNING", JOBS_RUNNING[why]),

  "storage-unavailable": plain("STORAGE_UNAVAILABLE", "The storage does not answer at the moment. Try again."),
  overloaded: ({ what }) =>
    new Problem("OVERLOADED", `There are more calls for one ${what} than it can answer at the moment. Try again.`),
};

const JOBS_RUNNING: Readonly<Record<RefusalOf<"jobs-running">["why"], string>> = {
  "same-act": "A job of yours with this act is running. Wait for its end, or cancel it. Then send this one.",
  "too-many": "As many jobs are running as may at once. Wait for the end of one, or cancel it. Then send this one.",
  busy: "The job is running, or a step of it is under way. Try again when it has ended.",
};

/** SEAT-4: `seconds` is a lower bound; null = no lease is running. */
function wayToASeat(seconds: number | null): string {
  const free = "Deactivate a device that is not needed";
  return seconds === null ? `${free}.` : `${free}, or try again in ${seconds} seconds, when a lease may end.`;
}

function plain(code: ManagementCode, detail: string, evidence: ProblemEvidence = {}): () => Problem {
  return () => new Problem(code, detail, evidence);
}

function atMember(code: ManagementCode, pointer: string, detail: string): Problem {
  return new Problem(code, `${pointer}: ${detail}`, { errors: [{ pointer, detail }] });
}
