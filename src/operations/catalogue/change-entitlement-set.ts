/** Creates, changes and deletes entitlement sets. Licenses that have one get its changes within 60 s (SNAP-1). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { entitlementsRefusal } from "../../domain/license/entitlements.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { ask } from "../../registry/db/question.ts";
import {
  deleteEntitlementSet,
  findEntitlementSet,
  insertEntitlementSet,
  updateEntitlementSet,
  type EntitlementSet,
} from "../../registry/rows/entitlement-sets.ts";
import { displayNames } from "../../registry/rows/features.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export type NewEntitlementSet = Omit<EntitlementSet, "id" | "createdAt" | "updatedAt">;

export interface EntitlementSetPatch extends Partial<NewEntitlementSet> {
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<EntitlementSet, "id" | "createdAt">>;
}

const REFUSALS = {
  "name-taken": { code: "already-exists", pointer: "/name" },
  "feature-unknown": unknownAt("/featureEntitlements"),
  "in-use": { code: "in-use", by: "licenses or license templates", retryable: false },
} as const satisfies Readonly<Record<string, Refusal>>;

export const entitlementSetEntityTag = entityTagBy<EntitlementSet, Omit<EntitlementSetPatch, "fixed">>({
  name: ({ name }) => name,
  displayName: ({ displayName }) => displayName,
  tier: ({ tier }) => tier,
  featureEntitlements: ({ featureEntitlements }) =>
    featureEntitlements.map(({ featureName, value }) => [featureName, value]),
});

/** Refuses `already-exists` at `/name`, and features that are named twice, or that there are none of. */
export async function createEntitlementSet(
  { db }: Deployment,
  wanted: NewEntitlementSet,
  caller: Caller,
  now: number,
  keep: Keep<EntitlementSet> = keepNothing,
): Promise<Outcome<EntitlementSet>> {
  const refusal = await featuresRefusal(db, wanted);
  if (refusal !== null) return no(refusal);
  const set: EntitlementSet = { id: uuidv7(), ...wanted, createdAt: now, updatedAt: now };
  const happening = { type: "entitlementSet.created", subjectId: set.id, changes: {}, data: set } as const;
  const written = await insertEntitlementSet(db, set, eventOf(happening, caller, now), await keep(set));
  return written === "written" ? yes(set) : no(REFUSALS[written]);
}

/** Null: there is no such set. Refuses what a creation does, `invalid-member`, and what `changeRow` does. */
export async function changeEntitlementSet(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: EntitlementSetPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<EntitlementSet | null>> {
  return await changeRow<EntitlementSet, EntitlementSet>(caller, {
    pause,
    what: "entitlement set",
    read: () => findEntitlementSet(db, id),
    entityTag: entitlementSetEntityTag,
    write: async (before) => {
      const after: EntitlementSet = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      const refusal = fixedRefusal(before, fixed) ?? (await featuresRefusal(db, members));
      if (refusal !== null) return no(refusal);
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const happening = { type: "entitlementSet.updated", subjectId: id, changes, data: after } as const;
      const written = await updateEntitlementSet(db, before, after, eventOf(happening, caller, now));
      return settled(written, after, REFUSALS);
    },
  });
}

/** Null: there is no such set. Refuses `in-use`, and what `changeRow` does. */
export async function removeEntitlementSet(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<EntitlementSet, "removed">(caller, {
    pause,
    what: "entitlement set",
    read: () => findEntitlementSet(db, id),
    entityTag: entitlementSetEntityTag,
    write: async (before) => {
      const happening = { type: "entitlementSet.deleted", subjectId: id, changes: {}, data: before } as const;
      const removed = await deleteEntitlementSet(db, before, eventOf(happening, caller, now));
      return settled(removed, "removed", REFUSALS);
    },
  });
}

/** Which one it is; one that goes between this look and the write is missed by the write. */
async function featuresRefusal(
  db: D1Database,
  { featureEntitlements = [] }: Partial<Pick<EntitlementSet, "featureEntitlements">>,
): Promise<Refusal | null> {
  const twice = entitlementsRefusal(featureEntitlements);
  if (twice !== null || featureEntitlements.length === 0) return twice;
  const names = featureEntitlements.map(({ featureName }) => featureName);
  const known = await ask(db, displayNames(names));
  const stranger = names.findIndex((name) => !known.has(name));
  return stranger === -1 ? null : unknownAt(`/featureEntitlements/${stranger}/featureName`);
}

function unknownAt(pointer: string) {
  return { code: "invalid-member", pointer, detail: "there is no such feature" } as const;
}
