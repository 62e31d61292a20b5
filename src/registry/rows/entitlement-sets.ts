/** Entitlement sets in D1. What a set gives is read live (SNAP-1), and a license keeps its set from going (DEL-1). */

import { and, eq, ne, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { FeatureEntitlement, SetEntitlement } from "../../domain/terms/license.ts";
import { entitlementSetList } from "./catalogue-fields.ts";
import { featuresExist } from "./features.ts";
import { find, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { addRow, removeRow, replaceRow, type Guard, type Written } from "./optimistic-write.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { licenseReferences, licenses } from "../db/schema.ts";
import { entitlementSets, features, licenseTemplates } from "../db/schema-catalogue.ts";

/** Instants in epoch ms. */
export interface EntitlementSet {
  readonly id: string;
  /** Unique; the case counts. */
  readonly name: string;
  readonly displayName: string;
  /** Which of several sets is the larger one: the vendor's own order. */
  readonly tier: number;
  readonly featureEntitlements: readonly SetEntitlement[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What a set gives, and what people call it; null = the feature has no name but its own. */
export interface GivenFeature extends SetEntitlement {
  readonly featureDisplayName: string | null;
}

const BY_ID = writtenById(entitlementSets);

export function entitlementSetById(id: string): Question<EntitlementSet | null> {
  return BY_ID.one({ id });
}

export async function findEntitlementSet(db: D1Database, id: string): Promise<EntitlementSet | null> {
  return await ask(db, entitlementSetById(id));
}

/** Of a row of `entitlement_sets`: JSON of what it gives. The value as JSON: SQL has no booleans of its own. */
export const GIVEN_BY_SET = sql<string>`(SELECT json_group_array(json_array(given.value ->> '$.featureName',
    ${features.displayName}, json(given.value -> '$.value')))
  FROM json_each(${entitlementSets.featureEntitlements}) AS given
  LEFT JOIN ${features} ON ${features.name} = given.value ->> '$.featureName')`;

export function givenIn(json: string): readonly GivenFeature[] {
  const given = JSON.parse(json) as readonly [string, string | null, FeatureEntitlement["value"]][];
  return given.map(([featureName, featureDisplayName, value]) => ({ featureName, featureDisplayName, value }));
}

const GIVEN_BY_ID = written(["id"], ({ id }) => ({
  select: { id: entitlementSets.id, given: GIVEN_BY_SET },
  from: entitlementSets,
  where: sql`${entitlementSets.id} = ${id}`,
}));

/** Null: there is no such set. */
export function givenBy(id: string): Question<readonly GivenFeature[] | null> {
  return answered(GIVEN_BY_ID.one({ id }), (row) => (row === null ? null : givenIn(row.given)));
}

export async function listEntitlementSets(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<EntitlementSet>> {
  return await find(db, entitlementSetList, request, wanted, now);
}

/** `name-taken`: by another set. `feature-unknown`: one that it gives is not there. */
export async function insertEntitlementSet(
  db: D1Database,
  set: EntitlementSet,
  event: LeaseholdEvent,
  kept?: Kept,
): Promise<"written" | "name-taken" | "feature-unknown"> {
  const guards = [isFree(set), areThere(set)];
  return await addRow(db, { table: entitlementSets, row: set, event, guards, ...(kept && { kept }) });
}

/** The same. */
export async function updateEntitlementSet(
  db: D1Database,
  before: EntitlementSet,
  after: EntitlementSet,
  event: LeaseholdEvent,
): Promise<Written<"name-taken" | "feature-unknown">> {
  const { id: _, ...columns } = after;
  const guards = [isFree(after), areThere(after)];
  return await replaceRow(db, { table: entitlementSets, before, columns, event, guards });
}

/** `in-use`: a license refers to it, or is about to (REF-1), or a template gives it. */
export async function deleteEntitlementSet(
  db: D1Database,
  before: EntitlementSet,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  const { id } = before;
  const holds = sql`NOT (EXISTS (SELECT 1 FROM ${licenses} WHERE ${eq(licenses.entitlementSetId, id)})
    OR EXISTS (SELECT 1 FROM ${licenseReferences} WHERE ${eq(licenseReferences.targetId, id)})
    OR EXISTS (SELECT 1 FROM ${licenseTemplates} WHERE ${licenseTemplates.members} ->> '$.entitlementSetId' = ${id}))`;
  return await removeRow(db, { table: entitlementSets, before, event, guards: [{ holds, otherwise: "in-use" }] });
}

/** REF-1: for the statement that begins to refer to it. */
export function entitlementSetExists(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${entitlementSets} WHERE ${eq(entitlementSets.id, id)})`;
}

function isFree({ id, name }: EntitlementSet): Guard<"name-taken"> {
  const another = sql`EXISTS (SELECT 1 FROM ${entitlementSets}
    WHERE ${and(eq(entitlementSets.name, name), ne(entitlementSets.id, id))})`;
  return { holds: sql`NOT ${another}`, otherwise: "name-taken" };
}

function areThere({ featureEntitlements }: EntitlementSet): Guard<"feature-unknown"> {
  return {
    holds: featuresExist(featureEntitlements.map(({ featureName }) => featureName)),
    otherwise: "feature-unknown",
  };
}
