/** Creates, changes and deletes license templates. Licenses that were made from one stay as they are (TPL-1). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { templateRefusal, type TemplateMembers } from "../../domain/license/template.ts";
import {
  deleteTemplate,
  findTemplate,
  insertTemplate,
  updateTemplate,
  type LicenseTemplate,
} from "../../registry/rows/license-templates.ts";
import { findEntitlementSet } from "../../registry/rows/entitlement-sets.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { askingAlone } from "../../registry/db/round-trip.ts";
import { policyGiven, UNKNOWN_SET } from "../license/named-policy.ts";
import { changeRow, settled } from "./change-row.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

export type NewTemplate = Pick<LicenseTemplate, "name" | "members">;

export interface TemplatePatch {
  readonly name?: string;
  /** Null takes a member out; absent leaves it. */
  readonly members: TemplateMembers;
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<LicenseTemplate, "id" | "createdAt">>;
}

export const templateEntityTag = entityTagBy<LicenseTemplate, Omit<TemplatePatch, "fixed">>({
  name: ({ name }) => name,
  members: ({ members }) => Object.entries(members).toSorted(([one], [other]) => (one < other ? -1 : 1)),
});

/** Refuses what `domain/template` does: a template that could never make a license. */
export async function createTemplate(
  { db }: Deployment,
  wanted: NewTemplate,
  caller: Caller,
  now: number,
  keep: Keep<LicenseTemplate> = keepNothing,
): Promise<Outcome<LicenseTemplate>> {
  const members = given(wanted.members);
  const refusal = templateRefusal(members, now) ?? (await referenceRefusal(db, members, {}));
  if (refusal !== null) return no(refusal);
  const template: LicenseTemplate = { id: uuidv7(), name: wanted.name, members, createdAt: now, updatedAt: now };
  const happening = { type: "licenseTemplate.created", subjectId: template.id, changes: {}, data: template } as const;
  await insertTemplate(db, template, eventOf(happening, caller, now), await keep(template));
  return yes(template);
}

/**
 * Null: there is no such template. Refuses `invalid-member`, what `domain/template` does, and what `changeRow` does.
 */
export async function changeTemplate(
  { db, pause }: Deployment,
  id: string,
  patch: TemplatePatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<LicenseTemplate | null>> {
  return await changeRow<LicenseTemplate, LicenseTemplate>(caller, {
    pause,
    what: "license template",
    read: () => findTemplate(db, id),
    entityTag: templateEntityTag,
    write: async (before) => {
      const after = patched(before, patch, now);
      const refusal =
        fixedRefusal(before, patch.fixed) ??
        templateRefusal(after.members, now) ??
        (await referenceRefusal(db, after.members, before.members));
      if (refusal !== null) return no(refusal);
      const changes = changesBetween(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = { type: "licenseTemplate.updated", subjectId: id, changes, data: after } as const;
      return settled(await updateTemplate(db, before, after, eventOf(updated, caller, now)), after, {});
    },
  });
}

/** Null: there is no such template. Refuses `in-use`, and what `changeRow` does. */
export async function removeTemplate(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<LicenseTemplate, "removed">(caller, {
    pause,
    what: "license template",
    read: () => findTemplate(db, id),
    entityTag: templateEntityTag,
    write: async (before) => {
      const happening = { type: "licenseTemplate.deleted", subjectId: id, changes: {}, data: before } as const;
      const removed = await deleteTemplate(db, before, eventOf(happening, caller, now));
      return settled(removed, "removed", { "in-use": { code: "in-use", by: "products", retryable: false } });
    },
  });
}

/** One that goes between this look and the write is missed when the template is used. */
async function referenceRefusal(
  db: D1Database,
  after: TemplateMembers,
  before: TemplateMembers,
): Promise<Refusal | null> {
  const { maintenancePolicyId = null, entitlementSetId = null } = after;
  if (maintenancePolicyId !== null && maintenancePolicyId !== before.maintenancePolicyId) {
    const found = await policyGiven(askingAlone(db), after);
    if (!found.ok) return found.refusal;
  }
  if (entitlementSetId === null || entitlementSetId === before.entitlementSetId) return null;
  return (await findEntitlementSet(db, entitlementSetId)) === null ? UNKNOWN_SET : null;
}

function patched(before: LicenseTemplate, patch: TemplatePatch, now: number): LicenseTemplate {
  return {
    ...before,
    name: patch.name ?? before.name,
    members: given({ ...withoutReplacedPeriod(before.members, patch.members), ...patch.members }),
    updatedAt: laterThan(before.updatedAt, now),
  };
}

/** TPL-1: only what it was given; `""` is void, as everywhere. */
function given(members: TemplateMembers): TemplateMembers {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  );
}

/** Of a template that has one kind of period and is given the other, the new one remains. */
function withoutReplacedPeriod(before: TemplateMembers, patch: TemplateMembers): TemplateMembers {
  const { validity, subscriptionInterval, ...others } = before;
  const isReplaced =
    (isPeriod(patch.validity) && patch.subscriptionInterval === undefined) ||
    (isPeriod(patch.subscriptionInterval) && patch.validity === undefined);
  return isReplaced ? others : { ...others, validity, subscriptionInterval };
}

function isPeriod(named: TemplateMembers["validity"] | TemplateMembers["subscriptionInterval"]): boolean {
  return typeof named === "object" && named !== null ? named.text !== null : (named ?? 0) !== 0;
}

/** Member by member, so that an event tells which: null where the template has none. */
function changesBetween(before: LicenseTemplate, after: LicenseTemplate) {
  const names = [...new Set([...Object.keys(before.members), ...Object.keys(after.members)])];
  const flat = ({ name, members }: LicenseTemplate) => ({
    name,
    ...Object.fromEntries(names.map((member) => [member, Reflect.get(members, member) ?? null])),
  });
  return changesOf(flat(before), flat(after));
}
