/** License jobs (CON-27): begun on what a filter matches, cancelled, and what failed of them tried again. */

import { v7 as uuidv7 } from "uuid";
import {
  MOST_LICENSES,
  type Job,
  type JobAct,
  type JobFilter,
  type JobHolder,
  type JobParameters,
} from "../../domain/license/job.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Wanted } from "../../registry/find/filter.ts";
import { askingAlone } from "../../registry/db/round-trip.ts";
import { cancelJob, findJob, insertJob, requeue, type Crowd } from "../../registry/jobs/jobs.ts";
import { matchedLicenses } from "../../registry/jobs/matched.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { namedTags } from "../named-tags.ts";

export interface WantedJob {
  readonly act: JobAct;
  readonly parameters: JobParameters;
  /** A list's query, as it was sent and as it was read; or the ids themselves. */
  readonly which: { readonly filter: JobFilter; readonly wanted: Wanted } | { readonly ids: readonly string[] };
  /** How many licenses there were when they were looked at; null = nobody says. */
  readonly expected: number | null;
}

/**
 * The job runs, and nothing is done yet. Refusals: `invalid-member` (no such tag, a filter that is too broad or matches
 * too many), `count-differs`, `jobs-running`.
 */
export async function startJob(
  deployment: Deployment,
  { act, parameters, which, expected }: WantedJob,
  holder: JobHolder,
  now: number,
  keep: Keep<Job> = keepNothing,
): Promise<Outcome<Job>> {
  const { db } = deployment;
  const tags = await namedTags(askingAlone(db), parameters.tags ?? []);
  if (!tags.ok) return no(inParameters(tags.refusal));
  const found = "ids" in which ? yes(which.ids) : await matched(db, which.wanted, now);
  if (!found.ok) return found;
  const { length: total } = found.value;
  if (expected !== null && expected !== total) return no({ code: "count-differs", expected, matched: total });
  const job: Job = {
    ...{ id: uuidv7(), act, parameters, filter: "filter" in which ? which.filter : null },
    ...(total === 0 ? { state: "done", endedAt: now } : { state: "running", endedAt: null }),
    ...{ why: null, total, done: 0, failed: 0, ...holder, startedAt: now, updatedAt: now },
  };
  const crowd = await insertJob(db, job, found.value, await keep(job));
  return crowd === null ? yes(job) : no({ code: "jobs-running", why: crowd });
}

function inParameters<R extends { readonly code: string }>(refusal: R): R {
  return "pointer" in refusal ? { ...refusal, pointer: `/parameters${String(refusal.pointer)}` } : refusal;
}

async function matched(db: D1Database, wanted: Wanted, now: number): Promise<Outcome<readonly string[]>> {
  const found = await matchedLicenses(db, wanted, MOST_LICENSES, now);
  if ("ids" in found && !found.hasMore) return yes(found.ids);
  const pointer = "ids" in found ? "/filter" : `/filter/${found.tooBroad}`;
  const detail = `needs a narrower filter beside it: a job takes at most ${MOST_LICENSES} licenses`;
  return no({ code: "invalid-member", pointer, detail });
}

/** Null: there is no such job. One that has ended stays as it is. */
export async function stopJob({ db }: Deployment, id: string, now: number): Promise<Job | null> {
  await cancelJob(db, id, now);
  return await findJob(db, id);
}

/**
 * Tries what has failed again, in the name of `holder`; under the same reference, so that nothing that came through
 * after all is done twice (EXP-11). Null: there is no such job. Refuses `jobs-running`.
 */
export async function retryJob(
  { db }: Deployment,
  id: string,
  holder: JobHolder,
  now: number,
): Promise<Outcome<Job | null>> {
  const job = await findJob(db, id);
  if (job === null || (job.failed === 0 && job.state !== "running")) return yes(job);
  const why: Crowd | "busy" | null = job.state === "running" ? "busy" : await requeue(db, job, holder, now);
  return why === null ? yes(await findJob(db, id)) : no({ code: "jobs-running", why });
}
