/**
 * Every expected "no" of the rules, as one closed union; each arm carries its evidence.
 * The two dialects map it to statuses and codes in one total table each (ERR-1).
 */

export type Refusal =
  // The call itself.
  | { readonly code: "invalid-member"; readonly pointer: string; readonly detail: string }
  | { readonly code: "credentials-required" }
  | { readonly code: "authentication-required" }
  | { readonly code: "email-mismatch" }
  | { readonly code: "wrong-user" }
  | { readonly code: "email-not-verified" }
  // The license and its standing (CHK-1).
  | { readonly code: "license-unknown" }
  | { readonly code: "wrong-key" }
  | { readonly code: "license-revoked" }
  | { readonly code: "license-not-yet-effective"; readonly effectiveAt: number; readonly retryAfterSeconds: number }
  | { readonly code: "license-expired"; readonly expiresAt: number }
  | { readonly code: "license-suspended" }
  | { readonly code: "license-lost" }
  /** The key is good, but for another product than the app's. */
  | { readonly code: "product-mismatch" }
  // A trial, which is no license's (TRIAL-1).
  | { readonly code: "product-unknown" }
  | { readonly code: "trial-not-allowed" }
  /** The device had one, and the vendor has deleted it. */
  | { readonly code: "trial-used-up" }
  // Where the device is, what it runs on, and which release it runs (NET-1); null = not known.
  | { readonly code: "country-not-allowed"; readonly country: string | null }
  | { readonly code: "ip-address-not-allowed"; readonly address: string | null }
  | { readonly code: "vm-not-allowed" }
  | { readonly code: "container-not-allowed" }
  | {
      readonly code: "version-not-allowed";
      readonly version: string | null;
      readonly why:
        | { readonly kind: "limit"; readonly latest: string }
        | { readonly kind: "unknown" }
        /** Of an update: from the newest that the license was used with. */
        | { readonly kind: "major" | "minor"; readonly newest: string | null }
        /** Epoch ms. */
        | { readonly kind: "over"; readonly endedAt: number };
    }
  // The catalogue.
  | { readonly code: "user-unknown" }
  // The device and its seat.
  | { readonly code: "device-already-activated" }
  | {
      readonly code: "seats-exhausted";
      /** `allowedActivations`. */
      readonly limit: number;
      /** Seats in use, holds included. */
      readonly used: number;
      /** Seconds until a lease may end, a lower bound; null when no lease is running. */
      readonly retryAfterSeconds: number | null;
    }
  /** The license has no meter attribute of this id. */
  | { readonly code: "meter-unknown" }
  /** METER-1: of the meter attribute of that name; `used` by the clock. */
  | { readonly code: "uses-exhausted"; readonly name: string; readonly limit: number; readonly used: number }
  // A repeated call (MGMT-4).
  | { readonly code: "idempotency-key-reused" }
  | { readonly code: "activation-ended" }
  | { readonly code: "too-many-requests"; readonly retryAfterSeconds: number }
  // An activation that there is, or was.
  | { readonly code: "session-unknown" }
  | { readonly code: "not-session-owner" }
  | { readonly code: "fingerprint-mismatch" }
  | { readonly code: "deactivation-limit-reached"; readonly limit: number }
  // Changes of a license.
  | { readonly code: "license-perpetual" }
  | { readonly code: "no-period" }
  | { readonly code: "activations-live"; readonly pointer: string; readonly live: number }
  | { readonly code: "already-exists"; readonly pointer: string }
  | { readonly code: "precondition-failed" }
  /** REF-1: something refers to what should go. `retryable`: that is about to end. */
  | { readonly code: "in-use"; readonly by: string; readonly retryable: boolean }
  /** TOK-4: a signing key that others may not know yet. */
  | { readonly code: "key-too-new"; readonly retryAfterSeconds: number }
  | { readonly code: "key-compromised" }
  /** HOOK-2: a webhook whose receiver answered 410 sends nothing until it is enabled again. */
  | { readonly code: "webhook-gone" }
  /** HOOK-5: the caller may not read all that a webhook would send. */
  | { readonly code: "scopes-missing"; readonly scopes: readonly string[] }
  // License jobs (CON-27).
  /** The filter matches another number of licenses than was seen. */
  | { readonly code: "count-differs"; readonly expected: number; readonly matched: number }
  | { readonly code: "jobs-running"; readonly why: "same-act" | "too-many" | "busy" }
  // The machinery.
  | { readonly code: "storage-unavailable" }
  | { readonly code: "overloaded"; readonly what: Busy };

/** What has more calls at once than it can answer. */
export type Busy =
  | "license"
  | "product"
  | "license template"
  | "trial policy"
  | "trial"
  | "maintenance policy"
  | "feature"
  | "entitlement set"
  | "tag"
  | "user"
  | "access token"
  | "webhook"
  | "idempotency key";

export type RefusalCode = Refusal["code"];

/** The arm of one code, with its evidence. */
export type RefusalOf<C extends RefusalCode> = Extract<Refusal, { code: C }>;
