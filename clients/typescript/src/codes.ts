/**
 * Every code of a refusal that the activation API and v3's client calls give (ERR-1), and what a client does about it.
 * A test holds it against the server's own table.
 */

export type Action = "fix-request" | "sign-in" | "activate-again" | "wait" | "release-a-device" | "contact-vendor";

/**
 * `stop`: nothing until the app does something. `ask`: it needs another key. `poll`: asks again hourly (SCH-6).
 * `wait`: for a seat. `activate`: once, with the known key. `retry`: again at once, under a new idempotency key.
 * `transient`: no refusal at all, the server could not decide (REF-4). `network`: not the server that was meant.
 */
export type Next = "stop" | "ask" | "poll" | "wait" | "activate" | "sign-in" | "retry" | "transient" | "network";

/** What the device's license is from then on (REF-1). */
export type Standing = "revoked" | "suspended" | "expired" | "not-yet-effective" | "ended";

interface Code {
  readonly next: Next;
  readonly standing?: Standing;
}

const STOP: Code = { next: "stop" };
const ASK: Code = { next: "ask" };
const POLL: Code = { next: "poll" };
const WAIT: Code = { next: "wait" };
const SIGN_IN: Code = { next: "sign-in" };
const TRANSIENT: Code = { next: "transient" };
const NETWORK: Code = { next: "network" };
const REVOKED: Code = { next: "poll", standing: "revoked" };
const SUSPENDED: Code = { next: "poll", standing: "suspended" };
const EXPIRED: Code = { next: "poll", standing: "expired" };
const NOT_YET: Code = { next: "poll", standing: "not-yet-effective" };
const ENDED: Code = { next: "activate", standing: "ended" };
const OTHER_DEVICE: Code = { next: "activate" };

export const CODES = {
  "malformed-activation-code": ASK,
  "activation-code-unknown": ASK,
  "malformed-session-id": OTHER_DEVICE,
  "email-mismatch": STOP,
  "idempotency-key-refused": STOP,
  "invalid-request": STOP,
  "body-too-large": STOP,
  "unsupported-media-type": STOP,
  // The wrong address answers like this, for all that a client can tell.
  "method-not-allowed": NETWORK,
  "route-unknown": NETWORK,
  "credentials-required": SIGN_IN,
  "credentials-invalid": SIGN_IN,
  "not-session-owner": SIGN_IN,
  "authentication-required": SIGN_IN,
  "wrong-user": SIGN_IN,
  "email-not-verified": SIGN_IN,
  "license-revoked": REVOKED,
  "license-suspended": SUSPENDED,
  "license-expired": EXPIRED,
  "license-not-yet-effective": NOT_YET,
  "country-not-allowed": POLL,
  "ip-address-not-allowed": POLL,
  "vm-not-allowed": POLL,
  "container-not-allowed": POLL,
  "version-not-allowed": POLL,
  "device-already-activated": POLL,
  "deactivation-limit-reached": POLL,
  "fingerprint-mismatch": OTHER_DEVICE,
  "session-unknown": ENDED,
  "activation-ended": ENDED,
  "seats-exhausted": WAIT,
  "idempotency-key-reused": { next: "retry" },
  "too-many-requests": TRANSIENT,
  "internal-error": TRANSIENT,
  "not-configured": TRANSIENT,
  "storage-unavailable": TRANSIENT,
  "identity-provider-unavailable": TRANSIENT,
  overloaded: TRANSIENT,
  "license-lost": TRANSIENT,
} as const satisfies Readonly<Record<string, Code>>;

/** What to do about a code that this version does not know: the server says it by `action` (ANS-1). */
export const BY_ACTION: Readonly<Record<Action, Next>> = {
  "fix-request": "stop",
  "sign-in": "sign-in",
  "activate-again": "activate",
  wait: "wait",
  "release-a-device": "wait",
  "contact-vendor": "poll",
};

export function codeOf(code: string): Code | undefined {
  return Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : undefined;
}
