/** Tables of license jobs: src/registry/db/schema.ts tells what holds for all. Kept for 30 days. */

import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** CON-27: one act on the licenses that a filter matched when the job began. */
export const jobs = sqliteTable(
  "jobs",
  {
    id: text("id").primaryKey(),
    act: text("act", { enum: ["extend", "renew", "suspend", "lift", "revoke", "tag", "untag"] }).notNull(),
    /** Domain `JobParameters` as JSON. */
    parameters: text("parameters").notNull(),
    /** As it was sent, as JSON, to be shown; null = ids were. */
    filter: text("filter"),
    state: text("state", { enum: ["running", "done", "cancelled", "stopped"] }).notNull(),
    /** Why it was stopped. */
    why: text("why", { enum: ["credential-ended", "too-old"] }),
    total: integer("total").notNull(),
    done: integer("done").notNull().default(0),
    /** Rows of `job_failures`. */
    failed: integer("failed").notNull().default(0),
    /** Ids in all of its parts: more than `total` once failures are retried. */
    queued: integer("queued").notNull(),
    /** The place in the parts up to which licenses were taken. */
    cursor: integer("cursor").notNull().default(0),
    /** The step that works on what follows the cursor; nobody else does until `leased_until`. */
    lease: text("lease"),
    leasedUntil: integer("leased_until").notNull().default(0),
    /** Who began it, or retried it last: `Actor` as JSON. */
    actor: text("actor").notNull(),
    /** The same so that no two are one, as JSON; and the access token behind it, null = a person. */
    principal: text("principal").notNull(),
    tokenId: text("token_id"),
    startedAt: integer("started_at").notNull(),
    /** When it began, or was retried last. */
    runningSince: integer("running_since").notNull(),
    updatedAt: integer("updated_at").notNull(),
    endedAt: integer("ended_at"),
  },
  (t) => [
    index("jobs_started_at").on(t.startedAt, t.id),
    index("jobs_running")
      .on(t.updatedAt)
      .where(sql`state = 'running'`),
  ],
);

/** Ids of licenses, 500 to a row, in the order in which they are taken. */
export const jobParts = sqliteTable(
  "job_parts",
  {
    jobId: text("job_id").notNull(),
    /** Of the first id, among all of the job. */
    position: integer("position").notNull(),
    /** JSON list. */
    ids: text("ids").notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.position] })],
);

/** What a license's own call was refused with. WITHOUT ROWID. */
export const jobFailures = sqliteTable(
  "job_failures",
  {
    jobId: text("job_id").notNull(),
    licenseId: text("license_id").notNull(),
    /** Domain `Refusal` as JSON. */
    refusal: text("refusal").notNull(),
    at: integer("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.jobId, t.licenseId] })],
);
