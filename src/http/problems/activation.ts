/** ERR-1: the problems of the activation API, beside those that both APIs have. App developers meet them. */

import type { ClientKind } from "./kind.ts";

export const ACTIVATION = {
  "malformed-activation-code": {
    status: 400,
    title: "The activation code is malformed",
    action: "fix-request",
    cause: "The text that was entered cannot be a code: it is empty, very long, or has control characters in it.",
    cure: "Show the entry field again. White space around a code and lower case are fine; the server reads both.",
  },
  "malformed-session-id": {
    status: 400,
    title: "The session id is malformed",
    action: "fix-request",
    cause:
      "The id in the path did not come from an activation's answer: often it is an empty or truncated stored value.",
    cure: "Use `sessionId` or `Location` from the activation's answer. If you do not have it, activate again.",
  },
  "email-mismatch": {
    status: 400,
    title: "The e-mail is not the signed-in user's",
    action: "fix-request",
    cause: "The body names one person and the access token another.",
    cure: "Leave out `email` when the user is signed in: the token says who it is.",
  },
  "idempotency-key-refused": {
    status: 400,
    title: "This call does not take an idempotency key",
    action: "fix-request",
    cause: "The answer to this call contains a secret, which is not kept and so cannot be shown a second time.",
    cure: "Send the call without `Idempotency-Key`.",
  },

  "credentials-required": {
    status: 401,
    title: "Credentials are required",
    action: "sign-in",
    cause: "Only a session's holder gets answers about it, and this call came without an `Authorization` header.",
    cure:
      "Send the session's license token as `Authorization: Bearer`. If a user signed in to activate, send that " +
      "user's access token.",
  },
  "credentials-invalid": {
    status: 401,
    title: "The credentials are not valid",
    action: "sign-in",
    cause:
      "The token has expired, was revoked, was issued for another app, or is not a token. A wrong header is refused " +
      "even if none was needed.",
    cure: "Refresh the user's access token, or sign in again. If nobody has to sign in, leave out the header.",
  },
  "not-session-owner": {
    status: 401,
    title: "The session belongs to somebody else",
    action: "sign-in",
    cause: "The credentials are valid, but another user, or another device's token, made this session.",
    cure: "Send the token of this session, or of the user who activated it. Otherwise activate again.",
  },

  "authentication-required": {
    status: 403,
    title: "The license requires a signed-in user",
    action: "sign-in",
    cause: "The vendor sells this license to people: the activation code alone is not enough.",
    cure: "Let the user sign in with the vendor's identity provider, and send the access token as a bearer token.",
  },
  "wrong-user": {
    status: 403,
    title: "The license belongs to another user",
    action: "sign-in",
    cause: "We know who is signed in, but the license was sold to another e-mail address.",
    cure: "Switch to the account that the license was bought for, or ask the vendor to move the license.",
  },
  "email-not-verified": {
    status: 403,
    title: "The user's e-mail is not verified",
    action: "sign-in",
    cause: "The license is for one e-mail address, and the identity provider does not confirm that it is this user's.",
    cure: "Verify the e-mail with the identity provider, then use a token that was issued after that.",
  },

  "license-revoked": {
    status: 403,
    title: "The license is revoked",
    action: "contact-vendor",
    cause: "The vendor has withdrawn the license for good, for example after a refund. All its sessions have ended.",
    cure: "Stop what the license allowed, and tell the user whom to ask. Waiting does not help.",
  },
  "license-suspended": {
    status: 403,
    title: "The license is suspended",
    action: "contact-vendor",
    cause: "The vendor has paused the license, for example until a payment arrives.",
    cure: "Tell the user whom to ask, and keep the session: it renews again if the suspension ends before its lease.",
  },
  "country-not-allowed": {
    status: 403,
    title: "The license does not allow this country",
    action: "contact-vendor",
    cause: "The request came from a country that the license excludes, or from an address whose country is not known.",
    cure: "Try without a VPN or proxy. If that does not help, ask the vendor to allow the country.",
  },
  "ip-address-not-allowed": {
    status: 403,
    title: "The license does not allow this address",
    action: "contact-vendor",
    cause:
      "The license is for certain networks, and the request came from another one, often through a VPN or from home.",
    cure: "Connect from an allowed network, or ask the vendor to add this one.",
  },
  "vm-not-allowed": {
    status: 403,
    title: "The license does not allow virtual machines",
    action: "contact-vendor",
    cause: "The app says that it runs in a virtual machine, and the license is not for one.",
    cure: "Run it on the computer itself, or ask the vendor for a license that allows virtual machines.",
  },
  "container-not-allowed": {
    status: 403,
    title: "The license does not allow containers",
    action: "contact-vendor",
    cause: "The app says that it runs in a container, and the license is not for one.",
    cure: "Run it outside the container, or ask the vendor for a license that allows containers.",
  },
  "version-not-allowed": {
    status: 403,
    title: "The license does not allow this version",
    action: "contact-vendor",
    cause: "The version of the app is newer than the license covers, or the app did not send a version.",
    cure: "Install a version that the license covers, or ask the vendor to extend its maintenance.",
  },
  "license-expired": {
    status: 403,
    title: "The license has expired",
    action: "contact-vendor",
    elsewhere: { status: 404, at: "activation" },
    cause: "The term that was bought has ended. The detail says when, in UTC.",
    cure: "Tell the user where to renew the license. The same session renews again once the vendor has extended it.",
  },
  "license-not-yet-effective": {
    status: 403,
    title: "The license is not yet effective",
    action: "wait",
    cause: "The license was sold with a later start, which the detail gives in UTC.",
    cure: "Try again then; `retryAfter` counts the seconds. The server's clock decides, not the computer's.",
  },
  "fingerprint-mismatch": {
    status: 403,
    title: "The session belongs to another device",
    action: "activate-again",
    cause: "The session's files were copied from another computer, or this one has changed so much that it looks new.",
    cure: "Activate on this device. If there is no free seat, check out on the old device.",
  },

  "activation-code-unknown": {
    status: 404,
    title: "The activation code is unknown",
    action: "fix-request",
    cause: "No license has this code. It may be mistyped, another vendor's, or the code of a deleted license.",
    cure: "Let the user compare it with the e-mail that it came in, and enter it again.",
  },
  "route-unknown": {
    status: 404,
    title: "There is nothing at this address",
    action: "fix-request",
    cause: "The path is misspelt, or has an extra slash at its end.",
    cure: "Compare it with the table of calls in the documentation.",
  },
  "session-unknown": {
    status: 404,
    title: "The session is unknown or has ended",
    action: "activate-again",
    cause: "The session was checked out, ended by the vendor, or lapsed because it was not renewed in time.",
    cure: "Activate again. After a check-out this is not an error: it means that the seat is free.",
  },

  "device-already-activated": {
    status: 409,
    title: "The device is already activated",
    action: "contact-vendor",
    cause: "A seat on this device belongs to another user, or the license does not let a device activate twice.",
    cure: "Let its owner check out on the device, or ask the vendor to end that activation.",
  },
  "deactivation-limit-reached": {
    status: 409,
    title: "The license allows no further check-out",
    action: "contact-vendor",
    cause: "The vendor limits how often a license may move between devices, and this one has reached that limit.",
    cure: "Ask the vendor, who can end the activation or raise the limit. The session continues.",
  },
  /** `wait` instead, where `retryAfter` is known. */
  "seats-exhausted": {
    status: 409,
    title: "All seats are in use",
    action: "release-a-device",
    cause: "`limit` devices may use the license at once, and `used` do. No device is ever pushed out of its seat.",
    cure:
      "Check out on a device that is not needed. If `retryAfter` is given, the first lease may end after that many " +
      "seconds. The vendor can sell more seats.",
  },
} as const satisfies Record<string, ClientKind>;
