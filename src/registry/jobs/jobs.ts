/** License jobs in D1 (CON-27): begun, listed, ended and forgotten. Their steps are in src/registry/jobs/steps.ts. */

import { and, eq, lte, sql, type SQL } from "drizzle-orm";
import type { Job, JobAct, JobFailure, JobFilter, JobHolder, JobParameters } from "../../domain/license/job.ts";
import type { Actor } from "../../domain/license/calls.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { answered, ask, writtenById, type Question } from "../db/question.ts";
import { jobFailures, jobParts, jobs } from "../db/schema-jobs.ts";
import { insertWhere, prepared } from "../db/statement.ts";
import type { Findable } from "../find/condition.ts";
import { column, idField, sortedField } from "../find/field.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "../rows/idempotency-records.ts";

/** Ids of one row, and jobs that run at once. */
const PART = 500;
const MOST_JOBS = 10;

type Row = typeof jobs.$inferSelect;

const BY_ID = writtenById(jobs);

export function jobById(id: string): Question<Job | null> {
  return answered(BY_ID.one({ id }), (row) => (row === null ? null : jobOf(row)));
}

export async function findJob(db: D1Database, id: string): Promise<Job | null> {
  return await ask(db, jobById(id));
}

export const jobList: Findable<typeof jobs> = {
  table: jobs,
  id: jobs.id,
  sorts: { startedAt: { column: jobs.startedAt, index: "jobs_started_at" } },
  fields: {
    id: idField(jobs, jobs.id, jobs.startedAt),
    act: column(["extend", "renew", "suspend", "lift", "revoke", "tag", "untag"], jobs.act),
    state: column(["running", "done", "cancelled", "stopped"], jobs.state),
    startedAt: sortedField(jobs, jobs.id, jobs.startedAt, "jobs_started_at"),
  },
};

export async function listJobs(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Job>> {
  return mapped(await find(db, jobList, request, wanted, now), jobOf);
}

/** Why a job does not run: its holder's other one with this act does, or as many run as may at once. */
export type Crowd = "same-act" | "too-many";

/** The job and its licenses, or neither. Null: it runs. */
export async function insertJob(
  db: D1Database,
  job: Job,
  licenseIds: readonly string[],
  kept: Kept = () => [],
): Promise<Crowd | null> {
  const { id, act, principal, startedAt } = job;
  const isThere = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${eq(jobs.id, id)})`;
  const row = {
    ...job,
    parameters: JSON.stringify(job.parameters),
    filter: job.filter === null ? null : JSON.stringify(job.filter),
    actor: JSON.stringify(job.actor),
    queued: licenseIds.length,
    runningSince: startedAt,
  };
  const [inserted] = await db.batch([
    prepared(db, insertWhere(jobs, row, hasRoom(job))),
    prepared(db, partsInsert(id, 0, licenseIds, isThere)),
    ...kept(isThere),
  ]);
  return inserted?.meta.changes === 1 ? null : await crowdOf(db, { act, principal });
}

/**
 * All failures again, by `holder`, from `now` on; what was not come to before stays so. `busy`: it runs, a step of it
 * is under way, or somebody was faster.
 */
export async function requeue(
  db: D1Database,
  job: Job,
  holder: JobHolder,
  now: number,
): Promise<Crowd | "busy" | null> {
  const failed = await failuresOf(db, job.id, { limit: job.failed, skip: 0 });
  const row = await prepared(db, sql`SELECT queued FROM ${jobs} WHERE ${eq(jobs.id, job.id)}`).first<{
    readonly queued: number;
  }>();
  const queued = row?.queued ?? 0;
  const ids = failed.map(({ licenseId }) => licenseId);
  const { actor, principal, tokenId } = holder;
  const isAsRead = sql`${eq(jobs.id, job.id)} AND state <> 'running' AND queued = ${queued} AND failed = ${ids.length} AND leased_until <= ${now}`;
  const isOurs = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${eq(jobs.id, job.id)} AND state = 'running' AND queued = ${queued + ids.length})`;
  const [updated] = await db.batch([
    prepared(
      db,
      sql`UPDATE ${jobs} SET state = 'running', why = NULL, failed = 0, cursor = queued, queued = queued + ${ids.length},
        lease = NULL, leased_until = 0, actor = ${JSON.stringify(actor)}, principal = ${principal}, token_id = ${tokenId},
        running_since = ${now}, updated_at = ${now}, ended_at = NULL
        WHERE ${isAsRead} AND ${hasRoom({ act: job.act, principal })}`,
    ),
    prepared(
      db,
      partsInsert(
        job.id,
        queued,
        ids,
        sql`${isOurs} AND NOT EXISTS (SELECT 1 FROM ${jobParts} WHERE ${and(eq(jobParts.jobId, job.id), eq(jobParts.position, queued))})`,
      ),
    ),
    prepared(db, sql`DELETE FROM ${jobFailures} WHERE ${eq(jobFailures.jobId, job.id)} AND ${isOurs}`),
  ]);
  if (updated?.meta.changes === 1) return null;
  return (await crowdOf(db, { act: job.act, principal })) ?? "busy";
}

