/**
 * Trials in D1 (TRIAL-1): at most one per product and device, ever. Whether a device has had its trial is asked in the
 * statement that writes one, so that no two calls both find that it has not.
 */

import { and, eq, sql, type SQL } from "drizzle-orm";
import type { ShownFacts } from "../../domain/license/device.ts";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { answered, ask, askTogether, written, writtenById, type Question } from "../db/question.ts";
import { goneTrials, products, trialActivations, trialPolicies } from "../db/schema-catalogue.ts";
import { insertWhere, prepared } from "../db/statement.ts";
import { insertEvent } from "../events/outbox.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "../rows/idempotency-records.ts";
import { removeRow, replaceRow, type Written } from "../rows/optimistic-write.ts";
import { trialList } from "./trial-fields.ts";
import { trialPolicyOfProduct, type TrialPolicy } from "./trial-policies.ts";

/** A trial, with what its device said when it began. Instants in epoch ms. */
export interface Trial extends ShownFacts {
  readonly id: string;
  readonly productId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** TRIAL-1: over at that very instant (EXP-9). */
  readonly expiresAt: number;
}

/** Of one product, as digests (src/tokens/device-digest.ts). */
export interface TrialDevice {
  readonly productId: string;
  readonly device: string;
  /** "" = the call does not say. */
  readonly osUser: string;
}

/** What a device finds that asks for a trial. */
export type TrialState =
  | { readonly kind: "no-product" }
  | { readonly kind: "no-policy" }
  | {
      readonly kind: "policy";
      readonly policy: TrialPolicy;
      /** The device's; null = there is none. */
      readonly trial: Trial | null;
      /** It had one, which is deleted. */
      readonly isGone: boolean;
    };

type Row = typeof trialActivations.$inferSelect;
export type TrialRow = Omit<Row, "device" | "osUser">;

const BY_ID = writtenById(trialActivations);
const PRODUCT = written(["id"], ({ id }) => ({
  select: { id: products.id },
  from: products,
  where: sql`${products.id} = ${id}`,
}));
const COLUMNS = {
  ...{ id: trialActivations.id, productId: trialActivations.productId, osUser: trialActivations.osUser },
  ...{ expiresAt: trialActivations.expiresAt, facts: trialActivations.facts },
  ...{ createdAt: trialActivations.createdAt, updatedAt: trialActivations.updatedAt },
} as const;
/** Two at most: that of the OS user, and before it the first of the device, which is the device's own if it has one. */
const OF_DEVICE = written(["productId", "device", "osUser"], ({ productId, device, osUser }) => ({
  select: COLUMNS,
  from: trialActivations,
  where: sql`${trialActivations.productId} = ${productId} AND ${trialActivations.device} = ${device}
    AND ${trialActivations.osUser} IN (${osUser}, (SELECT min(os_user) FROM ${trialActivations} AS any_of WHERE any_of.product_id = ${productId} AND any_of.device = ${device}))`,
  rest: sql`ORDER BY ${trialActivations.osUser}`,
}));
const GONE = written(["productId", "device", "osUser"], ({ productId, device, osUser }) => ({
  select: { osUser: goneTrials.osUser },
  from: goneTrials,
  where: sql`${goneTrials.productId} = ${productId} AND ${goneTrials.device} = ${device}
    AND ${goneTrials.osUser} IN (${osUser}, (SELECT min(os_user) FROM ${goneTrials} AS any_of WHERE any_of.product_id = ${productId} AND any_of.device = ${device}))`,
}));

/** One round trip. Rejects when D1 fails. */
export async function findTrialState(db: D1Database, asked: TrialDevice): Promise<TrialState> {
  const [product, policy, rows, gone] = await askTogether(db, [
    PRODUCT.one({ id: asked.productId }),
    trialPolicyOfProduct(asked.productId),
    OF_DEVICE.all({ ...asked }),
    GONE.all({ ...asked }),
  ]);
  if (policy === null) return { kind: product === null ? "no-product" : "no-policy" };
  const ofCaller = ({ osUser }: { readonly osUser: string }) =>
    !policy.userLocked || osUser === "" || osUser === asked.osUser;
  const candidates = rows.filter(ofCaller);
  const own = candidates.find(({ osUser }) => osUser === asked.osUser) ?? candidates[0];
  return { kind: "policy", policy, trial: own === undefined ? null : trialOf(own), isGone: gone.some(ofCaller) };
}

