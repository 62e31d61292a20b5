/**
 * Another plan for a license that there is: the members that a template gives, as if a PATCH had named them (TPL-2).
 * What no PATCH changes (type, strategy, validity, the lock to a user) changes here alone.
 */

import type { LicensePatch, PlanChange } from "./calls.ts";
import { endOfNew } from "./creation.ts";
import { intervalPeriod, isRepresentable, validityPeriod } from "../terms/expiry.ts";
import { no, yes, type Outcome } from "../outcome.ts";
import type { Refusal } from "../refusal.ts";
import type { TemplateMembers } from "./template.ts";
import type { Terms } from "../terms/license.ts";
import {
  PATCHED_SETTINGS,
  SETTINGS,
  TEMPLATE_SETTINGS,
  type PatchedSetting,
  type Settings,
  type TemplateSetting,
} from "../terms/settings.ts";

export interface Planned {
  /** Under the plan, but for what `patch` says. */
  readonly terms: Terms;
  /** What the body names, and what else the template gives of what a PATCH may name. */
  readonly patch: LicensePatch;
}

/** The plan that the license is on changes nothing. Refuses a template that there is none of: `invalid-member`. */
export function withPlan(terms: Terms, patch: LicensePatch): Outcome<Planned> {
  const { plan } = patch;
  if (plan === undefined || plan.id === terms.licenseTemplateId) return yes({ terms, patch });
  const named = { ...terms, licenseTemplateId: plan.id };
  if (plan.id === null) return yes({ terms: named, patch });
  const { template } = plan;
  if (template === null) {
    return no({ code: "invalid-member", pointer: plan.pointer, detail: "there is no such license template" });
  }
  if (plan.maintenance === null) {
    return no({ code: "invalid-member", pointer: plan.pointer, detail: "its maintenance policy is gone" });
  }
  if (plan.entitlementSetId === null) {
    return no({ code: "invalid-member", pointer: plan.pointer, detail: "its entitlement set is gone" });
  }
  const maintenance = plan.maintenance === undefined ? {} : { maintenance: plan.maintenance };
  const set = plan.entitlementSetId === undefined ? {} : { entitlementSetId: plan.entitlementSetId };
  const settings = { ...fixedSettings(terms, template), ...defaultLease(terms, template) };
  return yes({
    terms: {
      ...named,
      ...settings,
      ...(patch.subscriptionInterval === undefined ? givenPeriod(template) : null),
      requiredMetadataKeys: template.requiredMetadataKeys ?? terms.requiredMetadataKeys,
    },
    patch: { ...givenSettings(template), ...maintenance, ...set, ...patch },
  });
}

/**
 * The terms after the plan and the rest of the patch, at `now` (epoch ms): with another strategy the license begins
 * anew, like one that is created now. What devices remember of their ends is forgotten with it: the caller's.
 */
export function begunAnew(before: Terms, after: Terms, now: number): Terms {
  if (before.expirationStrategy === after.expirationStrategy) return after;
  return {
    ...after,
    end: endOfNew(after.expirationStrategy, after.period, now),
    activatedAt: null,
    pending: [],
    pendingRenewals: 0,
    pendingExtensionSeconds: 0,
  };
}

/** `live`: activations that are live by the clock. Refuses what only an unused license may change, and bad terms. */
export function planRefusal(before: Terms, after: Terms, live: number): Refusal | null {
  const changed = FIXED.find((name) => name !== "validity" && before[name] !== after[name]);
  if (changed !== undefined && live > 0) return { code: "activations-live", pointer: `/${changed}`, live };
  if (after.expirationStrategy === "rolling" && after.type !== "node-locked") {
    return { code: "invalid-member", pointer: "/expirationStrategy", detail: "rolling needs the type node-locked" };
  }
  if (after.end === null || isRepresentable(after.end) || before.end === after.end) return null;
  return { code: "invalid-member", pointer: "/validity", detail: "the license would end after the year 9999" };
}

/** A refusal of a member that the body does not name is about the plan that it names. */
export function pointedAt(refusal: Refusal, plan: PlanChange, patch: LicensePatch): Refusal {
  if (refusal.code !== "invalid-member" && refusal.code !== "activations-live") return refusal;
  const [, member = ""] = refusal.pointer.split("/");
  if (Object.hasOwn(patch, member) || refusal.pointer === plan.pointer) return refusal;
  if (refusal.code === "activations-live") return { ...refusal, pointer: plan.pointer };
  return { ...refusal, pointer: plan.pointer, detail: `${member} ${refusal.detail}` };
}

/** What a template may give and no PATCH names. */
type Fixed = Exclude<TemplateSetting, PatchedSetting>;
const FIXED = TEMPLATE_SETTINGS.filter((name): name is Fixed => !SETTINGS[name].patch);

/** The period is apart. */
function fixedSettings(terms: Terms, template: TemplateMembers): Pick<Terms, Exclude<Fixed, "validity">> {
  return {
    type: template.type ?? terms.type,
    expirationStrategy: template.expirationStrategy ?? terms.expirationStrategy,
    userLocked: template.userLocked ?? terms.userLocked,
  };
}

function givenSettings(template: TemplateMembers): Partial<Pick<Settings, PatchedSetting>> {
  const given = PATCHED_SETTINGS.flatMap((name): [string, unknown][] => {
    const value: unknown = Reflect.get(template, name);
    return value === undefined || value === null ? [] : [[name, value]];
  });
  return Object.fromEntries(given) as Partial<Pick<Settings, PatchedSetting>>;
}

/** A lease that the license never used and the template does not name is the new type's own, as at a creation. */
function defaultLease(terms: Terms, template: TemplateMembers): Partial<Pick<Terms, "leaseDuration">> {
  const begins = template.type === "hosted-floating" && terms.type !== "hosted-floating";
  const { default: unused, floatingDefault } = SETTINGS.leaseDuration;
  return begins && terms.leaseDuration === unused ? { leaseDuration: floatingDefault } : {};
}

/** Null: the template says nothing of a period. A void one is perpetual. */
function givenPeriod({
  validity = null,
  subscriptionInterval = null,
}: TemplateMembers): Pick<Terms, "period" | "subscriptionInterval" | "validity"> | null {
  if (validity === null && subscriptionInterval === null) return null;
  const byInterval = subscriptionInterval === null ? null : intervalPeriod(subscriptionInterval);
  if (byInterval !== null) {
    return { period: byInterval, subscriptionInterval: subscriptionInterval?.text ?? null, validity: 0 };
  }
  return { period: validityPeriod(validity ?? 0), subscriptionInterval: null, validity: validity ?? 0 };
}
