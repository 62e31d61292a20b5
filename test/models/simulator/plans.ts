/** Plans that simulated licenses are put on (TPL-2): what their templates give, and what a license is after them. */

import type { LicensePatch, PlanChange } from "../../../src/domain/license/calls.ts";
import type { TemplateMembers } from "../../../src/domain/license/template.ts";
import type { Random } from "../../support/random.ts";
import type { Span } from "./calendar.ts";
import { intervalText, patched, type Given } from "./given.ts";
import { graceOf, leaseOf, limitOf, periodOf } from "./licenses.ts";
import type { LicenseOracle } from "./oracle.ts";

const POINTER = "/licenseTemplateId";
/** LEASE-1: of a license that becomes floating and never had one. */
const LEASE_OF_TYPE = 3600;

/** Another plan mostly; the one that it is on with another template, or none; and sometimes a member beside it. */
export function planFor(random: Random, { plan: own, given }: LicenseOracle): LicensePatch {
  const beside = random.chance(0.2) ? { allowedActivations: limitOf(random) } : {};
  const kind = random.below(10);
  if (kind === 0) return { ...beside, plan: { id: null, template: null, pointer: POINTER } };
  const id = kind < 3 && own !== null ? own : `plan ${random.below(6)}`;
  return { ...beside, plan: { id, template: templateOf(random, given), pointer: POINTER } };
}

/** One that is refused for nothing but the renewal itself: a limit and a period. */
export function planOfRenewal(random: Random, own: string | null): PlanChange {
  const id = random.chance(0.3) && own !== null ? own : `plan ${random.below(6)}`;
  const period = periodOf(random) ?? { months: 12, seconds: 0 };
  return { id, template: { allowedActivations: limitOf(random), ...periodMembers(period) }, pointer: POINTER };
}

/** Of the license's own kind mostly, so that it may be put on it while devices are live. */
function templateOf(random: Random, given: Given): TemplateMembers {
  const isOther = random.chance(0.5);
  const type = isOther ? random.pick(["node-locked", "hosted-floating"] as const) : given.type;
  const strategy = isOther ? random.pick(["immediate", "delayed", "rolling"] as const) : given.expirationStrategy;
  return {
    ...(random.chance(0.6) ? { type } : {}),
    ...(random.chance(0.6) ? { expirationStrategy: strategy } : {}),
    ...(random.chance(0.6) ? periodMembers(periodOf(random)) : {}),
    ...(random.chance(0.4) ? { allowedActivations: limitOf(random) } : {}),
    ...(random.chance(0.3) ? { leaseDuration: leaseOf(random) } : {}),
    ...(random.chance(0.2) ? { leaseGracePeriod: graceOf(random, given.seatRelease === "after-token") } : {}),
    ...(random.chance(0.2) ? { seatRelease: random.pick(["at-once", "after-token"] as const) } : {}),
    ...(random.chance(0.2) ? { userLocked: !given.userLocked } : {}),
    ...(random.chance(0.2) ? { serverSyncGracePeriod: random.pick([-1, 0, 7200]) } : {}),
  };
}

function periodMembers(period: Span | null): TemplateMembers {
  if (period === null || period.months === 0) return { validity: period?.seconds ?? 0 };
  return { subscriptionInterval: { text: intervalText(period), ...period } };
}

export interface AfterPlan {
  readonly given: Given;
  /** Null: the plan says nothing of a period. */
  readonly period: { readonly of: Span | null; readonly interval: string | null } | null;
}

/** What the license is on this plan; null = it is on it already, or on none from now on. */
export function afterPlan({ plan: own, given }: LicenseOracle, plan: PlanChange | undefined): AfterPlan | null {
  if (plan === undefined || plan.id === own || plan.id === null || plan.template === null) return null;
  const { template } = plan;
  const { type, expirationStrategy, userLocked, validity, subscriptionInterval, ...others } = template;
  const after = patched(given, others as LicensePatch);
  after.type = type ?? given.type;
  after.expirationStrategy = expirationStrategy ?? given.expirationStrategy;
  after.userLocked = userLocked ?? given.userLocked;
  const begins = after.type === "hosted-floating" && given.type !== "hosted-floating";
  const isUntold = template.leaseDuration === undefined || template.leaseDuration === null;
  if (begins && isUntold && given.leaseDuration === 0) after.leaseDuration = LEASE_OF_TYPE;
  if (subscriptionInterval) {
    const { text, months, seconds } = subscriptionInterval;
    return { given: after, period: { of: { months, seconds }, interval: text } };
  }
  if (validity === undefined || validity === null) return { given: after, period: null };
  return { given: after, period: { of: validity === 0 ? null : { months: 0, seconds: validity }, interval: null } };
}
