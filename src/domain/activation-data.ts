/** An activation as events tell of it, whole; the log's copy leaves out what identifies a device or a person (EVT-3). */

import type { Activation } from "./ledger.ts";
import { activationEnd } from "./rolling.ts";
import type { Turn } from "./turn.ts";

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
