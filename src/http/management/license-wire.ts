/** From /v3's words about a license to the domain's: instants, periods, and what may only be named (IN-1, IN-2). */

import type * as z from "zod/mini";
import type { ReadOnlyMember } from "../../domain/calls.ts";
import type { WantedChange } from "../../operations/change-license.ts";
import type { WantedLicense } from "../../operations/create-license.ts";
import { intervalOrPerpetual } from "./interval.ts";
import type { licenseCreation, licensePatch, licenseRenewal } from "./license-bodies.ts";
import { sent } from "./members.ts";

export type LicenseCreation = z.output<typeof licenseCreation>;
export type LicenseChange = z.output<typeof licensePatch>;

export function wantedLicense(body: LicenseCreation): WantedLicense {
  const { subscriptionStartTrigger, effectiveDate, key, metadata, tags, userId, ...rest } = body;
  const { licenseTemplateId, licensePolicyId, ...members } = rest;
  return {
    ...members,
    userId: userId ?? null,
    template:
      templateNamed("/licenseTemplateId", licenseTemplateId) ?? templateNamed("/licensePolicyId", licensePolicyId),
    key: key ?? null,
    metadata: metadata ?? [],
    tagNames: tags ?? [],
    effectiveAt: effectiveDate,
    expirationStrategy: members.expirationStrategy ?? subscriptionStartTrigger,
  };
}

function templateNamed(pointer: string, id: string | null | undefined): WantedLicense["template"] {
  return id === undefined || id === null ? null : { id, pointer };
}

export function licenseChange(body: LicenseChange): WantedChange {
  const { effectiveDate, notes, subscriptionInterval, userId } = body;
  return {
    ...sent(changeable(body)),
    ...(effectiveDate === undefined ? {} : { effectiveAt: effectiveDate }),
    ...(notes === undefined ? {} : { notes }),
    ...(userId === undefined ? {} : { userId }),
    ...(subscriptionInterval === undefined ? {} : { subscriptionInterval: intervalOrPerpetual(subscriptionInterval) }),
    readOnly: [...named(body), ...namedOrVoid(body)],
  };
}

/** EXP-4, EXP-11: how a renewal or extension is asked for. */
export function lengthening({ from, renewalReference }: z.output<typeof licenseRenewal>) {
  return { from: from ?? "expiry", renewalReference: renewalReference ?? null } as const;
}

function changeable(body: LicenseChange) {
  return {
    key: body.key,
    revoked: body.revoked,
    suspended: body.suspended,
    fingerprintMatchingStrategy: body.fingerprintMatchingStrategy,
    duplicateActivation: body.duplicateActivation,
    seatRelease: body.seatRelease,
    allowedActivations: body.allowedActivations,
    allowedDeactivations: body.allowedDeactivations,
    allowedFloatingClients: body.allowedFloatingClients,
    leaseDuration: body.leaseDuration,
    allowClientLeaseDuration: body.allowClientLeaseDuration,
    maxLeaseDuration: body.maxLeaseDuration,
    serverSyncInterval: body.serverSyncInterval,
    serverSyncGracePeriod: body.serverSyncGracePeriod,
    allowedClockOffset: body.allowedClockOffset,
    expiringSoonEventOffset: body.expiringSoonEventOffset,
    requireAuthentication: body.requireAuthentication,
    cryptoBindingEnabled: body.cryptoBindingEnabled,
    licensedProductIds: body.licensedProductIds,
    metadata: body.metadata,
    tagNames: body.tags,
  };
}

/** Read-only members that always have a value: `null` is absent. */
function named(body: LicenseChange): readonly ReadOnlyMember[] {
  const members = [
    { pointer: "/id", member: "id", value: body.id },
    { pointer: "/type", member: "type", value: body.type },
    { pointer: "/productId", member: "productId", value: body.productId },
    { pointer: "/expirationStrategy", member: "expirationStrategy", value: body.expirationStrategy },
    { pointer: "/subscriptionStartTrigger", member: "expirationStrategy", value: body.subscriptionStartTrigger },
    { pointer: "/validity", member: "validity", value: body.validity },
    { pointer: "/perpetual", member: "perpetual", value: body.perpetual },
    { pointer: "/createdAt", member: "createdAt", value: body.createdAt },
    { pointer: "/totalActivations", member: "totalActivations", value: body.totalActivations },
    { pointer: "/totalDeactivations", member: "totalDeactivations", value: body.totalDeactivations },
    { pointer: "/pendingRenewals", member: "pendingRenewals", value: body.pendingRenewals },
    { pointer: "/pendingExtension", member: "pendingExtensionSeconds", value: body.pendingExtension },
  ] as const;
  return members.flatMap(({ value, ...member }) =>
    value === undefined || value === null ? [] : [{ ...member, value }],
  );
}

/** Read-only members that may be void: `null` says that they are. */
function namedOrVoid(body: LicenseChange): readonly ReadOnlyMember[] {
  const members = [
    { pointer: "/expiresAt", member: "expiresAt", value: body.expiresAt },
    { pointer: "/activatedAt", member: "activatedAt", value: body.activatedAt },
    { pointer: "/lastUsedAt", member: "lastUsedAt", value: body.lastUsedAt },
    { pointer: "/externalReference", member: "externalReference", value: body.externalReference },
    { pointer: "/region", member: "region", value: body.region },
  ] as const;
  return members.flatMap(({ value, ...member }) => (value === undefined ? [] : [{ ...member, value }]));
}
