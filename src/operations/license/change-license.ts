/**
 * Changes of a license after its creation: patch, renew, delete. All of them are the object's (ID-5), which takes the
 * license over from D1 if need be; nothing here writes.
 */

import type {
  Caller,
  Changed,
  ConditionalCall,
  ExpiresAtCall,
  ExtendCall,
  LicensePatch,
  MaintainCall,
  PlanChange,
  Reached,
  RenewCall,
} from "../../domain/license/calls.ts";
import type { ResetCall } from "../../domain/commands/count-uses.ts";
import { holds } from "../../domain/commands/if-match.ts";
import { locatorOf } from "../../domain/terms/identifier.ts";
import type { LicenseView } from "../../domain/terms/license.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { completeView } from "../../domain/terms/stored-terms.ts";
import { objectOf } from "../../license/stub.ts";
import { askingAlone, inOneTrip, type Asking } from "../../registry/db/round-trip.ts";
import { templateById } from "../../registry/rows/license-templates.ts";
import { findByLocatorOf, findByMetadataItem } from "../../registry/rows/licenses.ts";
import { unknownProducts } from "../../registry/rows/products.ts";
import { userById } from "../../registry/rows/users.ts";
import { UNKNOWN_USER, type NamedTemplate } from "./plan-license.ts";
import type { Deployment } from "../deployment.ts";
import { licenseEntityTag } from "../entity-tag.ts";
import { namedTags } from "../named-tags.ts";
import { policyGiven, policyNamed } from "./named-policy.ts";
import { readLicense } from "./read-license.ts";

type LicenseObject = ReturnType<Deployment["licenses"]["at"]>;

export interface WantedChange extends Omit<LicensePatch, "tags" | "plan" | "maintenance"> {
  /** Null = none. */
  readonly maintenancePolicyId?: string | null;
  /** TPL-2: the plan that the license is put on. */
  readonly template?: NamedTemplate;
  /** Whom the license is for from now on; null = nobody in particular. */
  readonly userId?: string | null;
  /** Of tags that there are. */
  readonly tagNames?: readonly string[];
}

/**
 * Refusals: `precondition-failed`, those of `domain/patch`, an unknown user or tag, `already-exists` at `/key`,
 * `license-unknown`, and the machinery's.
 */
export async function patchLicense(
  deployment: Deployment,
  id: string,
  wanted: WantedChange,
  caller: ConditionalCall,
): Promise<Outcome<LicenseView>> {
  const patch = await inOneTrip(deployment.db, (asked) => patchOf(asked, wanted));
  if (!patch.ok) return no((await refusedBefore(deployment, id, caller)) ?? patch.refusal);
  const call = { ...caller, patch: patch.value };
  return license(await ask(deployment, id, (object) => object.patch(id, call)));
}

/** What only D1 knows, looked up in one round trip. Refuses an unknown user, tag or product: `invalid-member`. */
async function patchOf(
  asked: Asking,
  { userId, tagNames, template, maintenancePolicyId, ...members }: WantedChange,
): Promise<Outcome<LicensePatch>> {
  const products = members.licensedProductIds ?? [];
  const [named, plan, policy, tags, [unknown]] = await Promise.all([
    userNamed(asked, userId),
    template === undefined ? null : planOf(asked, template),
    policyNamed(asked, maintenancePolicyId ?? null),
    tagNames === undefined ? null : namedTags(asked, tagNames),
    products.length === 0 ? [] : asked(unknownProducts(products)),
  ]);
  if (!named.ok) return named;
  if (tags !== null && !tags.ok) return tags;
  if (!policy.ok) return policy;
  if (unknown !== undefined) {
    const pointer = `/licensedProductIds/${products.indexOf(unknown)}`;
    return no({ code: "invalid-member", pointer, detail: "there is no such product" });
  }
  const planned = plan === null ? {} : { plan };
  const maintained = maintenancePolicyId === undefined ? {} : { maintenance: policy.value };
  return yes({ ...members, ...named.value, ...planned, ...maintained, ...(tags === null ? {} : { tags: tags.value }) });
}

/**
 * MGMT-3: a license that is not there, or not as it was, is told of before what is wrong with its change. Nothing is
 * written.
 */
async function refusedBefore(
  deployment: Deployment,
  id: string,
  { ifMatch }: ConditionalCall,
): Promise<Refusal | null> {
  if (ifMatch === undefined) return null;
  const found = await readLicense(deployment, id);
  if (!found.ok) return found.refusal;
  return holds(ifMatch, await licenseEntityTag(found.value.license)) ? null : { code: "precondition-failed" };
}

/**
 * Takes one metadata item, by its id, off whichever license has it. Refusals: `license-unknown` where none has, and the
 * machinery's.
 */
export async function deleteMetadataItem(
  deployment: Deployment,
  itemId: string,
  caller: Caller,
): Promise<Outcome<null>> {
  const licenseId = await findByMetadataItem(deployment.db, itemId);
  if (licenseId === null) return no({ code: "license-unknown" });
  const patched = await patchLicense(deployment, licenseId, { dropsMetadata: itemId }, caller);
  return patched.ok ? yes(null) : patched;
}

