/**
 * ERR-1: the one table of problems. The wire, the documentation and the pages behind `type` are made from it.
 * Codes are for ever: the activation API speaks lower-kebab, /v3 speaks UPPER_SNAKE (ERR-1).
 */

/** What a client app can do about a refusal. */
export type Action = "fix-request" | "sign-in" | "activate-again" | "wait" | "release-a-device" | "contact-vendor";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** Absent where only people and scripts meet the problem. */
  readonly action?: Action;
  /** What the page behind `type` says in place of what it says to everybody with that action. */
  readonly advice?: string;
  /** The same request may succeed later, unchanged. */
  readonly retryable?: true;
  /** A second status of the same code, with the place where it is given. */
  readonly elsewhere?: { readonly status: number; readonly at: string };
}

const ACTIVATION = {
  "invalid-request": { status: 400, title: "The request is not valid", action: "fix-request" },
  "malformed-activation-code": { status: 400, title: "The activation code is malformed", action: "fix-request" },
  "malformed-session-id": { status: 400, title: "The session id is malformed", action: "fix-request" },
  "email-mismatch": { status: 400, title: "The e-mail is not the signed-in user's", action: "fix-request" },
  "idempotency-key-refused": { status: 400, title: "This call takes no idempotency key", action: "fix-request" },

  "credentials-required": { status: 401, title: "Credentials are required", action: "sign-in" },
  "credentials-invalid": { status: 401, title: "The credentials are not valid", action: "sign-in" },
  "not-session-owner": {
    status: 401,
    title: "The session belongs to somebody else",
    action: "sign-in",
    advice: "The credentials are good, and somebody else's: send those of the session, or of the user who owns it.",
  },

  "authentication-required": { status: 403, title: "The license requires a signed-in user", action: "sign-in" },
  "wrong-user": {
    status: 403,
    title: "The license belongs to another user",
    action: "sign-in",
    advice: "Whoever is signed in is known, and somebody else: go on as the user whom the license is for.",
  },
  "email-not-verified": {
    status: 403,
    title: "The user's e-mail is not verified",
    action: "sign-in",
    advice: "Verify the e-mail with the identity provider, and come back with a token issued after that.",
  },

  "license-revoked": { status: 403, title: "The license is revoked", action: "contact-vendor" },
  "license-suspended": { status: 403, title: "The license is suspended", action: "contact-vendor" },
  "country-not-allowed": { status: 403, title: "The license does not allow this country", action: "contact-vendor" },
  "ip-address-not-allowed": { status: 403, title: "The license does not allow this address", action: "contact-vendor" },
  "vm-not-allowed": { status: 403, title: "The license does not allow virtual machines", action: "contact-vendor" },
  "container-not-allowed": { status: 403, title: "The license does not allow containers", action: "contact-vendor" },
  "version-not-allowed": { status: 403, title: "The license does not allow this version", action: "contact-vendor" },
  "license-expired": {
    status: 403,
    title: "The license has expired",
    action: "contact-vendor",
    elsewhere: { status: 404, at: "activation" },
  },
  "license-not-yet-effective": { status: 403, title: "The license is not yet effective", action: "wait" },
  "fingerprint-mismatch": { status: 403, title: "The session belongs to another device", action: "activate-again" },

  "activation-code-unknown": { status: 404, title: "The activation code is unknown", action: "fix-request" },
  "route-unknown": { status: 404, title: "There is nothing at this address", action: "fix-request" },
  "session-unknown": { status: 404, title: "The session is unknown or has ended", action: "activate-again" },

  "method-not-allowed": { status: 405, title: "The method is not allowed here", action: "fix-request" },
  "body-too-large": { status: 413, title: "The body is too large", action: "fix-request" },
  "unsupported-media-type": { status: 415, title: "The body is not JSON", action: "fix-request" },

  "device-already-activated": { status: 409, title: "The device is already activated", action: "contact-vendor" },
  "deactivation-limit-reached": {
    status: 409,
    title: "The license allows no further check-out",
    action: "contact-vendor",
  },
  /** `wait` instead, where `retryAfter` is known. */
  "seats-exhausted": { status: 409, title: "All seats are in use", action: "release-a-device" },
  "activation-ended": { status: 409, title: "The activation has ended", action: "activate-again" },

  "idempotency-key-reused": {
    status: 422,
    title: "The idempotency key was used for another body",
    action: "fix-request",
  },

  "too-many-requests": { status: 429, title: "Too many requests", action: "wait", retryable: true },
  "internal-error": { status: 500, title: "Internal error", action: "wait" },
  "not-configured": { status: 503, title: "The deployment is not configured", action: "wait", retryable: true },
  "storage-unavailable": { status: 503, title: "The storage is not available", action: "wait", retryable: true },
  "identity-provider-unavailable": {
    status: 503,
    title: "The identity provider is not available",
    action: "wait",
    retryable: true,
  },
  overloaded: { status: 503, title: "There are too many calls at once", action: "wait", retryable: true },
  "license-lost": { status: 503, title: "The license's data is not available", action: "wait", retryable: true },
} as const satisfies Record<string, ProblemKind>;

