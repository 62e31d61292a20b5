/** Creates, changes and deletes features. Apps ask by the name, so that one that a set gives keeps it (FEAT-2). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import {
  deleteFeature,
  findFeature,
  insertFeature,
  MOST_FEATURES,
  updateFeature,
  type Feature,
} from "../../registry/rows/features.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export type NewFeature = Pick<Feature, "name" | "displayName" | "description">;

export interface FeaturePatch extends Partial<NewFeature> {
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<Feature, "id" | "createdAt">>;
}

const REFUSALS = {
  "name-taken": { code: "already-exists", pointer: "/name" },
  "in-use": { code: "in-use", by: "entitlement sets", retryable: false },
  "too-many": { code: "invalid-member", pointer: "", detail: `there are ${MOST_FEATURES} features already` },
} as const satisfies Readonly<Record<string, Refusal>>;

export const featureEntityTag = entityTagBy<Feature, Omit<FeaturePatch, "fixed">>({
  name: ({ name }) => name,
  displayName: ({ displayName }) => displayName,
  description: ({ description }) => description,
});

/** Refuses `already-exists` at `/name`, and `invalid-member` where there are too many. */
export async function createFeature(
  { db }: Deployment,
  wanted: NewFeature,
  caller: Caller,
  now: number,
  keep: Keep<Feature> = keepNothing,
): Promise<Outcome<Feature>> {
  const feature: Feature = { id: uuidv7(), ...wanted, createdAt: now, updatedAt: now };
  const happening = { type: "feature.created", subjectId: feature.id, changes: {}, data: feature } as const;
  const written = await insertFeature(db, feature, eventOf(happening, caller, now), await keep(feature));
  return written === "written" ? yes(feature) : no(REFUSALS[written]);
}

/**
 * Null: there is no such feature. Refuses `invalid-member`, `already-exists` at `/name`, `in-use` for another name, and
 * what `changeRow` does.
 */
export async function changeFeature(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: FeaturePatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<Feature | null>> {
  return await changeRow<Feature, Feature>(caller, {
    pause,
    what: "feature",
    read: () => findFeature(db, id),
    entityTag: featureEntityTag,
    write: async (before) => {
      const refusal = fixedRefusal(before, fixed);
      if (refusal !== null) return no(refusal);
      const after: Feature = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = eventOf({ type: "feature.updated", subjectId: id, changes, data: after }, caller, now);
      return settled(await updateFeature(db, before, after, updated), after, REFUSALS);
    },
  });
}

/** Null: there is no such feature. Refuses `in-use`, and what `changeRow` does. */
export async function removeFeature(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<Feature, "removed">(caller, {
    pause,
    what: "feature",
    read: () => findFeature(db, id),
    entityTag: featureEntityTag,
    write: async (before) => {
      const deleted = eventOf({ type: "feature.deleted", subjectId: id, changes: {}, data: before }, caller, now);
      return settled(await deleteFeature(db, before, deleted), "removed", REFUSALS);
    },
  });
}
