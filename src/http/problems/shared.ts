/** ERR-1: the problems that both APIs have alike, by the activation API's name: one page and one text for both. */

import type { ClientKind } from "./kind.ts";

export const SHARED = {
  "invalid-request": {
    status: 400,
    title: "The request is not valid",
    action: "fix-request",
    cause:
      "Something in the request is not what this call expects. `errors` points at each member of the body (RFC 6901) " +
      "or parameter of the query that is at fault; an empty pointer is the body as a whole, or a header.",
    cure: "Change what `errors` points at. The same request would fail again, so do not repeat it.",
  },
  "method-not-allowed": {
    status: 405,
    title: "The method is not allowed here",
    action: "fix-request",
    cause: "The address exists, but not with this method. Often a redirect or a browser turned a POST into a GET.",
    cure: "Use a method that the `Allow` header lists.",
  },
  "body-too-large": {
    status: 413,
    title: "The body is too large",
    action: "fix-request",
    cause: "The activation API reads at most 64 KiB of a body and the management API 1 MiB.",
    cure: "Send less: usually a long text or a long list in one member makes up nearly all of it.",
  },
  "unsupported-media-type": {
    status: 415,
    title: "The body is not JSON",
    action: "fix-request",
    cause: "The `Content-Type` is not a JSON type (often it is a form's), or the body is compressed.",
    cure: "Send the body as `Content-Type: application/json`, without a `Content-Encoding`.",
  },
  "activation-ended": {
    status: 409,
    title: "The activation has ended",
    action: "activate-again",
    cause:
      "An `Idempotency-Key` was sent again, but the activation that it made no longer exists: it was checked out, " +
      "lapsed with its lease, or was ended by the vendor.",
    cure: "Activate again with a new `Idempotency-Key`.",
  },
  "idempotency-key-reused": {
    status: 422,
    title: "The idempotency key was used for another body",
    action: "fix-request",
    cause: "For 24 hours an `Idempotency-Key` stands for one call and its body, and this body is different.",
    cure: "Make a new key for each new call; use it again only to repeat that call.",
  },
  "too-many-requests": {
    status: 429,
    title: "Too many requests",
    action: "wait",
    retryable: true,
    cause:
      "The address, the session or the license has sent as many requests as it may in a short time. Failed " +
      "credentials and unknown license keys have their own limit, which protects against guessing.",
    cure:
      "Wait for the seconds in `Retry-After`, then send the same request. If this happens often, look for a loop in " +
      "the app or script, or for many wrong keys from one network.",
  },
  "internal-error": {
    status: 500,
    title: "Internal error",
    action: "wait",
    cause: "There is a bug in the license server itself. You need not change the request.",
    cure:
      "Keep `requestId` and give it to the server's operator, whose log has the cause under that id. A device " +
      "goes on with the license token that it holds.",
  },
  "not-configured": {
    status: 503,
    title: "The deployment is not configured",
    action: "wait",
    retryable: true,
    cause:
      "A variable or secret of the Worker is missing or faulty, or its database is older than the Worker. The " +
      "detail names it and never shows its value.",
    cure:
      "The operator does what the detail says and checks `GET /health`; nothing is lost meanwhile. Apps wait and " +
      "try again.",
  },
  "storage-unavailable": {
    status: 503,
    title: "The storage is not available",
    action: "wait",
    retryable: true,
    cause:
      "The database, or the object that holds the license, did not answer in time: a short outage, or a deploy in " +
      "progress. A change may have been made although its answer was lost.",
    cure:
      "Wait for the seconds in `Retry-After`, then send the same request, with the same `Idempotency-Key` if it had " +
      "one. If it lasts, the operator checks `GET /health` and the platform's status page.",
  },
  "identity-provider-unavailable": {
    status: 503,
    title: "The identity provider is not available",
    action: "wait",
    retryable: true,
    cause: "The keys of the vendor's identity provider could not be fetched, so tokens cannot be checked.",
    cure:
      "Keep the token, wait and send the same request; signing in again does not help. If it lasts, the operator " +
      "checks that `OIDC_ISSUER` can be reached from the internet.",
  },
  overloaded: {
    status: 503,
    title: "There are too many calls at once",
    action: "wait",
    retryable: true,
    cause: "One license, product or user got more calls at the same moment than can be answered one after another.",
    cure: "Wait for the seconds in `Retry-After`. A script that changes many things should change them one at a time.",
  },
  "license-lost": {
    status: 503,
    title: "The license's data is not available",
    action: "wait",
    retryable: true,
    cause:
      "The database knows that this license has been in use, but its own storage is empty. Handing out its seats " +
      "again could sell them twice, so nothing is decided.",
    cure: "The operator restores it (docs/operations.md, restoring). Devices go on with the tokens that they hold.",
  },
} as const satisfies Record<string, ClientKind>;