/**
 * The trial and its event, or neither (EVT-1): false where the device has, or had, one by now, or where the product's
 * policy is no longer as it was read.
 */
export async function insertTrial(
  db: D1Database,
  { policy, device, trial }: { readonly policy: TrialPolicy; readonly device: TrialDevice; readonly trial: Trial },
  event: LeaseholdEvent,
): Promise<boolean> {
  const isThere = sql`EXISTS (SELECT 1 FROM ${trialActivations} WHERE ${eq(trialActivations.id, trial.id)})`;
  const [inserted] = await db.batch([
    prepared(db, insertWhere(trialActivations, rowOf(trial, device), mayBegin(policy, device))),
    insertEvent(db, event, isThere),
  ]);
  return inserted?.meta.changes === 1;
}

/** A policy that comes to lock trials to OS users, or no longer does, gives nobody a second one. */
function mayBegin({ id, updatedAt, userLocked }: TrialPolicy, { productId, device, osUser }: TrialDevice): SQL {
  const isPolicy = sql`EXISTS (SELECT 1 FROM ${products} CROSS JOIN ${trialPolicies} ON ${trialPolicies.id} = ${products.trialPolicyId}
    WHERE ${and(eq(products.id, productId), eq(trialPolicies.id, id), eq(trialPolicies.updatedAt, updatedAt))})`;
  const had = (table: typeof trialActivations | typeof goneTrials) => {
    const isDevice = and(eq(table.productId, productId), eq(table.device, device));
    return sql`NOT EXISTS (SELECT 1 FROM ${table} WHERE ${isDevice} AND ${userLocked ? sql`${table.osUser} IN ('', ${osUser})` : sql`true`})`;
  };
  return sql`${isPolicy} AND ${had(trialActivations)} AND ${had(goneTrials)}`;
}

export function trialById(id: string): Question<Trial | null> {
  return answered(BY_ID.one({ id }), (row) => (row === null ? null : trialOf(row)));
}

export async function findTrial(db: D1Database, id: string): Promise<Trial | null> {
  return await ask(db, trialById(id));
}

export async function listTrials(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Trial>> {
  return mapped(await find(db, trialList, request, wanted, now), trialOf);
}

/** Its end alone moves. */
export async function updateTrial(
  db: D1Database,
  before: Trial,
  { expiresAt, updatedAt }: Trial,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<Written> {
  return await replaceRow(db, { table: trialActivations, before, columns: { expiresAt, updatedAt }, event, kept });
}

/** What its device said goes; that it has had its trial stays. */
export async function deleteTrial(db: D1Database, before: Trial, event: LeaseholdEvent): Promise<Written> {
  return await removeRow(db, {
    table: trialActivations,
    before,
    event,
    along: (allowed) => [
      sql`INSERT OR IGNORE INTO ${goneTrials} (product_id, device, os_user)
        SELECT product_id, device, os_user FROM ${trialActivations} WHERE ${eq(trialActivations.id, before.id)} AND ${allowed}`,
    ],
  });
}

/** DEL-1. */
export function hasTrials(productId: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${trialActivations} WHERE ${eq(trialActivations.productId, productId)})`;
}

/** With the product, whose id nobody gets again. */
export function forgetGoneTrials(productId: string, allowed: SQL): SQL {
  return sql`DELETE FROM ${goneTrials} WHERE ${eq(goneTrials.productId, productId)} AND ${allowed}`;
}

function rowOf(trial: Trial, device: TrialDevice): Row {
  const { id, productId, createdAt, updatedAt, expiresAt, ...shown } = trial;
  return { id, createdAt, updatedAt, expiresAt, ...device, productId, facts: JSON.stringify(shown) };
}

export function trialOf({ id, productId, createdAt, updatedAt, expiresAt, facts }: TrialRow): Trial {
  return { id, productId, createdAt, updatedAt, expiresAt, ...(JSON.parse(facts) as ShownFacts) };
}
