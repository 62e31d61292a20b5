/** The shape of `vectors.json`. Instants and durations are milliseconds, but inside tokens and answers. */

import type { JWK } from "jose";

export interface Vectors {
  readonly format: "leasehold-client-vectors";
  /** Only grows. A case is never changed: it is added, or withdrawn by name. */
  readonly version: number;
  /** Within this a device's clock is right. */
  readonly tolerance: number;
  readonly keys: Readonly<Record<string, JWK>>;
  readonly cases: readonly Case[];
}

export type Case = { readonly name: string; readonly rule: string } & (
  | { readonly kind: "judge"; readonly input: JudgeInput; readonly expect: Expected }
  | { readonly kind: "answer"; readonly input: AnswerInput; readonly expect: Expected }
  | { readonly kind: "feature"; readonly input: FeatureInput; readonly expect: Expected }
  | { readonly kind: "schedule"; readonly input: ScheduleInput; readonly expect: Expected }
  | { readonly kind: "merge"; readonly input: MergeInput; readonly expect: Expected }
);
export type Kind = Case["kind"];

/** What is named has to be equal; what is not named may be anything. */
export type Expected = Readonly<Record<string, string | number | boolean | null>>;

export interface JudgeInput {
  readonly token: string;
  /** Names in `keys`: what the app has pinned. */
  readonly trusted: readonly string[];
  /** What the device's clock shows. */
  readonly now: number;
  readonly product: string;
  readonly issuer?: string;
  readonly fingerprint?: string;
  /** The thumbprint of the device's own key. */
  readonly deviceKey?: string;
  readonly store?: {
    readonly skew?: number;
    /** The newest signed time of any token so far, and the time that this run has lasted since it came. */
    readonly signedAt?: number;
    readonly elapsed?: number;
    readonly seen?: number;
    readonly released?: string;
    /** A signed key set that is stored beside the token. */
    readonly set?: string;
  };
  readonly refusal?: { readonly jti: string; readonly code: string };
  /** The last contact that was tried gave no answer. */
  readonly contact?: "failed";
}

export interface AnswerInput {
  readonly call: "activate" | "renew" | "release";
  readonly signedIn?: boolean;
  readonly now: number;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body is so many spaces longer. */
  readonly padding?: number;
}

export interface FeatureInput {
  /** JSON text, since some names are special to parsers. */
  readonly features: string;
  readonly name: string;
}

export interface ScheduleInput {
  /** The token's times, in seconds as in the token. */
  readonly claims: {
    readonly iat: number;
    readonly server_time?: number;
    readonly refresh_after?: number;
    readonly exp?: number;
  };
  readonly receivedAt: number;
  readonly now: number;
  /** The random number, in [0, 1). */
  readonly r: number;
}

export interface MergeClaims {
  readonly sid: string;
  readonly iat: number;
  readonly server_time?: number;
  readonly gen?: number;
}
export interface MergeInput {
  readonly stored: MergeClaims | null;
  readonly incoming: MergeClaims;
}
