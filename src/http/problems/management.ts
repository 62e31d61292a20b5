/** ERR-1: the problems of /v3, beside those that both APIs have. */

import type { ClientKind, ProblemKind } from "./kind.ts";

/** What v3's client calls answer too: apps meet them, and are told what to do. */
export const CLIENT_CALLS = {
  INVALID_ACTIVATION_FINGERPRINT: {
    status: 400,
    title: "The fingerprint is not the activation's",
    action: "activate-again",
    cause: "The activation was made on another device, or this one has changed so much that it looks new.",
    cure: "Activate on this device.",
  },
  ACTIVATION_LIMIT_REACHED: {
    status: 400,
    title: "All activations are in use",
    action: "release-a-device",
    cause: "`limit` devices may use the license at once, and `used` do. No device is ever pushed out.",
    cure:
      "Deactivate a device that is not needed. If `retryAfter` is given, the first lease may end after that many " +
      "seconds. The vendor can raise `allowedActivations`.",
  },
  METER_ATTRIBUTE_USES_LIMIT_REACHED: {
    status: 400,
    title: "All uses are used up",
    action: "contact-vendor",
    cause: "The uses that were bought for a metered feature are used up.",
    cure: "Buy more, or wait until the vendor resets them.",
  },
  AUTHENTICATION_FAILED: {
    status: 400,
    title: "The license does not admit this caller",
    action: "sign-in",
    cause: "The license, or the activation, is for a person who has to sign in, and the call came from somebody else.",
    cure: "Send that person's access token as a bearer token. The detail says what was missing.",
  },
  INVALID_PRODUCT_ID: {
    status: 400,
    title: "The product is not the license's",
    action: "fix-request",
    cause:
      "The key is valid, but for a different product from the one that the app names; or a trial was asked for of a " +
      "product that does not exist.",
    cure: "Enter a key for this product. If every call fails like this, the app was built with a wrong product id.",
  },
  INVALID_LICENSE_KEY: {
    status: 400,
    title: "The license key is not valid",
    action: "fix-request",
    cause: "No license has this key, the text cannot be a key, or the license has been given a new key.",
    cure: "Compare it with the e-mail that it came in, and enter it again.",
  },
  VM_ACTIVATION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow virtual machines",
    action: "contact-vendor",
    cause: "The app says that it runs in a virtual machine, and the license is not for one.",
    cure: "Run it on the computer itself, or ask the vendor to set `allowVmActivation`.",
  },
  CONTAINER_ACTIVATION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow containers",
    action: "contact-vendor",
    cause: "The app says that it runs in a container, and the license is not for one.",
    cure: "Run it outside the container, or ask the vendor to set `allowContainerActivation`.",
  },
  REVOKED_LICENSE: {
    status: 400,
    title: "The license is revoked",
    action: "contact-vendor",
    cause:
      "The license was withdrawn, and its activations have ended. While revoked it can be neither used nor extended.",
    cure: "An app should show whom to ask. To bring the license back, the vendor first sets `revoked` to false.",
  },
  COUNTRY_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow this country",
    action: "contact-vendor",
    cause: "The request came from a country that the license excludes, or from an address whose country is not known.",
    cure: "Try without a VPN or proxy. If that does not help, ask the vendor to allow the country.",
  },
  IP_ADDRESS_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow this address",
    action: "contact-vendor",
    cause: "The license is for certain networks, and the request came from another one.",
    cure: "Connect from an allowed network, or ask the vendor to add this one.",
  },
  TRIAL_NOT_ALLOWED: {
    status: 400,
    title: "The product has no trial",
    action: "contact-vendor",
    cause: "The product has not been given a trial policy, or has none any longer.",
    cure: "The vendor gives the product a `trialPolicyId`, or the app offers no trial.",
  },
  TRIAL_ACTIVATION_LIMIT_REACHED: {
    status: 400,
    title: "The device has had its trial",
    action: "contact-vendor",
    cause: "A device has one trial of a product, ever. The vendor has deleted this device's.",
    cure: "Enter a license key, or ask the vendor for one.",
  },
  DEVICE_ALREADY_ACTIVATED: {
    status: 400,
    title: "The device is already activated",
    action: "contact-vendor",
    cause: "The device holds an activation of a license that does not let it activate twice.",
    cure: "Deactivate it on the device, or let the vendor delete that activation.",
  },
  LICENSE_NOT_EFFECTIVE: {
    status: 400,
    title: "The license is not yet effective",
    action: "wait",
    cause: "The license was sold with a later start, which the detail gives in UTC.",
    cure: "Try again then; `retryAfter` counts the seconds.",
  },
  RELEASE_VERSION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow this version",
    action: "contact-vendor",
    cause: "The version of the app is newer than the license covers, or the app did not send a version.",
    cure: "Install a version that the license covers, or ask the vendor to extend its maintenance.",
  },
  DEACTIVATION_LIMIT_REACHED: {
    status: 409,
    title: "The license allows no further deactivation",
    action: "contact-vendor",
    cause: "`allowedDeactivations` limits how often a license may move between devices, and it has been reached.",
    cure: "The vendor deletes the activation, which does not count, or raises the limit.",
  },
  UNAUTHORIZED: {
    status: 401,
    title: "Valid credentials are required",
    action: "sign-in",
    cause:
      "There is no `Authorization: Bearer`, or its token is unknown, expired or revoked. A browser's session with " +
      "the identity provider may have ended.",
    cure: "Send a valid access token (POST /v3/personal-access-tokens makes one), or sign in again.",
  },
  NOT_FOUND: {
    status: 404,
    title: "There is no such resource",
    action: "fix-request",
    cause:
      "The path is misspelt, the id belongs to no resource of this kind, or the resource was deleted. Ids that " +
      "the caller may not see get the same answer.",
    cure: "Check the path and the id. Lists show what exists; `GET /v3/event-logs` shows what was deleted.",
  },
} as const satisfies Record<string, ClientKind>;

