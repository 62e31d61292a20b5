/** The activation resource of /v3 (docs/api.md), for calls and for events: every member, those not known void. */

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
    os: activation.os ?? null,
    osVersion: activation.osVersion ?? null,
    hostname: activation.hostname ?? null,
    location: {
      ...NOWHERE,
      ipAddress: activation.ipAddress ?? null,
      countryCode: activation.countryCode ?? null,
    },
    vmName: activation.vmName ?? null,
    container: activation.container ?? null,
    // The older name, which apps may still send beside the other.
    appVersion: activation.appVersion ?? activation.releaseVersion ?? null,
    releaseVersion: activation.releaseVersion ?? null,
    releaseChannel: activation.releaseChannel ?? null,
    releasePlatform: activation.releasePlatform ?? null,
    offline: false,
    productId: activation.productId ?? null,
    expiresAt: instantOrNull(activation.expiresAt ?? null),
    licenseId: activation.licenseId ?? null,
    lastSyncedAt: instantOrNull(activation.contactAt ?? null),
    meterAttributes: [],
    leaseExpiresAt: instantOrNull(activation.leaseExpiresAt ?? null),
    organization: null,
    user: user ?? activation.user ?? null,
    metadata: activation.deviceMetadata ?? [],
    email: activation.email ?? null,
    overLimit: activation.overLimit ?? false,
    releasePublishedAt: instantOrNull(activation.releasePublishedAt ?? null),
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
