/** The activation resource of /v3 (docs/api.md), for calls and for events: every member, those not built yet void. */

import type { ActivationView } from "../../../domain/seats/activation-view.ts";
import { instantOrNull } from "../resource/instant.ts";
import type { userResource } from "../catalogue/user-wire.ts";

/** Events of the log lack members; what is not there is null. */
export type ActivationTold = { readonly [Member in keyof ActivationView]?: ActivationView[Member] | null };

/** `user`: the license's user, where it was asked for and could be read. The fingerprint is no member. */
export function activationResource(activation: ActivationTold, user: ReturnType<typeof userResource> | null = null) {
  return {
    id: activation.id ?? null,
    createdAt: instantOrNull(activation.createdAt ?? null),
    updatedAt: instantOrNull(activation.contactAt ?? null),
    os: null,
    osVersion: null,
    hostname: activation.hostname ?? null,
    location: NOWHERE,
    vmName: null,
    container: null,
    // NET-2; `appVersion` is its older name.
    appVersion: activation.targetSoftwareVersion ?? null,
    releaseVersion: activation.targetSoftwareVersion ?? null,
    releaseChannel: null,
    releasePlatform: null,
    offline: false,
    productId: activation.productId ?? null,
    expiresAt: instantOrNull(activation.expiresAt ?? null),
    licenseId: activation.licenseId ?? null,
    lastSyncedAt: instantOrNull(activation.contactAt ?? null),
    meterAttributes: [],
    leaseExpiresAt: instantOrNull(activation.leaseExpiresAt ?? null),
    organization: null,
    user: user ?? activation.user ?? null,
    metadata: [],
    email: activation.email ?? null,
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
