/** An activation as events tell of it; the log's copy leaves out what identifies a device or a person (EVT-3). */

import type { ActivationView } from "./activation-view.ts";
import type { Changes } from "../license/event.ts";
import type { Activation } from "../turn/ledger.ts";
import { usesTold } from "../turn/meter-counts.ts";
import { ownerParts } from "./owner.ts";
import { activationEnd } from "./rolling.ts";
import type { Turn } from "../turn/turn.ts";

/** As management calls tell of it: without what the device presents and without whom it is signed in as. */
export function activationView(turn: Turn, activation: Activation): ActivationView {
  const { facts } = activation;
  const { user } = turn.license.terms;
  return {
    id: activation.id,
    licenseId: turn.license.id,
    productId: turn.license.terms.productId,
    createdAt: activation.createdAt,
    contactAt: activation.contactAt,
    leaseExpiresAt: activation.leaseEnd,
    expiresAt: activationEnd(turn, activation),
    email: facts.email,
    ...facts.shown,
    device: activation.device,
    overLimit: facts.overLimit === true,
    meterAttributes: usesTold(turn, activation),
    user: user === null ? null : { id: user.id, email: user.email },
  };
}

/** What is told of an activation, the last in changes alone: until when its seat would have counted (SEAT-10). */
export type ActivationMember = keyof ActivationView | "fingerprint" | "owner" | "heldUntil";

export function activationData(
  turn: Turn,
  activation: Activation,
): Readonly<Partial<Record<ActivationMember, unknown>>> {
  return {
    ...activationView(turn, activation),
    fingerprint: activation.facts.fingerprint,
    owner: activation.owner === null ? null : ownerParts(activation.owner),
  };
}

/** Before and after of the members in which two states of an activation differ (EVT-1). */
export function activationChanges(turn: Turn, before: Activation, after: Activation): Changes {
  const was: Readonly<Record<string, unknown>> = activationData(turn, before);
  const is: Readonly<Record<string, unknown>> = activationData(turn, after);
  const changed = Object.keys({ ...was, ...is }).filter(
    (member) => JSON.stringify(was[member]) !== JSON.stringify(is[member]),
  );
  return Object.fromEntries(
    changed.map((member) => [member, { before: was[member] ?? null, after: is[member] ?? null }]),
  );
}
