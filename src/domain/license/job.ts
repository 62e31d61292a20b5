/** License jobs (CON-27): what can be done to many licenses at once, and what of it is limited. */

import type { Actor, RenewCall } from "./calls.ts";
import type { Refusal } from "../refusal.ts";

export const JOB_ACTS = ["extend", "renew", "suspend", "lift", "revoke", "tag", "untag"] as const;
export type JobAct = (typeof JOB_ACTS)[number];

export const JOB_STATES = ["running", "done", "cancelled", "stopped"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Licenses of a job and of a step of it, and how long it may run (ms). */
export const MOST_LICENSES = 10_000;
export const STEP_LICENSES = 25;
export const LONGEST_RUN = 86_400_000;

/** What the act takes; the others are left out. */
export interface JobParameters {
  /** Of `extend` and `renew` (EXP-4). */
  readonly from?: RenewCall["from"];
  /** Of `extend`: seconds. */
  readonly extensionLength?: number;
  /** Of `tag` and `untag`: names. */
  readonly tags?: readonly string[];
}

/** Who stands behind a job: what is done is done in their name. */
export interface JobHolder {
  readonly actor: Actor;
  /** JSON of what no two are one by. */
  readonly principal: string;
  /** Null = a person, by their role. */
  readonly tokenId: string | null;
}

/** Instants in epoch ms. */
export interface Job extends JobHolder {
  readonly id: string;
  readonly act: JobAct;
  readonly parameters: JobParameters;
  /** A list's query as it was sent; null = ids were. */
  readonly filter: JobFilter | null;
  readonly state: JobState;
  readonly why: JobEnd | null;
  readonly total: number;
  /** Licenses that are as they were to be, and those that were refused: the rest waits, or was never come to. */
  readonly done: number;
  readonly failed: number;
  readonly startedAt: number;
  /** Of the last step. */
  readonly updatedAt: number;
  readonly endedAt: number | null;
}

export type JobFilter = Readonly<Record<string, string | readonly string[]>>;

/** Why a job was stopped: its access token is revoked, expired or deleted, or it has run for a day. */
export type JobEnd = "credential-ended" | "too-old";

export interface JobFailure {
  readonly licenseId: string;
  readonly refusal: Refusal;
  readonly at: number;
}

/** EXP-11: what makes a renewal or extension of a job happen once. */
export function referenceOf(jobId: string): string {
  return `job:${jobId}`;
}
