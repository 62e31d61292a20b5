/**
 * ERR-1: all problems of both APIs. The wire, the documentation and the pages behind `type` are made from them.
 * Codes are for ever: the activation API speaks lower-kebab, /v3 speaks UPPER_SNAKE (ERR-1).
 */

import { ACTIVATION as OF_ACTIVATION } from "./problems/activation.ts";
import type { ProblemKind } from "./problems/kind.ts";
import { CLIENT_CALLS, VENDOR_CALLS } from "./problems/management.ts";
import { SHARED } from "./problems/shared.ts";

const ACTIVATION = { ...SHARED, ...OF_ACTIVATION };

const MANAGEMENT = {
  INVALID_REQUEST: SHARED["invalid-request"],
  METHOD_NOT_ALLOWED: SHARED["method-not-allowed"],
  BODY_TOO_LARGE: SHARED["body-too-large"],
  UNSUPPORTED_MEDIA_TYPE: SHARED["unsupported-media-type"],
  ACTIVATION_ENDED: SHARED["activation-ended"],
  IDEMPOTENCY_KEY_REUSED: SHARED["idempotency-key-reused"],
  TOO_MANY_REQUESTS: SHARED["too-many-requests"],
  INTERNAL_ERROR: SHARED["internal-error"],
  NOT_CONFIGURED: SHARED["not-configured"],
  STORAGE_UNAVAILABLE: SHARED["storage-unavailable"],
  IDENTITY_PROVIDER_UNAVAILABLE: SHARED["identity-provider-unavailable"],
  OVERLOADED: SHARED.overloaded,
  LICENSE_LOST: SHARED["license-lost"],
  ...CLIENT_CALLS,
  ...VENDOR_CALLS,
};

/**
 * What the code shared by both dialects may refuse (bodies, limits, routing, configuration): thrown by the
 * activation API's name, answered by the /v3 name under /v3.
 */
const TWINS = {
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
const IN_MANAGEMENT: ReadonlyMap<string, ManagementCode> = new Map(Object.entries(TWINS));

export function kindOf(code: ProblemCode): ProblemKind {
  return KINDS[code];
}

/** The name of a problem in a dialect; a code without a twin keeps its own. */
export function codeIn(dialect: Dialect, code: ProblemCode): ProblemCode {
  return dialect === "management" ? (IN_MANAGEMENT.get(code) ?? code) : code;
}

/** The last segment of `type`: the code in lower-kebab, the same for both dialects' twins. */
export function slugOf(code: string): string {
  return code.toLowerCase().replaceAll("_", "-");
}

export interface ProblemEntry {
  /** One, or that of each dialect. */
  readonly codes: readonly string[];
  readonly kind: ProblemKind;
}

/** What a slug stands for: one kind, or one for each dialect. None: no code has it. */
export function entriesOf(slug: string): readonly ProblemEntry[] {
  return BY_SLUG.get(slug) ?? [];
}

/** All codes with their kinds, in the order of the table (documentation). */
export function allProblems(): readonly (readonly [string, ProblemKind])[] {
  return Object.entries(KINDS);
}

/** Each slug once, in the order of the alphabet. */
export function allSlugs(): readonly string[] {
  return [...BY_SLUG.keys()].toSorted();
}

const BY_SLUG = bySlug();

function bySlug(): ReadonlyMap<string, readonly ProblemEntry[]> {
  const found = new Map<string, readonly ProblemEntry[]>();
  for (const [code, kind] of allProblems()) {
    const entries = found.get(slugOf(code)) ?? [];
    const alike = entries.find((entry) => entry.kind === kind);
    const others = entries.filter((entry) => entry !== alike);
    found.set(slugOf(code), [...others, { codes: [...(alike?.codes ?? []), code], kind }]);
  }
  return found;
}
