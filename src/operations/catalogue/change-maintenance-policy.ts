/** Creates, changes and deletes maintenance policies. Licenses keep what theirs said when they got it (SNAP-1). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { intervalPeriod, isTooLong, validityPeriod, type Period } from "../../domain/terms/expiry.ts";
import type { MaintenancePolicy } from "../../domain/terms/maintenance.ts";
import {
  deletePolicy,
  findPolicy,
  insertPolicy,
  updatePolicy,
  type MaintenancePolicyRow,
} from "../../registry/rows/maintenance-policies.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export type NewPolicy = Omit<MaintenancePolicyRow, "id" | "createdAt" | "updatedAt">;

export interface PolicyPatch extends Partial<NewPolicy> {
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<MaintenancePolicyRow, "id" | "createdAt">>;
}

export const policyEntityTag = entityTagBy<MaintenancePolicyRow, Omit<PolicyPatch, "fixed">>({
  name: ({ name }) => name,
  validity: ({ validity }) => validity,
  subscriptionInterval: ({ subscriptionInterval }) => subscriptionInterval?.text ?? null,
  expirationStrategy: ({ expirationStrategy }) => expirationStrategy,
  allowMajorVersionUpdates: ({ allowMajorVersionUpdates }) => allowMajorVersionUpdates,
  allowMinorVersionUpdates: ({ allowMinorVersionUpdates }) => allowMinorVersionUpdates,
});

/** What a license copies. */
export function copiedPolicy(row: MaintenancePolicyRow): MaintenancePolicy {
  const { id, expirationStrategy, allowMajorVersionUpdates, allowMinorVersionUpdates } = row;
  return { id, period: periodOf(row), expirationStrategy, allowMajorVersionUpdates, allowMinorVersionUpdates };
}

/** Refuses a period that is none: two, or one of more than 100 years. */
export async function createPolicy(
  { db }: Deployment,
  wanted: NewPolicy,
  caller: Caller,
  now: number,
  keep: Keep<MaintenancePolicyRow> = keepNothing,
): Promise<Outcome<MaintenancePolicyRow>> {
  const refusal = periodRefusal(wanted);
  if (refusal !== null) return no(refusal);
  const policy: MaintenancePolicyRow = { id: uuidv7(), ...wanted, createdAt: now, updatedAt: now };
  const happening = { type: "maintenancePolicy.created", subjectId: policy.id, changes: {}, data: policy } as const;
  await insertPolicy(db, policy, eventOf(happening, caller, now), await keep(policy));
  return yes(policy);
}

/** Null: there is no such policy. Refuses `invalid-member`, and what `changeRow` does. */
export async function changePolicy(
  { db, pause }: Deployment,
  id: string,
  { fixed, ...members }: PolicyPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<MaintenancePolicyRow | null>> {
  return await changeRow<MaintenancePolicyRow, MaintenancePolicyRow>(caller, {
    pause,
    what: "maintenance policy",
    read: () => findPolicy(db, id),
    entityTag: policyEntityTag,
    write: async (before) => {
      const after = { ...before, ...withReplacedPeriod(members), updatedAt: laterThan(before.updatedAt, now) };
      const refusal = fixedRefusal(before, fixed) ?? periodRefusal(after);
      if (refusal !== null) return no(refusal);
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = { type: "maintenancePolicy.updated", subjectId: id, changes, data: after } as const;
      return settled(await updatePolicy(db, before, after, eventOf(updated, caller, now)), after, {});
    },
  });
}

/** Null: there is no such policy. Refuses `in-use`, and what `changeRow` does. */
export async function removePolicy(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<MaintenancePolicyRow, "removed">(caller, {
    pause,
    what: "maintenance policy",
    read: () => findPolicy(db, id),
    entityTag: policyEntityTag,
    write: async (before) => {
      const happening = { type: "maintenancePolicy.deleted", subjectId: id, changes: {}, data: before } as const;
      const removed = await deletePolicy(db, before, eventOf(happening, caller, now));
      return settled(removed, "removed", {
        "in-use": { code: "in-use", by: "licenses or license templates", retryable: false },
      });
    },
  });
}

type Periods = Pick<MaintenancePolicyRow, "validity" | "subscriptionInterval">;

function periodOf({ validity, subscriptionInterval }: Periods): Period | null {
  return subscriptionInterval === null ? validityPeriod(validity) : intervalPeriod(subscriptionInterval);
}

/** Of a policy that has one kind of period and is given the other alone, the new one remains. */
function withReplacedPeriod(members: Partial<NewPolicy>): Partial<NewPolicy> {
  const { validity, subscriptionInterval } = members;
  if (subscriptionInterval === undefined && (validity ?? 0) !== 0) return { ...members, subscriptionInterval: null };
  const isInterval = subscriptionInterval !== undefined && subscriptionInterval !== null;
  return isInterval && validity === undefined ? { ...members, validity: 0 } : members;
}

function periodRefusal(policy: Periods): Refusal | null {
  const isInterval = policy.subscriptionInterval !== null;
  const pointer = isInterval ? "/subscriptionInterval" : "/validity";
  if (isInterval && policy.validity !== 0) {
    return { code: "invalid-member", pointer, detail: "a policy has either a validity or a subscriptionInterval" };
  }
  const period = periodOf(policy);
  if (period === null || !isTooLong(period)) return null;
  return { code: "invalid-member", pointer, detail: "a period is at most 100 years" };
}
