/**
 * Changes of users' e-mails on their way to the objects of their licenses (SNAP-1). A job goes by the licenses in the
 * order of their ids, in passes; the first pass that misses none ends it.
 *
 * Which licenses may have an older e-mail is known when a pass begins: those whose row refers to the user. A license
 * that comes to refer to the user later reads the new e-mail, in the statement of its creation or its reservation. Only
 * a reservation that is older than the job and that no relay has settled yet is in neither group, so a pass that begins
 * beside a reservation counts as one that missed a license.
 */

import { and, asc, eq, lte, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { licenses, licenseReferences } from "../db/schema.ts";
import { userEmailJobs, users } from "../db/schema-catalogue.ts";
import { insertWhere } from "../db/statement.ts";

export interface UserEmailJob {
  readonly userId: string;
  readonly email: string;
  readonly revision: number;
  /** The last license that the pass has come by; "" = it begins. */
  readonly cursor: string;
  /** Licenses that the pass has missed so far. */
  readonly missed: number;
  /** Passes before it. */
  readonly attempts: number;
}

/**
 * For the batch of the change: the job is written if, and only if, `condition` holds. It takes the place of an older
 * one.
 */
export function emailJobInsert(
  user: { readonly id: string; readonly revision: number; readonly updatedAt: number },
  condition: SQL,
): SQL {
  const row = { userId: user.id, revision: user.revision, cursor: "", missed: 0, attempts: 0, dueAt: user.updatedAt };
  const insert = insertWhere(userEmailJobs, row, condition);
  return sql`${insert} ON CONFLICT (user_id) DO UPDATE SET revision = excluded.revision, cursor = '', missed = 0, attempts = 0,
          due_at = excluded.due_at`;
}

/** The job that has waited longest of those that are due, with the user's e-mail; null = none is. */
export async function nextEmailJob(db: D1Database, now: number): Promise<UserEmailJob | null> {
  const { userId, revision, cursor, missed, attempts, dueAt } = userEmailJobs;
  const job = await drizzle(db)
    .select({ userId, revision, cursor, missed, attempts, email: users.email })
    .from(userEmailJobs)
    .innerJoin(users, and(eq(users.id, userId), eq(users.revision, revision)))
    .where(lte(dueAt, now))
    .orderBy(asc(dueAt), asc(userId))
    .limit(1)
    .get();
  return job ?? null;
}

/** Licenses about to refer to the user whose relay has not said so yet. */
export async function isReserved(db: D1Database, userId: string): Promise<boolean> {
  const row = await drizzle(db)
    .select({ licenseId: licenseReferences.licenseId })
    .from(licenseReferences)
    .where(eq(licenseReferences.targetId, userId))
    .limit(1)
    .get();
  return row !== undefined;
}

/** The job's next licenses, at most `limit`. A row that has the job's revision tells of an object that has it, too. */
export async function staleLicenses(db: D1Database, job: UserEmailJob, limit: number): Promise<readonly string[]> {
  const rows = await drizzle(db).all<{ id: string }>(
    sql`SELECT id FROM ${licenses} WHERE user_id = ${job.userId} AND id > ${job.cursor}
          AND COALESCE(terms ->> '$.user.revision', 0) < ${job.revision} ORDER BY id LIMIT ${limit}`,
  );
  return rows.map(({ id }) => id);
}

/** Where the job goes on, from `dueAt` (epoch ms) on. A newer job of the same user is left alone. */
export async function saveEmailJob(db: D1Database, job: UserEmailJob, dueAt: number): Promise<void> {
  const { cursor, missed, attempts } = job;
  await drizzle(db).update(userEmailJobs).set({ cursor, missed, attempts, dueAt }).where(sameJob(job));
}

/** Every license has the e-mail. A newer job of the same user is left alone. */
export async function endEmailJob(db: D1Database, job: UserEmailJob): Promise<void> {
  await drizzle(db).delete(userEmailJobs).where(sameJob(job));
}

function sameJob({ userId, revision }: UserEmailJob): SQL | undefined {
  return and(eq(userEmailJobs.userId, userId), eq(userEmailJobs.revision, revision));
}
