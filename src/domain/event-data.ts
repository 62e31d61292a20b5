/** License and activation as events tell of them, whole; the log's copy leaves out keys, and what identifies a device or a person (EVT-3). */

import type { Activation } from "./ledger.ts";
import type { Turn } from "./turn.ts";
import type { LicenseView } from "./license.ts";
import { activationEnd } from "./rolling.ts";
import { inUse } from "./seats.ts";

export function activationData(turn: Turn, activation: Activation): Readonly<Record<string, unknown>> {
  const { facts } = activation;
  return {
    id: activation.id,
    licenseId: turn.license.id,
    productId: turn.license.terms.productId,
    createdAt: activation.createdAt,
    contactAt: activation.contactAt,
    leaseExpiresAt: activation.leaseEnd,
    expiresAt: activationEnd(turn, activation),
    overLimit: activation.overLimit,
    fingerprint: facts.fingerprint,
    email: facts.email,
    hostname: facts.hostname,
    targetSoftwareVersion: facts.targetSoftwareVersion,
  };
}

/** The license with its counters after the change: domain `LicenseView`. */
export function licenseData(turn: Turn): Readonly<Record<string, unknown>> {
  return { ...viewOf(turn) };
}

/** CNT-1: by the clock. */
export function viewOf(turn: Turn): LicenseView {
  return {
    ...turn.license,
    totalActivations: inUse(turn).activations,
    totalDeactivations: turn.tally.deactivations,
    lastUsedAt: turn.memory.lastUsedAt ?? turn.tally.lastUsedAt,
  };
}
