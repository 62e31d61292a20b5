/** Trial policies in D1 (TRIAL-1). Products refer to them; trials keep nothing of them but their end. */

import { eq, getTableColumns, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { TrialTerms } from "../../domain/license/trial.ts";
import { ask, written, writtenById, type Question } from "../db/question.ts";
import { products, trialPolicies } from "../db/schema-catalogue.ts";
import { find, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import type { PageRequest } from "../find/page.ts";
import { trialPolicyList } from "../rows/catalogue-fields.ts";
import type { Kept } from "../rows/idempotency-records.ts";
import { addRow, removeRow, replaceRow, type Written } from "../rows/optimistic-write.ts";

/** Instants in epoch ms. */
export interface TrialPolicy extends TrialTerms {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(trialPolicies);

const OF_PRODUCT = written(["productId"], ({ productId }) => ({
  select: getTableColumns(trialPolicies),
  from: sql`${products} CROSS JOIN ${trialPolicies} ON ${trialPolicies.id} = ${products.trialPolicyId}`,
  where: sql`${products.id} = ${productId}`,
}));

export function trialPolicyById(id: string): Question<TrialPolicy | null> {
  return BY_ID.one({ id });
}

export async function findTrialPolicy(db: D1Database, id: string): Promise<TrialPolicy | null> {
  return await ask(db, trialPolicyById(id));
}

/** Null: the product has no trial, or there is no such product. */
export function trialPolicyOfProduct(productId: string): Question<TrialPolicy | null> {
  return OF_PRODUCT.one({ productId });
}

export async function listTrialPolicies(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<TrialPolicy>> {
  return await find(db, trialPolicyList, request, wanted, now);
}

/** The policy and its event, or neither (EVT-1). */
export async function insertTrialPolicy(
  db: D1Database,
  policy: TrialPolicy,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<void> {
  await addRow(db, { table: trialPolicies, row: policy, event, ...(kept && { kept }) });
}

export async function updateTrialPolicy(
  db: D1Database,
  before: TrialPolicy,
  after: TrialPolicy,
  event: LeaseholdEvent,
): Promise<Written> {
  const { id: _, ...columns } = after;
  return await replaceRow(db, { table: trialPolicies, before, columns, event });
}

/** `in-use`: a product has it (DEL-1). */
export async function deleteTrialPolicy(
  db: D1Database,
  before: TrialPolicy,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  const isUsed = sql`EXISTS (SELECT 1 FROM ${products} WHERE ${eq(products.trialPolicyId, before.id)})`;
  const guard = { holds: sql`NOT ${isUsed}`, otherwise: "in-use" } as const;
  return await removeRow(db, { table: trialPolicies, before, event, guards: [guard] });
}

/** REF-1: for the statement that begins to refer to it. */
export function trialPolicyExists(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${trialPolicies} WHERE ${eq(trialPolicies.id, id)})`;
}