const MANAGEMENT = {
  INVALID_REQUEST: { status: 400, title: "The request is not valid" },
  INVALID_ACTIVATION_FINGERPRINT: {
    status: 400,
    title: "The fingerprint is not the activation's",
    action: "activate-again",
  },
  ACTIVATION_LIMIT_REACHED: { status: 400, title: "All activations are in use", action: "release-a-device" },
  METER_ATTRIBUTE_USES_LIMIT_REACHED: { status: 400, title: "All uses are consumed", action: "contact-vendor" },
  AUTHENTICATION_FAILED: {
    status: 400,
    title: "The license does not admit this caller",
    action: "sign-in",
    advice: "The detail says whether somebody has to sign in, or whoever is signed in is not the license's user.",
  },
  INVALID_PRODUCT_ID: { status: 400, title: "The product is not the license's", action: "fix-request" },
  INVALID_LICENSE_KEY: { status: 400, title: "The license key is not valid", action: "fix-request" },
  INVALID_LICENSE_TYPE: { status: 400, title: "The license is of another type" },
  VM_ACTIVATION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow virtual machines",
    action: "contact-vendor",
  },
  CONTAINER_ACTIVATION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow containers",
    action: "contact-vendor",
  },
  REVOKED_LICENSE: { status: 400, title: "The license is revoked" },
  COUNTRY_NOT_ALLOWED: { status: 400, title: "The license does not allow this country", action: "contact-vendor" },
  IP_ADDRESS_NOT_ALLOWED: { status: 400, title: "The license does not allow this address", action: "contact-vendor" },
  INVALID_OFFLINE_REQUEST: { status: 400, title: "The offline request is not valid" },
  TRIAL_NOT_ALLOWED: { status: 400, title: "The product has no trial", action: "contact-vendor" },
  TRIAL_ACTIVATION_LIMIT_REACHED: { status: 400, title: "All trial activations are in use", action: "contact-vendor" },
  DEVICE_ALREADY_ACTIVATED: { status: 400, title: "The device is already activated", action: "contact-vendor" },
  LICENSE_NOT_EFFECTIVE: { status: 400, title: "The license is not yet effective", action: "wait" },
  RELEASE_VERSION_NOT_ALLOWED: {
    status: 400,
    title: "The license does not allow this version",
    action: "contact-vendor",
  },
  LICENSE_PERPETUAL: { status: 400, title: "The license never expires" },
  NO_PERIOD: { status: 400, title: "The license has no period to add" },

  UNAUTHORIZED: { status: 401, title: "Valid credentials are required" },
  FORBIDDEN: { status: 403, title: "The credentials do not allow this" },
  NOT_FOUND: { status: 404, title: "There is no such resource" },
  METHOD_NOT_ALLOWED: { status: 405, title: "The method is not allowed here" },

  ALREADY_EXISTS: { status: 409, title: "There is one already" },
  IN_USE: { status: 409, title: "The resource is in use" },
  ACTIVATIONS_LIVE: { status: 409, title: "Activations are live" },
  DEACTIVATION_LIMIT_REACHED: {
    status: 409,
    title: "The license allows no further deactivation",
    action: "contact-vendor",
  },
  ACTIVATION_ENDED: { status: 409, title: "The activation has ended", action: "activate-again" },

  WEBHOOK_GONE: { status: 409, title: "The webhook's receiver is gone" },

  PRECONDITION_FAILED: { status: 412, title: "The resource has changed" },
  BODY_TOO_LARGE: { status: 413, title: "The body is too large" },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: "The body is not JSON" },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: "The idempotency key was used for another body" },

  TOO_MANY_REQUESTS: { status: 429, title: "Too many requests", retryable: true },
  INTERNAL_ERROR: { status: 500, title: "Internal error" },
  NOT_CONFIGURED: { status: 503, title: "The deployment is not configured", retryable: true },
  STORAGE_UNAVAILABLE: { status: 503, title: "The storage is not available", retryable: true },
  IDENTITY_PROVIDER_UNAVAILABLE: { status: 503, title: "The identity provider is not available", retryable: true },
  OVERLOADED: { status: 503, title: "There are too many calls at once", retryable: true },
  LICENSE_LOST: { status: 503, title: "The license's data is not available", retryable: true },
} as const satisfies Record<string, ProblemKind>;

