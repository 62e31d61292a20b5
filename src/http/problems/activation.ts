/** ERR-1: the problems of the activation API, beside those that both APIs have. App developers meet them. */

import type { ClientKind } from "./kind.ts";

export const ACTIVATION = {
  "malformed-activation-code": {
    status: 400,
    title: "The activation code is malformed",
    action: "fix-request",
    cause: "What was entered cannot be a code of anybody: it is empty, very long, or has control characters in it.",
    cure: "Show the entry field again. White space around a code and lower case are no fault; the server reads both.",
  },
  "malformed-session-id": {
    status: 400,
    title: "The session id is malformed",
    action: "fix-request",
    cause: "The id in the path is not one that an activation has answered: often an empty or truncated stored value.",
    cure: "Use `sessionId` of the activation's answer, or its `Location`. Without it, activate again.",
  },
  "email-mismatch": {
    status: 400,
    title: "The e-mail is not the signed-in user's",
    action: "fix-request",
    cause: "The body names one person and the access token another.",
    cure: "Leave `email` out where the user is signed in: the token says who it is.",
  },
  "idempotency-key-refused": {
    status: 400,
    title: "This call takes no idempotency key",
    action: "fix-request",
    cause: "The answer of this call holds a secret, which is not kept to be shown a second time.",
    cure: "Send the call without `Idempotency-Key`.",
  },

  "credentials-required": {
    status: 401,
    title: "Credentials are required",
    action: "sign-in",
    cause:
      "Calls about a session are answered to its holder alone, and this one came without an `Authorization` header.",
    cure:
      "Send the session's license token as `Authorization: Bearer`. Where a user has signed in to activate, send that " +
      "user's access token.",
  },
  "credentials-invalid": {
    status: 401,
    title: "The credentials are not valid",
    action: "sign-in",
    cause:
      "The token has expired, was revoked, was issued for another app, or is none. A wrong header is refused also " +
      "where none would have been needed.",
    cure: "Refresh the user's access token, or sign in again. Where nobody has to sign in, leave the header out.",
  },
  "not-session-owner": {
    status: 401,
    title: "The session belongs to somebody else",
    action: "sign-in",
    cause: "The credentials are good, but another user, or another device's token, has made this session.",
    cure: "Send the token of this very session, or that of the user who activated it. Otherwise activate anew.",
  },

  "authentication-required": {
    status: 403,
    title: "The license requires a signed-in user",
    action: "sign-in",
    cause: "The vendor sells this license to people: the activation code alone does not open it.",
    cure: "Let the user sign in with the vendor's identity provider, and send the access token as bearer.",
  },
  "wrong-user": {
    status: 403,
    title: "The license belongs to another user",
    action: "sign-in",
    cause: "Whoever is signed in is known, and the license was sold to another e-mail address.",
    cure: "Go on with the account that the license was bought for, or ask the vendor to move the license.",
  },
  "email-not-verified": {
    status: 403,
    title: "The user's e-mail is not verified",
    action: "sign-in",
    cause: "The license is for one e-mail address, and the identity provider does not vouch that it is this user's.",
    cure: "Verify the e-mail with the identity provider, and come back with a token issued after that.",
  },

  "license-revoked": {
    status: 403,
    title: "The license is revoked",
    action: "contact-vendor",
    cause: "The vendor has withdrawn the license for good, for example after a refund. All its sessions have ended.",
    cure: "Stop what the license allowed, and show whom to ask. Waiting does not help.",
  },
  "license-suspended": {
    status: 403,
    title: "The license is suspended",
    action: "contact-vendor",
    cause: "The vendor has stopped the license for a time, for example until a payment arrives.",
    cure: "Show whom to ask, and keep the session: once the suspension is lifted, it renews again while its lease runs.",
  },
  "country-not-allowed": {
    status: 403,
    title: "The license does not allow this country",
    action: "contact-vendor",
    cause: "The request came from a country that the license excludes, or from an address whose country is not known.",
    cure: "Try without a VPN or proxy; if that is not it, ask the vendor to allow the country.",
  },
  "ip-address-not-allowed": {
    status: 403,
    title: "The license does not allow this address",
    action: "contact-vendor",
    cause: "The license is for certain networks, and the request came from another one, often over a VPN or from home.",
    cure: "Connect from an allowed network, or ask the vendor to add this one.",
  },
  "vm-not-allowed": {
    status: 403,
    title: "The license does not allow virtual machines",
    action: "contact-vendor",
    cause: "The app runs in a virtual machine, or did not say that it does not.",
    cure: "Run it on the computer itself, or ask the vendor for a license that allows virtual machines.",
  },
  "container-not-allowed": {
    status: 403,
    title: "The license does not allow containers",
    action: "contact-vendor",
    cause: "The app runs in a container, or did not say that it does not.",
    cure: "Run it outside, or ask the vendor for a license that allows containers.",
  },
  "version-not-allowed": {
    status: 403,
    title: "The license does not allow this version",
    action: "contact-vendor",
    cause: "The version of the app is newer than the license covers, or the app did not tell a version.",
    cure: "Install a version that the license covers, or ask the vendor to extend its maintenance.",
  },
  "license-expired": {
    status: 403,
    title: "The license has expired",
    action: "contact-vendor",
    elsewhere: { status: 404, at: "activation" },
    cause: "The term that was bought is over. The detail says since when, in UTC.",
    cure: "Show where the license can be renewed. The same session renews again once the vendor has prolonged it.",
  },
  "license-not-yet-effective": {
    status: 403,
    title: "The license is not yet effective",
    action: "wait",
    cause: "The license was sold for a later begin, which the detail names in UTC.",
    cure: "Try again then; `retryAfter` counts the seconds. The server's clock decides, not the computer's.",
  },
  "fingerprint-mismatch": {
    status: 403,
    title: "The session belongs to another device",
    action: "activate-again",
    cause: "The session's files were copied from another computer, or this one was changed so much that it looks new.",
    cure: "Activate on this device. If that finds no free seat, check out on the old one.",
  },

  "activation-code-unknown": {
    status: 404,
    title: "The activation code is unknown",
    action: "fix-request",
    cause: "No license has this code: a typing mistake, or the code of another vendor or of a deleted license.",
    cure: "Let the user compare it with the mail that it came in and enter it again.",
  },
  "route-unknown": {
    status: 404,
    title: "There is nothing at this address",
    action: "fix-request",
    cause: "The path is misspelt, or has a slash too many at its end.",
    cure: "Compare it with the table of calls in the documentation.",
  },
  "session-unknown": {
    status: 404,
    title: "The session is unknown or has ended",
    action: "activate-again",
    cause: "The session was checked out, ended by the vendor, or lapsed because it was not renewed in time.",
    cure: "Activate again. After a check-out this is no error: it means that the seat is free.",
  },

  "device-already-activated": {
    status: 409,
    title: "The device is already activated",
    action: "contact-vendor",
    cause: "A seat on this device belongs to another user, or the license does not let a device activate twice.",
    cure: "Let its owner check out there, or ask the vendor to end that activation.",
  },
  "deactivation-limit-reached": {
    status: 409,
    title: "The license allows no further check-out",
    action: "contact-vendor",
    cause: "The vendor sets how often a license may be moved from device to device, and this one has been, that often.",
    cure: "Ask the vendor, who can end the activation or raise the limit. The session goes on.",
  },
  /** `wait` instead, where `retryAfter` is known. */
  "seats-exhausted": {
    status: 409,
    title: "All seats are in use",
    action: "release-a-device",
    cause: "`limit` devices may use the license at once, and `used` do. Nobody is ever pushed out of a seat.",
    cure:
      "Check out on a device that is not needed. Where `retryAfter` is given, the first lease may end after that many " +
      "seconds. The vendor can sell more seats.",
  },
} as const satisfies Record<string, ClientKind>;
