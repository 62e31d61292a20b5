/** Features in D1. Entitlement sets name them, and keep a name that they give from going (DEL-1). */

import { and, eq, ne, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { featureList } from "./catalogue-fields.ts";
import { find, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { addRow, removeRow, replaceRow, type Guard, type Written } from "./optimistic-write.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { entitlementSets, features } from "../db/schema-catalogue.ts";

/** Of one deployment. */
export const MOST_FEATURES = 200;

/** Instants in epoch ms. */
export interface Feature {
  readonly id: string;
  /** What apps ask for; unique, and the case counts. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

const BY_ID = writtenById(features);
const OF_NAMES = written(["names"], ({ names }) => ({
  select: { name: features.name, displayName: features.displayName },
  from: features,
  where: sql`${features.name} IN (SELECT value FROM json_each(${names}))`,
}));

export function featureById(id: string): Question<Feature | null> {
  return BY_ID.one({ id });
}

export async function findFeature(db: D1Database, id: string): Promise<Feature | null> {
  return await ask(db, featureById(id));
}

/** Of those of `names` that there are, by name, what people call them. At most what a JSON parameter holds. */
export function displayNames(names: readonly string[]): Question<ReadonlyMap<string, string>> {
  return answered(
    OF_NAMES.all({ names: JSON.stringify(names) }),
    (found) => new Map(found.map(({ name, displayName }) => [name, displayName])),
  );
}

export async function listFeatures(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Feature>> {
  return await find(db, featureList, request, wanted, now);
}

/** `name-taken`: by another feature. `too-many`: there are as many as there may be. */
export async function insertFeature(
  db: D1Database,
  feature: Feature,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<"written" | "name-taken" | "too-many"> {
  const isRoom = sql`(SELECT count(*) FROM ${features}) < ${MOST_FEATURES}`;
  const guards = [isFree(feature), { holds: isRoom, otherwise: "too-many" }] as const;
  return await addRow(db, { table: features, row: feature, event, guards, ...(kept && { kept }) });
}

/** `name-taken`: by another feature. `in-use`: it is to have another name, and a set gives it by this one. */
export async function updateFeature(
  db: D1Database,
  before: Feature,
  after: Feature,
  event: LeaseholdEvent,
): Promise<Written<"name-taken" | "in-use">> {
  const { id: _, ...columns } = after;
  const guards = [isFree(after), ...(after.name === before.name ? [] : [isUnused(before)])];
  return await replaceRow(db, { table: features, before, columns, event, guards });
}

/** `in-use`: an entitlement set gives it. */
export async function deleteFeature(
  db: D1Database,
  before: Feature,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  return await removeRow(db, { table: features, before, event, guards: [isUnused(before)] });
}

/** REF-1: for the statement by which a set begins to give these. */
export function featuresExist(names: readonly string[]): SQL {
  const listed = sql`(SELECT value FROM json_each(${JSON.stringify(names)}))`;
  return sql`(SELECT count(*) FROM ${features} WHERE ${features.name} IN ${listed}) = ${names.length}`;
}

function isFree({ id, name }: Feature): Guard<"name-taken"> {
  const another = sql`EXISTS (SELECT 1 FROM ${features} WHERE ${and(eq(features.name, name), ne(features.id, id))})`;
  return { holds: sql`NOT ${another}`, otherwise: "name-taken" };
}

function isUnused({ name }: Feature): Guard<"in-use"> {
  const given = sql`EXISTS (SELECT 1 FROM ${entitlementSets}, json_each(${entitlementSets.featureEntitlements}) AS given
    WHERE given.value ->> '$.featureName' = ${name})`;
  return { holds: sql`NOT ${given}`, otherwise: "in-use" };
}
