/** From /v3's words about a license to the domain's: instants, periods, and what may only be named (IN-1, IN-2). */

import type * as z from "zod/mini";
import type { ReadOnlyMember } from "../../../domain/license/calls.ts";
import type { TakenNotBuilt } from "../../../domain/terms/not-built.ts";
import {
  eachOf,
  PATCHED_SETTINGS,
  SETTINGS,
  type PatchedSetting,
  type Settings,
} from "../../../domain/terms/settings.ts";
import type { WantedChange } from "../../../operations/license/change-license.ts";
import type { NamedTemplate, WantedLicense } from "../../../operations/license/plan-license.ts";
import { intervalOrPerpetual } from "./interval.ts";
import type { licenseCreation, licensePatch, licenseRenewal } from "./license-bodies.ts";
import { sent } from "../resource/members.ts";
import { inOneWord } from "./setting-lists.ts";

export type LicenseCreation = z.output<typeof licenseCreation>;
export type LicenseChange = z.output<typeof licensePatch>;

export function wantedLicense(body: LicenseCreation): WantedLicense {
  const { subscriptionStartTrigger, effectiveDate, key, metadata, tags, userId, ...rest } = body;
  const { licenseTemplateId, licensePolicyId, ...members } = inOneWord(rest);
  return {
    ...members,
    userId: userId ?? null,
    template: templateNamed({ licenseTemplateId, licensePolicyId }),
    key: key ?? null,
    metadata: metadata ?? [],
    tagNames: tags ?? [],
    effectiveAt: effectiveDate,
    expirationStrategy: members.expirationStrategy ?? subscriptionStartTrigger,
  };
}

interface Named {
  readonly licenseTemplateId?: string | null | undefined;
  readonly licensePolicyId?: string | null | undefined;
}

/** Null: none is named. */
function templateNamed({ licenseTemplateId, licensePolicyId }: Named): NamedTemplate | null {
  if (typeof licenseTemplateId === "string") return { id: licenseTemplateId, pointer: "/licenseTemplateId" };
  return typeof licensePolicyId === "string" ? { id: licensePolicyId, pointer: "/licensePolicyId" } : null;
}

/** TPL-2: in a PATCH null clears, as `""` does. */
function templateCleared({ licenseTemplateId, licensePolicyId }: Named): NamedTemplate | null {
  if (licenseTemplateId === null) return { id: "", pointer: "/licenseTemplateId" };
  return licensePolicyId === null ? { id: "", pointer: "/licensePolicyId" } : null;
}

export function licenseChange(body: LicenseChange): WantedChange {
  const { key, licensedProductIds, metadata, featureEntitlements, meterAttributes, tags: tagNames } = body;
  const { effectiveDate, subscriptionInterval, userId, maintenancePolicyId, entitlementSetId } = body;
  const template = templateNamed(body) ?? templateCleared(body);
  return {
    ...settingsSent(inOneWord(body)),
    ...sent({ key, licensedProductIds, metadata, featureEntitlements, meterAttributes, tagNames }),
    ...(effectiveDate === undefined ? {} : { effectiveAt: effectiveDate }),
    ...(userId === undefined ? {} : { userId }),
    ...(maintenancePolicyId === undefined ? {} : { maintenancePolicyId }),
    ...(entitlementSetId === undefined ? {} : { entitlementSetId }),
    ...(subscriptionInterval === undefined ? {} : { subscriptionInterval: intervalOrPerpetual(subscriptionInterval) }),
    ...(template === null ? {} : { template }),
    readOnly: named(body),
  };
}

/** `null` clears what is null by default, and says nothing of the rest. */
function settingsSent(body: Omit<LicenseChange, "allowedIpRange">): Partial<Pick<Settings, PatchedSetting>> {
  const isSent = (name: PatchedSetting) =>
    SETTINGS[name].default === null ? body[name] !== undefined : isGiven(body[name]);
  return eachOf<Partial<Pick<Settings, PatchedSetting>>>(PATCHED_SETTINGS.filter(isSent), (name) =>
    Reflect.get(body, name),
  );
}

/** EXP-4, EXP-11: how a renewal or extension is asked for. */
export function lengthening({ from, renewalReference }: Lengthening) {
  return { from: from ?? "expiry", renewalReference: renewalReference ?? null } as const;
}

type Lengthening = Pick<z.output<typeof licenseRenewal>, "from" | "renewalReference">;

/** EXP-4: the plan that a renewal names; null = none. */
export function planNamed(body: z.output<typeof licenseRenewal>): NamedTemplate | null {
  return templateNamed(body);
}

type Changed =
  | (PatchedSetting | "key" | "licensedProductIds" | "metadata" | "featureEntitlements" | "meterAttributes")
  | ("tags" | "effectiveDate" | "userId" | "maintenancePolicyId" | "entitlementSetId");
type Otherwise = TakenNotBuilt | "allowedIpRange" | "subscriptionInterval" | "licenseTemplateId" | "licensePolicyId";

/** IN-2: members that a PATCH may name, and what they are in the domain: all that it does not change. */
const READ_ONLY = {
  id: "id",
  type: "type",
  productId: "productId",
  expirationStrategy: "expirationStrategy",
  subscriptionStartTrigger: "expirationStrategy",
  validity: "validity",
  userLocked: "userLocked",
  createdAt: "createdAt",
  expiresAt: "expiresAt",
  externalReference: "externalReference",
  region: "region",
} as const satisfies Readonly<Record<Exclude<keyof LicenseChange, Changed | Otherwise>, ReadOnlyMember["member"]>>;

/** Of these the ones that may be void: `null` says that they are. Of the others it says nothing. */
const VOIDABLE: ReadonlySet<string> = new Set<keyof typeof READ_ONLY>([
  ...(["expiresAt", "externalReference", "region"] as const),
]);

function named(body: LicenseChange): readonly ReadOnlyMember[] {
  return (Object.keys(READ_ONLY) as readonly (keyof typeof READ_ONLY)[]).flatMap((word) => {
    const value = body[word];
    if (value === undefined || (value === null && !VOIDABLE.has(word))) return [];
    return [{ pointer: `/${word}`, member: READ_ONLY[word], value }];
  });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
