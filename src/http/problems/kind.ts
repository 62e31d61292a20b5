/** What there is to say about one code of a problem (ERR-1). */

/** What a client app can do about a refusal. */
export type Action = "fix-request" | "sign-in" | "activate-again" | "wait" | "release-a-device" | "contact-vendor";

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** For the page behind `type`: how it comes about, in the words of who meets it, beyond what the answer says. */
  readonly cause: string;
  /** For the same page: what whoever meets it does next. */
  readonly cure: string;
  /** Absent where only people and scripts meet the problem. */
  readonly action?: Action;
  /** The same request may succeed later, unchanged. */
  readonly retryable?: true;
  /** A second status of the same code, with the place where it is given. */
  readonly elsewhere?: { readonly status: number; readonly at: string };
}

/** A kind that client apps meet: it tells them what to do (ERR-1). */
export interface ClientKind extends ProblemKind {
  readonly action: Action;
}
