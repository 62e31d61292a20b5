/** Who this deployment is, by D1's word: id, jurisdiction and the check values of its secrets (CFG-1). One row. */

import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { deployment } from "../db/schema.ts";
import { nothingUnder } from "./wrapped.ts";

export interface DeploymentRecord {
  readonly id: string;
  /** `none`, or the objects' jurisdiction. */
  readonly jurisdiction: string;
  /** Tells locator keys apart; says nothing about the key. */
  readonly locatorCheck: string;
  /** Id of the wrapping key in force. */
  readonly wrappingCheck: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

const THE_ROW = 1;

/** The recorded deployment; at first use `proposed` is recorded. Of parallel first uses one wins and all read it. */
export async function recordDeployment(db: D1Database, proposed: DeploymentRecord): Promise<DeploymentRecord> {
  const recorded = await findDeployment(db);
  if (recorded !== null) return recorded;
  const orm = drizzle(db);
  await orm
    .insert(deployment)
    .values({ one: THE_ROW, ...proposed })
    .onConflictDoNothing();
  return (await findDeployment(db)) ?? proposed;
}

/**
 * CFG-3: the new wrapping key takes over from the previous one, once nothing needs that any more. Repeatable, and
 * void when another has taken over.
 */
export async function replaceWrappingCheck(db: D1Database, previous: string, current: string): Promise<void> {
  await drizzle(db)
    .update(deployment)
    .set({ wrappingCheck: current })
    .where(and(eq(deployment.one, THE_ROW), eq(deployment.wrappingCheck, previous), nothingUnder(previous)));
}

/** `D1Database` without a session asks the primary, so that the row of a moment ago is seen. */
async function findDeployment(db: D1Database): Promise<DeploymentRecord | null> {
  const row = await drizzle(db).select().from(deployment).where(eq(deployment.one, THE_ROW)).get();
  if (row === undefined) return null;
  const { one: _, ...record } = row;
  return record;
}

/** As wrangler notes them, the oldest first; none where the tables were made in another way. */
export async function appliedMigrations(db: D1Database): Promise<readonly string[]> {
  const isThere = await db
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'd1_migrations'")
    .first();
  if (isThere === null) return [];
  const { results } = await db.prepare("SELECT name FROM d1_migrations ORDER BY id").all<{ readonly name: string }>();
  return results.map(({ name }) => name);
}
