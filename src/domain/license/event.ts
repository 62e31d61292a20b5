/** What happened: one shape for the object's outbox and for D1's (EVT-1). */

import type { Actor } from "./calls.ts";

/** Every type there is: what a webhook can ask for. Names are for ever. */
export const EVENT_TYPES = [
  "license.created",
  "license.updated",
  "license.deleted",
  "license.renewed",
  "license.extended",
  "license.expired",
  "license.expiring-soon",
  "license.maintenance-expired",
  "license.maintenance-expiring-soon",
  "license.expiresAt.updated",
  "license.subscription.updated",
  "license.first-activated",
  "license.activation.limit-reached",
  "license.activation.overage",
  "activation.created",
  "activation.updated",
  "activation.deleted",
  "activation.lease-expired",
  "product.created",
  "product.updated",
  "product.deleted",
  "licenseTemplate.created",
  "licenseTemplate.updated",
  "licenseTemplate.deleted",
  "trialPolicy.created",
  "trialPolicy.updated",
  "trialPolicy.deleted",
  "trialActivation.created",
  "trialActivation.updated",
  "trialActivation.deleted",
  "feature.created",
  "feature.updated",
  "feature.deleted",
  "entitlementSet.created",
  "entitlementSet.updated",
  "entitlementSet.deleted",
  "maintenancePolicy.created",
  "maintenancePolicy.updated",
  "maintenancePolicy.deleted",
  "tag.created",
  "tag.updated",
  "tag.deleted",
  "user.created",
  "user.updated",
  "user.deleted",
  "personalAccessToken.created",
  "personalAccessToken.updated",
  "personalAccessToken.deleted",
  "webhook.created",
  "webhook.updated",
  "webhook.deleted",
  "webhook.suspended",
  "webhook.test",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Before and after of the changed fields. */
export type Changes = Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>;

export interface LeaseholdEvent {
  /** UUIDv7; one per cause (EVT-1). */
  readonly id: string;
  readonly type: EventType;
  /** Epoch ms. */
  readonly at: number;
  /** Id of the license, or of the catalogue resource. */
  readonly subjectId: string;
  /** Per license, from 1; 0 for what has no object. */
  readonly sequence: number;
  readonly actor: Actor;
  readonly requestId: string;
  readonly changes: Changes;
  /** The resource after the change, whole (the log keeps a redacted copy). */
  readonly data: Readonly<Record<string, unknown>>;
}