/** METER-1. Refusals: `license-unknown` where no license has it, and the machinery's. */
export async function deleteMeter(deployment: Deployment, meterId: string, caller: Caller): Promise<Outcome<null>> {
  const licenseId = await licenseOfMeter(deployment, meterId);
  if (licenseId === null) return no({ code: "license-unknown" });
  const patched = await patchLicense(deployment, licenseId, { dropsMeter: meterId }, caller);
  return patched.ok ? yes(null) : patched;
}

/** METER-1. Refusals: those of `domain/count-uses.resetUses`, and the machinery's. */
export async function resetMeter(deployment: Deployment, call: ResetCall): Promise<Outcome<LicenseView>> {
  const licenseId = await licenseOfMeter(deployment, call.meterId);
  if (licenseId === null) return no({ code: "license-unknown" });
  return license(await ask(deployment, licenseId, (object) => object.resetMeter(licenseId, call)));
}

/** Its id has the locator of its license (ID-2). */
async function licenseOfMeter({ db }: Deployment, meterId: string): Promise<string | null> {
  return locatorOf(meterId) === null ? null : await findByLocatorOf(db, meterId);
}

/** The user's e-mail as it is now. The object reads it again with its reservation (REF-1). */
async function userNamed(
  asked: Asking,
  userId: string | null | undefined,
): Promise<Outcome<Pick<LicensePatch, "user">>> {
  if (userId === undefined) return yes({});
  if (userId === null) return yes({ user: null });
  const user = await asked(userById(userId));
  return user === null ? no(UNKNOWN_USER) : yes({ user: { id: user.id, email: user.email, revision: user.revision } });
}

/** TPL-2: a copy (SNAP-1). The object says no to a template that is gone, unless the license is on it already. */
async function planOf(asked: Asking, { id, pointer }: NamedTemplate): Promise<PlanChange> {
  if (id === "") return { id: null, template: null, pointer };
  const template = (await asked(templateById(id)))?.members ?? null;
  if (template === null) return { id, template, pointer };
  const { entitlementSetId = null, maintenancePolicyId = null } = template;
  // Whether there is such a set, the object finds with its reservation (REF-1).
  const plan = { id, template, pointer, ...(entitlementSetId === null ? {} : { entitlementSetId }) };
  if (maintenancePolicyId === null) return plan;
  const policy = await policyGiven(asked, template);
  return { ...plan, maintenance: policy.ok ? policy.value : null };
}

/**
 * EXP-4 to EXP-7, EXP-11; `template` null = the plan stays. Refusals: those of `domain/renewal` and of a plan,
 * `license-unknown`, and the machinery's.
 */
export async function renewLicense(
  deployment: Deployment,
  id: string,
  call: RenewCall,
  template: NamedTemplate | null = null,
): Promise<Outcome<LicenseView>> {
  const planned = template === null ? call : { ...call, plan: await planOf(askingAlone(deployment.db), template) };
  return license(await ask(deployment, id, (object) => object.renewLicense(id, planned)));
}

/** EXP-8, EXP-11. Refusals: those of `domain/renewal.extend`, `license-unknown`, and the machinery's. */
export async function extendLicense(
  deployment: Deployment,
  id: string,
  call: ExtendCall,
): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.extendLicense(id, call)));
}

/** MAINT-2. Refusals: those of `applyMaintenance`, `license-unknown`, and the machinery's. */
export async function maintainLicense(
  deployment: Deployment,
  id: string,
  call: MaintainCall,
): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.maintain(id, call)));
}

/**
 * EXP-8. Refusals: `precondition-failed`, those of `domain/renewal.setExpiresAt`, `license-unknown`, and the
 * machinery's.
 */
export async function setExpiresAt(
  deployment: Deployment,
  id: string,
  call: ExpiresAtCall,
): Promise<Outcome<LicenseView>> {
  return license(await ask(deployment, id, (object) => object.setExpiresAt(id, call)));
}

/** DEL-1. Refusals: `precondition-failed`, `license-unknown`, and the machinery's. */
export async function deleteLicense(deployment: Deployment, id: string, call: ConditionalCall): Promise<Outcome<null>> {
  return await ask(deployment, id, (object) => object.deleteLicense(id, call));
}

async function ask<T>(
  deployment: Deployment,
  id: string,
  call: (object: LicenseObject) => Promise<Reached<T>>,
): Promise<Outcome<T>> {
  const object = objectOf(deployment, id);
  if (object === null) return no({ code: "license-unknown" });
  const answer = await call(object);
  // Neither object nor D1 has such a license, or the object holds the one whose locator is the same.
  return answer.reached === "license" ? answer.outcome : no({ code: "license-unknown" });
}

function license(outcome: Outcome<Changed>): Outcome<LicenseView> {
  return outcome.ok ? yes(completeView(outcome.value.license)) : outcome;
}
