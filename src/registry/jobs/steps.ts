/**
 * Steps of license jobs (CON-27). Whoever takes one holds the job's lease: two steps at once work on nobody twice, and
 * one that dies leaves its licenses to the next.
 */

import { eq, sql } from "drizzle-orm";
import type { Job, JobEnd, JobFailure } from "../../domain/license/job.ts";
import { accessTokens } from "../db/schema.ts";
import { jobFailures, jobParts, jobs } from "../db/schema-jobs.ts";
import { prepared } from "../db/statement.ts";
import { findJob } from "./jobs.ts";

/** A step's hold on a job. */
export interface JobLease {
  readonly job: Job;
  readonly lease: string;
  readonly runningSince: number;
  /** The next licenses, at most as many as were asked for; none: all have been taken. */
  readonly licenseIds: readonly string[];
}

/** Null: the job does not run, or another step holds it. `until` (epoch ms): when others may take this one for dead. */
export async function leaseJob(
  db: D1Database,
  id: string,
  {
    lease,
    now,
    until,
    most,
  }: { readonly lease: string; readonly now: number; readonly until: number; readonly most: number },
): Promise<JobLease | null> {
  const [leased, parts] = await db.batch<Record<string, unknown>>([
    prepared(
      db,
      sql`UPDATE ${jobs} SET lease = ${lease}, leased_until = ${until}
        WHERE ${eq(jobs.id, id)} AND state = 'running' AND leased_until <= ${now} RETURNING cursor, running_since AS runningSince`,
    ),
    prepared(
      db,
      sql`SELECT part.position, part.ids FROM ${jobParts} AS part CROSS JOIN ${jobs} AS own
        WHERE own.id = ${id} AND part.job_id = ${id} AND part.position <= own.cursor ORDER BY part.position DESC LIMIT 1`,
    ),
  ]);
  const held = leased?.results[0] as { readonly cursor: number; readonly runningSince: number } | undefined;
  const part = parts?.results[0] as { readonly position: number; readonly ids: string } | undefined;
  const job = held === undefined ? null : await findJob(db, id);
  if (held === undefined || job === null) return null;
  const from = held.cursor - (part?.position ?? 0);
  const ids = part === undefined ? [] : (JSON.parse(part.ids) as readonly string[]);
  return { job, lease, runningSince: held.runningSince, licenseIds: ids.slice(from, from + most) };
}

/** What stands between a step and its next license: the job was cancelled or taken over, its credential has ended. */
export type Going = "on" | "over" | Extract<JobEnd, "credential-ended">;

/** One row read, and another of the access token. */
export async function goingOn(db: D1Database, { job, lease }: JobLease, now: number): Promise<Going> {
  const isLive = sql`(token_id IS NULL OR EXISTS (SELECT 1 FROM ${accessTokens} WHERE ${accessTokens.id} = token_id
    AND NOT ${accessTokens.revoked} AND (${accessTokens.expiresAt} IS NULL OR ${accessTokens.expiresAt} > ${now})))`;
  const found = await prepared(
    db,
    sql`SELECT ${isLive} AS live FROM ${jobs} WHERE ${eq(jobs.id, job.id)} AND lease = ${lease} AND state = 'running'`,
  ).first<{ readonly live: 0 | 1 }>();
  if (found === null) return "over";
  return found.live === 1 ? "on" : "credential-ended";
}

export interface Step {
  /** Licenses that were taken, from the first on; those among them that were refused. */
  readonly taken: number;
  readonly failures: readonly JobFailure[];
  /** Null = the job goes on, unless nothing is left of it. */
  readonly why: JobEnd | null;
}

/** Puts down what a step did, and gives its hold up. Nothing, where another step has taken it over meanwhile. */
export async function endStep(
  db: D1Database,
  { job: { id }, lease }: JobLease,
  { taken, failures, why }: Step,
  now: number,
): Promise<void> {
  const isHeld = sql`EXISTS (SELECT 1 FROM ${jobs} WHERE ${eq(jobs.id, id)} AND lease = ${lease})`;
  const rows = failures.map(({ licenseId, refusal, at }) => ({ licenseId, refusal: JSON.stringify(refusal), at }));
  const isLast = sql`(state = 'running' AND (${why} IS NOT NULL OR cursor + ${taken} >= queued))`;
  await db.batch([
    ...(rows.length === 0
      ? []
      : [
          prepared(
            db,
            sql`INSERT OR REPLACE INTO ${jobFailures} (job_id, license_id, refusal, at)
              SELECT ${id}, f.value ->> 'licenseId', f.value ->> 'refusal', f.value ->> 'at' FROM json_each(${JSON.stringify(rows)}) AS f
              WHERE ${isHeld}`,
          ),
        ]),
    prepared(
      db,
      sql`UPDATE ${jobs} SET cursor = cursor + ${taken}, done = done + ${taken - rows.length}, failed = failed + ${rows.length},
        lease = NULL, leased_until = 0, updated_at = ${now},
        ended_at = CASE WHEN ${isLast} THEN ${now} ELSE ended_at END,
        why = CASE WHEN ${isLast} THEN ${why} ELSE why END,
        state = CASE WHEN ${isLast} THEN CASE WHEN ${why} IS NULL THEN 'done' ELSE 'stopped' END ELSE state END
        WHERE ${eq(jobs.id, id)} AND lease = ${lease}`,
    ),
  ]);
}