/**
 * What the code shared by both dialects may refuse (bodies, limits, routing, configuration): thrown by the
 * activation API's name, answered by the /v3 name under /v3.
 */
const SHARED = {
  "invalid-request": "INVALID_REQUEST",
  "credentials-invalid": "UNAUTHORIZED",
  "route-unknown": "NOT_FOUND",
  "method-not-allowed": "METHOD_NOT_ALLOWED",
  "body-too-large": "BODY_TOO_LARGE",
  "unsupported-media-type": "UNSUPPORTED_MEDIA_TYPE",
  "too-many-requests": "TOO_MANY_REQUESTS",
  "internal-error": "INTERNAL_ERROR",
  "not-configured": "NOT_CONFIGURED",
  "storage-unavailable": "STORAGE_UNAVAILABLE",
  "identity-provider-unavailable": "IDENTITY_PROVIDER_UNAVAILABLE",
  overloaded: "OVERLOADED",
} as const satisfies Partial<Record<ActivationCode, ManagementCode>>;

export type ActivationCode = keyof typeof ACTIVATION;
export type ManagementCode = keyof typeof MANAGEMENT;
export type ProblemCode = ActivationCode | ManagementCode;
export type Dialect = "activation" | "management";

const KINDS: Readonly<Record<ProblemCode, ProblemKind>> = { ...ACTIVATION, ...MANAGEMENT };
const IN_MANAGEMENT: ReadonlyMap<string, ManagementCode> = new Map(Object.entries(SHARED));

export function kindOf(code: ProblemCode): ProblemKind {
  return KINDS[code];
}

/** The name of a problem in a dialect; a code without a twin keeps its own. */
export function codeIn(dialect: Dialect, code: ProblemCode): ProblemCode {
  return dialect === "management" ? (IN_MANAGEMENT.get(code) ?? code) : code;
}

/** The last segment of `type`: the code in lower-kebab, the same for both dialects' twins. */
export function slugOf(code: ProblemCode): string {
  return code.toLowerCase().replaceAll("_", "-");
}

/** Every entry that a slug stands for: one, or a code of each dialect. */
export function entriesOf(slug: string): readonly { readonly code: string; readonly kind: ProblemKind }[] {
  return Object.entries(KINDS)
    .filter(([code]) => code.toLowerCase().replaceAll("_", "-") === slug)
    .map(([code, kind]) => ({ code, kind }));
}

/** All codes with their kinds, in the order of the table (documentation). */
export function allProblems(): readonly (readonly [string, ProblemKind])[] {
  return Object.entries(KINDS);
}
