/** The activation resource of /v3 (docs/api.md), for calls and for events: every member, those not known void. */

import type { ShownFacts } from "../../../domain/license/device.ts";
import type { ActivationView } from "../../../domain/seats/activation-view.ts";
import { instantOrNull } from "../resource/instant.ts";
import type { userResource } from "../catalogue/user-wire.ts";

/** Events of the log lack members; what is not there is null. */
export type ActivationTold = { readonly [Member in keyof ActivationView]?: ActivationView[Member] | null };

/** `user`: the license's user, where it was asked for and could be read. No member is the fingerprint. */
export function activationResource(activation: ActivationTold, user: ReturnType<typeof userResource> | null = null) {
  return {
    id: activation.id ?? null,
    createdAt: instantOrNull(activation.createdAt ?? null),
    updatedAt: instantOrNull(activation.contactAt ?? null),
    ...deviceTold(activation),
    offline: false,
    productId: activation.productId ?? null,
    expiresAt: instantOrNull(activation.expiresAt ?? null),
    licenseId: activation.licenseId ?? null,
    lastSyncedAt: instantOrNull(activation.contactAt ?? null),
    meterAttributes: activation.meterAttributes ?? [],
    leaseExpiresAt: instantOrNull(activation.leaseExpiresAt ?? null),
    organization: null,
    user: user ?? activation.user ?? null,
    metadata: activation.deviceMetadata ?? [],
    email: activation.email ?? null,
    overLimit: activation.overLimit ?? false,
    releasePublishedAt: instantOrNull(activation.releasePublishedAt ?? null),
    device: activation.device ?? null,
  };
}

/** What a device said of itself, and where it was; of an activation, and of a trial. */
export function deviceTold(device: { readonly [Member in keyof ShownFacts]?: ShownFacts[Member] | null }) {
  return {
    os: device.os ?? null,
    osVersion: device.osVersion ?? null,
    hostname: device.hostname ?? null,
    location: { ...NOWHERE, ipAddress: device.ipAddress ?? null, countryCode: device.countryCode ?? null },
    vmName: device.vmName ?? null,
    container: device.container ?? null,
    // The older name, which apps may still send beside the other.
    appVersion: device.appVersion ?? device.releaseVersion ?? null,
    releaseVersion: device.releaseVersion ?? null,
    releaseChannel: device.releaseChannel ?? null,
    releasePlatform: device.releasePlatform ?? null,
  };
}

const NOWHERE = {
  ipAddress: null,
  countryCode: null,
  countryName: null,
  regionCode: null,
  regionName: null,
  city: null,
  zipCode: null,
  timeZone: null,
  latitude: null,
  longitude: null,
} as const;
