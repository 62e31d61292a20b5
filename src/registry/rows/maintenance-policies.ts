/**
 * Maintenance policies in D1. A license copies what its policy says (SNAP-1) and keeps it from being deleted (DEL-1).
 */

import { eq, sql } from "drizzle-orm";
import type { Interval } from "../../domain/license/creation.ts";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { MaintenancePolicy } from "../../domain/terms/maintenance.ts";
import { maintenancePolicyList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { addRow, removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, writtenById, type Question } from "../db/question.ts";
import { licenseReferences, licenses } from "../db/schema.ts";
import { licenseTemplates, maintenancePolicies } from "../db/schema-catalogue.ts";

/** Instants in epoch ms. */
export interface MaintenancePolicyRow extends Omit<MaintenancePolicy, "period"> {
  readonly name: string;
  /** Seconds; 0 where there is an interval, or no end. */
  readonly validity: number;
  readonly subscriptionInterval: Interval | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(maintenancePolicies);

export function policyById(id: string): Question<MaintenancePolicyRow | null> {
  return answered(BY_ID.one({ id }), (row) => (row === null ? null : policyOf(row)));
}

export async function findPolicy(db: D1Database, id: string): Promise<MaintenancePolicyRow | null> {
  return await ask(db, policyById(id));
}

export async function listPolicies(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<MaintenancePolicyRow>> {
  return mapped(await find(db, maintenancePolicyList, request, wanted, now), policyOf);
}

/** The policy and its event, or neither (EVT-1). */
export async function insertPolicy(
  db: D1Database,
  policy: MaintenancePolicyRow,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<void> {
  await addRow(db, { table: maintenancePolicies, row: policy, event, ...(kept && { kept }) });
}

export async function updatePolicy(
  db: D1Database,
  before: MaintenancePolicyRow,
  after: MaintenancePolicyRow,
  event: LeaseholdEvent,
): Promise<Written> {
  const { id: _, ...columns } = after;
  return await replaceRow(db, { table: maintenancePolicies, before, columns, event });
}

/** `in-use`: a license refers to it, or is about to (REF-1), or a template gives it. */
export async function deletePolicy(
  db: D1Database,
  before: MaintenancePolicyRow,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  const { id } = before;
  const holds = sql`NOT (EXISTS (SELECT 1 FROM ${licenses} WHERE ${eq(licenses.maintenancePolicyId, id)})
    OR EXISTS (SELECT 1 FROM ${licenseReferences} WHERE ${eq(licenseReferences.targetId, id)})
    OR EXISTS (SELECT 1 FROM ${licenseTemplates} WHERE ${licenseTemplates.members} ->> '$.maintenancePolicyId' = ${id}))`;
  return await removeRow(db, { table: maintenancePolicies, before, event, guards: [{ holds, otherwise: "in-use" }] });
}

function policyOf(row: typeof maintenancePolicies.$inferSelect): MaintenancePolicyRow {
  return { ...row, subscriptionInterval: row.subscriptionInterval as Interval | null };
}
