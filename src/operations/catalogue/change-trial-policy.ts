/** Creates, changes and deletes trial policies. Trials that have begun keep their end (TRIAL-1). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { DEFAULT_TRIAL_SETTINGS, TRIAL_SETTINGS, type TrialSetting } from "../../domain/license/trial.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { eachOf } from "../../domain/terms/settings.ts";
import {
  deleteTrialPolicy,
  findTrialPolicy,
  insertTrialPolicy,
  updateTrialPolicy,
  type TrialPolicy,
} from "../../registry/trials/trial-policies.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

type Members = Omit<TrialPolicy, "id" | "createdAt" | "updatedAt">;

/** What is not given is the default of a license. */
export interface NewTrialPolicy extends Partial<Members> {
  readonly name: string;
  readonly trialLengthSeconds: number;
}

export interface TrialPolicyPatch extends Partial<Members> {
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<TrialPolicy, "id" | "createdAt">>;
}

export const trialPolicyEntityTag = entityTagBy<TrialPolicy, Omit<TrialPolicyPatch, "fixed">>({
  name: ({ name }) => name,
  trialLengthSeconds: ({ trialLengthSeconds }) => trialLengthSeconds,
  ...eachOf<Readonly<Record<TrialSetting, (policy: TrialPolicy) => unknown>>>(
    TRIAL_SETTINGS,
    (name) => (policy) => policy[name],
  ),
});

export async function createTrialPolicy(
  { db }: Deployment,
  wanted: NewTrialPolicy,
  caller: Caller,
  now: number,
  keep: Keep<TrialPolicy> = keepNothing,
): Promise<Outcome<TrialPolicy>> {
  const policy: TrialPolicy = { id: uuidv7(), ...DEFAULT_TRIAL_SETTINGS, ...wanted, createdAt: now, updatedAt: now };
  const happening = { type: "trialPolicy.created", subjectId: policy.id, changes: {}, data: policy } as const;
  await insertTrialPolicy(db, policy, eventOf(happening, caller, now), await keep(policy));
  return yes(policy);
}

/** Null: there is no such policy. Refuses `invalid-member`, and what `changeRow` does. */
export async function changeTrialPolicy(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: TrialPolicyPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<TrialPolicy | null>> {
  return await changeRow<TrialPolicy, TrialPolicy>(caller, {
    pause,
    what: "trial policy",
    read: () => findTrialPolicy(db, id),
    entityTag: trialPolicyEntityTag,
    write: async (before) => {
      const refusal = fixedRefusal(before, fixed);
      if (refusal !== null) return no(refusal);
      const after: TrialPolicy = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = { type: "trialPolicy.updated", subjectId: id, changes, data: after } as const;
      return settled(await updateTrialPolicy(db, before, after, eventOf(updated, caller, now)), after, {});
    },
  });
}

/** Null: there is no such policy. Refuses `in-use`, and what `changeRow` does. */
export async function removeTrialPolicy(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<TrialPolicy, "removed">(caller, {
    pause,
    what: "trial policy",
    read: () => findTrialPolicy(db, id),
    entityTag: trialPolicyEntityTag,
    write: async (before) => {
      const happening = { type: "trialPolicy.deleted", subjectId: id, changes: {}, data: before } as const;
      const removed = await deleteTrialPolicy(db, before, eventOf(happening, caller, now));
      return settled(removed, "removed", { "in-use": { code: "in-use", by: "products", retryable: false } });
    },
  });
}
