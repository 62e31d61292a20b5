/** The maintenance policy that a license is asked for with, as it is copied (SNAP-1). */

import type { TemplateMembers } from "../../domain/license/template.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { MaintenancePolicy } from "../../domain/terms/maintenance.ts";
import type { Asking } from "../../registry/db/round-trip.ts";
import { policyById } from "../../registry/rows/maintenance-policies.ts";
import { copiedPolicy } from "../catalogue/change-maintenance-policy.ts";

export const UNKNOWN_POLICY = {
  code: "invalid-member",
  pointer: "/maintenancePolicyId",
  detail: "there is no such maintenance policy",
} as const;

export const UNKNOWN_SET = {
  code: "invalid-member",
  pointer: "/entitlementSetId",
  detail: "there is no such entitlement set",
} as const;

/** Null = none is named. Refuses one that there is none of. */
export async function policyNamed(asked: Asking, id: string | null): Promise<Outcome<MaintenancePolicy | null>> {
  if (id === null) return yes(null);
  const found = await asked(policyById(id));
  return found === null ? no(UNKNOWN_POLICY) : yes(copiedPolicy(found));
}

/** The template's; asked for where a template names one, and only then. */
export async function policyGiven(
  asked: Asking,
  template: TemplateMembers,
): Promise<Outcome<MaintenancePolicy | null>> {
  return await policyNamed(asked, template.maintenancePolicyId ?? null);
}