function hasRoom({ act, principal }: Pick<Job, "act" | "principal">): SQL {
  return sql`NOT ${isSameRunning({ act, principal })} AND ${runningCount} < ${MOST_JOBS}`;
}

function isSameRunning({ act, principal }: Pick<Job, "act" | "principal">): SQL {
  return sql`EXISTS (SELECT 1 FROM ${jobs} AS other WHERE other.state = 'running' AND other.act = ${act} AND other.principal = ${principal})`;
}

const runningCount = sql`(SELECT count(*) FROM ${jobs} AS other WHERE other.state = 'running')`;

async function crowdOf(db: D1Database, job: Pick<Job, "act" | "principal">): Promise<Crowd | null> {
  const found = await prepared(
    db,
    sql`SELECT ${isSameRunning(job)} AS same, ${runningCount} >= ${MOST_JOBS} AS full`,
  ).first<{ readonly same: 0 | 1; readonly full: 0 | 1 }>();
  if (found?.same === 1) return "same-act";
  return found?.full === 1 ? "too-many" : null;
}

/** One statement, whose parameter is JSON: D1 binds at most 100. */
function partsInsert(jobId: string, from: number, ids: readonly string[], condition: SQL): SQL {
  const parts = Array.from({ length: Math.ceil(ids.length / PART) }, (_, at) => ({
    position: from + at * PART,
    ids: JSON.stringify(ids.slice(at * PART, (at + 1) * PART)),
  }));
  return sql`INSERT INTO ${jobParts} (job_id, position, ids)
    SELECT ${jobId}, part.value ->> 'position', part.value ->> 'ids' FROM json_each(${JSON.stringify(parts)}) AS part WHERE ${condition}`;
}

/** A job that runs does so no longer: a step that is under way begins with no other license. */
export async function cancelJob(db: D1Database, id: string, now: number): Promise<void> {
  await prepared(
    db,
    sql`UPDATE ${jobs} SET state = 'cancelled', ended_at = ${now}, updated_at = ${now} WHERE ${eq(jobs.id, id)} AND state = 'running'`,
  ).run();
}

/** Running jobs that nobody has taken a step of since `idleSince` (epoch ms), the longest waiting first. */
export async function idleJobs(db: D1Database, idleSince: number): Promise<readonly string[]> {
  const { results } = await prepared(
    db,
    sql`SELECT id FROM ${jobs} WHERE state = 'running' AND ${lte(jobs.updatedAt, idleSince)} ORDER BY updated_at LIMIT ${MOST_JOBS}`,
  ).all<{ readonly id: string }>();
  return results.map(({ id }) => id);
}

/** In the order of their ids. */
export async function failuresOf(
  db: D1Database,
  jobId: string,
  { limit, skip, after = "" }: { readonly limit: number; readonly skip: number; readonly after?: string },
): Promise<readonly JobFailure[]> {
  const { results } = await prepared(
    db,
    sql`SELECT license_id AS licenseId, refusal, at FROM ${jobFailures}
      WHERE ${eq(jobFailures.jobId, jobId)} AND license_id > ${after} ORDER BY license_id LIMIT ${limit} OFFSET ${skip}`,
  ).all<{ readonly licenseId: string; readonly refusal: string; readonly at: number }>();
  return results.map(({ refusal, ...row }) => ({ ...row, refusal: JSON.parse(refusal) as Refusal }));
}

/** A job that began before `upto` (epoch ms) and has ended, with all that it had; false = there is none. */
export async function forgetJob(db: D1Database, upto: number): Promise<boolean> {
  const old = sql`(SELECT id FROM ${jobs} WHERE ${lte(jobs.startedAt, upto)} AND state <> 'running' ORDER BY started_at LIMIT 1)`;
  const [, , gone] = await db.batch([
    prepared(db, sql`DELETE FROM ${jobFailures} WHERE job_id = ${old}`),
    prepared(db, sql`DELETE FROM ${jobParts} WHERE job_id = ${old}`),
    prepared(db, sql`DELETE FROM ${jobs} WHERE id = ${old}`),
  ]);
  return gone?.meta.changes === 1;
}

function jobOf(row: Omit<Row, "act"> & { readonly act: JobAct }): Job {
  const { queued: _, cursor: _cursor, lease: _lease, leasedUntil: _until, runningSince: _since, ...rest } = row;
  return {
    ...rest,
    parameters: JSON.parse(row.parameters) as JobParameters,
    filter: row.filter === null ? null : (JSON.parse(row.filter) as JobFilter),
    actor: JSON.parse(row.actor) as Actor,
  };
}