/** What people and scripts of the vendor meet. */
export const VENDOR_CALLS = {
  INVALID_LICENSE_TYPE: {
    status: 400,
    title: "The license is of another type",
    cause: "The call works on licenses of one `type`, and this license has another.",
    cure: "Look at the license's `type`. A license gets another type only from another license template.",
  },
  INVALID_OFFLINE_REQUEST: {
    status: 400,
    title: "The offline request is not valid",
    cause: "The text is not a device's offline request, or it is cut off.",
    cure: "Make it again on the device, and copy all of it.",
  },
  LICENSE_PERPETUAL: {
    status: 400,
    title: "The license never expires",
    cause: "The license has no end that could be moved.",
    cure: "To give it an end, use `PATCH /v3/licenses/{id}/expires-at`.",
  },
  NO_PERIOD: {
    status: 400,
    title: "The license has no period to add",
    cause: "The license was given a fixed end, and no `validity` or `subscriptionInterval` that a renewal could add.",
    cure: "Use `extend` with a length, or `PATCH /v3/licenses/{id}/expires-at`.",
  },

  FORBIDDEN: {
    status: 403,
    title: "The credentials do not allow this",
    cause: "The token is valid but lacks a scope that the call needs, or the signed-in person lacks the role.",
    cure:
      "Mint a token with the scope that the detail names; the scopes of a token never change. `ROOT_SECRET` mints " +
      "tokens and does nothing else.",
  },

  ALREADY_EXISTS: {
    status: 409,
    title: "One already exists",
    cause: "Another resource has this name, key, e-mail or reference, and only one may. `errors` says which member.",
    cure: "Choose another value, or find and use the resource that has it.",
  },
  IN_USE: {
    status: 409,
    title: "The resource is in use",
    cause: "Other resources refer to it, or a deletion is still under way. The detail says what.",
    cure: "Change or delete those first. With `retryable: true` the same call succeeds by itself after a while.",
  },
  ACTIVATIONS_LIVE: {
    status: 409,
    title: "Activations are live",
    cause: "The change would alter the rules for devices that are using the license now.",
    cure: "Delete the activations first (`DELETE /v3/activations?licenseId=`), or wait until they have ended.",
  },
  KEY_TOO_NEW: {
    status: 409,
    title: "The signing key is too new",
    cause: "A key signs only once everybody who keeps a copy of the product's public keys has it: after a minute.",
    cure: "Send the same call again after `retryAfter` seconds.",
    retryable: true,
  },
  KEY_COMPROMISED: {
    status: 409,
    title: "The signing key is compromised",
    cause: "Somebody has marked the key as compromised. Its private half is deleted, and nothing signed by it counts.",
    cure: "Use the key that signs now (`GET /v3/products/{id}/keys`), or make another one.",
  },
  WEBHOOK_GONE: {
    status: 409,
    title: "The webhook's receiver is gone",
    cause: "The receiver answered 410, which means: never again. Since then the webhook is disabled and sends nothing.",
    cure: "Fix the receiver or the webhook's `url`, then PATCH `enabled` to true and replay what it missed.",
  },

  COUNT_DIFFERS: {
    status: 409,
    title: "The filter matches another number of licenses",
    cause:
      "Since the licenses were counted, some have come to match the filter or no longer do. `expected` is the number " +
      "that was sent, `matched` the one of now. Nothing was done.",
    cure: "List them by the same filter, check that they are the right ones, and send their number.",
  },
  JOBS_RUNNING: {
    status: 409,
    title: "Another job is running",
    cause: "One job for each act and person or token runs at once, and ten in all. The detail says which it was.",
    cure: "Wait until it has ended (`GET /v3/license-jobs?state=running`), or cancel it.",
  },

  PRECONDITION_FAILED: {
    status: 412,
    title: "The resource has changed",
    cause: "`If-Match` names a state of the resource, and the resource has changed since you read that state.",
    cure: "Read it again, check that your change still makes sense, and send it with the new `ETag`.",
  },
} as const satisfies Record<string, ProblemKind>;
