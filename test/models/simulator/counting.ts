/** Calls that count uses, the vendor's beside them, and idempotency keys, at random (METER-1, MGMT-4, MAINT-2). */

import type { Idempotency, MaintainCall } from "../../../src/domain/license/calls.ts";
import type { CountCall } from "../../../src/domain/license/client-calls.ts";
import type { UsesWish } from "../../../src/domain/license/device.ts";
import type { ResetCall } from "../../../src/domain/commands/count-uses.ts";
import type { Random } from "../../support/random.ts";
import { PRODUCT } from "./claims.ts";
import type { Case, Session } from "./licenses.ts";

const VENDOR = { actor: { type: "token", id: "vendor" }, requestId: "sim" } as const;

/** What an activation or a sync counts beside: absent mostly, and so it is where there is nothing to count. */
export function usesIn({ oracle }: Case, random: Random): { readonly uses?: readonly UsesWish[] } {
  const names = oracle.given.meterAttributes.map(({ name }) => name);
  if (names.length === 0 || !random.chance(0.4)) return {};
  const wished = random.chance(0.03) ? [...names, "nobody's"] : names.slice(random.below(names.length));
  return { uses: wished.map((name) => ({ name, increment: incrementBy(random) })) };
}

/** Some of them given back, some too many. */
function incrementBy(random: Random): number {
  return random.chance(0.1) ? random.below(200) - 100 : random.below(8) - 2;
}

/** Of a meter attribute that there is, or was. */
export function counting(
  to: Case,
  session: Session,
  random: Random,
  { principal, idempotency }: Pick<CountCall, "principal" | "idempotency">,
): CountCall {
  return {
    ...{ principal, idempotency, requestId: "sim", activationId: session.id, meterId: meterIn(to, random) },
    key: random.chance(0.5) ? null : to.oracle.key,
    productId: random.chance(0.7) ? PRODUCT : null,
    increment: incrementBy(random),
  };
}

export function resetting(to: Case, random: Random, idempotency: Idempotency | null): ResetCall {
  return { ...VENDOR, idempotency, meterId: meterIn(to, random) };
}

function meterIn({ object, oracle: { given } }: Case, random: Random): string {
  const known = object.ledger?.license().terms.meterAttributes.map(({ id }) => id) ?? [];
  return (random.chance(0.95) ? random.pick(known) : undefined) ?? `first ${given.meterAttributes[0]?.name ?? "pages"}`;
}

export function lengthening(random: Random, reference: string | null, idempotency: Idempotency | null): MaintainCall {
  const seconds = random.chance(0.5) ? null : 60 + random.below(90_000);
  const from = random.pick(["expiry", "now", "now-if-expired"] as const) ?? "expiry";
  return { ...VENDOR, idempotency, renewalReference: reference, from, seconds };
}

/** A key for a call, or none; now and then one that another call had. */
export class Keys {
  readonly #random: Random;
  readonly #share: number;
  readonly #last = new Map<string, Idempotency>();
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#share = random.pick([0, 0.15, 0.5]) ?? 0;
  }

  /** `scope`: of whom and for what it is. */
  next(scope: string): Idempotency | null {
    const random = this.#random;
    if (!random.chance(this.#share)) return null;
    const last = this.#last.get(scope);
    if (last !== undefined && random.chance(0.1)) return { ...last, bodyHash: "another body" };
    this.#count += 1;
    const fresh = { key: `${scope} ${this.#count}`, bodyHash: `body ${this.#count}` };
    this.#last.set(scope, fresh);
    return fresh;
  }
}
