/**
 * What a license entitles to: its features, each with a value and an end of its own (facts of both APIs' tokens). The
 * clock decides what holds; that one has ended is told once, by whichever turn comes first after it.
 */

import type { FeatureEntitlement, SetEntitlement, Terms } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

export type FeatureValue = string | number | boolean;

/** An entitlement as it is asked for: null = no value, no end (epoch ms). */
export interface GivenEntitlement {
  readonly featureName: string;
  readonly value: FeatureValue | null;
  readonly expiresAt: number | null;
}

/** An entitlement that holds at the instant of the answer. */
export interface HeldFeature {
  readonly name: string;
  readonly value: FeatureValue | null;
  /** Epoch ms. */
  readonly expiresAt: number | null;
}

/** A feature as apps are told of it (FEAT-2). */
export interface EffectiveFeature {
  readonly name: string;
  /** The license's own, else its set's; true where that has none. */
  readonly value: FeatureValue;
  /** The set's, likewise, also where the license has its own; null = the set does not give it. */
  readonly baseValue: FeatureValue | null;
  /** Epoch ms: from then on `baseValue` holds, if there is one. */
  readonly expiresAt: number | null;
}

/** Entitlements of one license, and of one set. */
export const MOST_ENTITLEMENTS = 100;

/** The new list, in the order given; items matched by name keep `id` and `createdAt` (LIC-2). */
export function replacedEntitlements(
  items: readonly FeatureEntitlement[],
  given: readonly GivenEntitlement[],
  newId: () => string,
  now: number,
): readonly FeatureEntitlement[] {
  const byName = new Map(items.map((item) => [item.featureName, item]));
  return given.map((item) => {
    const old = byName.get(item.featureName);
    if (old !== undefined && old.value === item.value && old.expiresAt === item.expiresAt) return old;
    const { id, createdAt } = old ?? { id: newId(), createdAt: now };
    return { ...item, id, createdAt, updatedAt: now, expired: isOver(item, now) };
  });
}

/** Of a license that is made at `now`: `ids` (UUIDv7) come with the items. */
export function newEntitlements(
  given: readonly (GivenEntitlement & { readonly id: string })[],
  now: number,
): readonly FeatureEntitlement[] {
  return given.map((item) => ({ ...item, createdAt: now, updatedAt: now, expired: isOver(item, now) }));
}

/** Names are unique: a token has one value for each. */
export function entitlementsRefusal(items: readonly Pick<FeatureEntitlement, "featureName">[]): Refusal | null {
  if (items.length > MOST_ENTITLEMENTS) {
    const detail = `holds more than ${MOST_ENTITLEMENTS} items`;
    return { code: "invalid-member", pointer: "/featureEntitlements", detail };
  }
  const names = items.map(({ featureName }) => featureName);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice === -1) return null;
  const pointer = `/featureEntitlements/${twice}/featureName`;
  return { code: "invalid-member", pointer, detail: "is the name of another item" };
}

/** Those that hold at `now` (epoch ms), in the order of the list. */
export function heldFeatures({ featureEntitlements }: Terms, now: number): readonly HeldFeature[] {
  return featureEntitlements
    .filter((item) => !isOver(item, now))
    .map(({ featureName, value, expiresAt }) => ({ name: featureName, value, expiresAt }));
}

/** FEAT-2: the license's own first, then what its set gives beside. `own`: those that hold. */
export function effectiveFeatures(
  own: readonly HeldFeature[],
  given: readonly SetEntitlement[],
): readonly EffectiveFeature[] {
  const base = new Map(given.map(({ featureName, value }) => [featureName, value ?? true]));
  const first = own.map(({ name, value, expiresAt }) => {
    return { name, value: value ?? true, baseValue: base.get(name) ?? null, expiresAt };
  });
  for (const { name } of own) base.delete(name);
  return [...first, ...[...base].map(([name, value]) => ({ name, value, baseValue: value, expiresAt: null }))];
}

/** The next end that nobody was told of (epoch ms); null = there is none. */
export function entitlementEnd({ featureEntitlements }: Terms): number | null {
  const ends = featureEntitlements.flatMap(({ expired, expiresAt }) =>
    expired || expiresAt === null ? [] : expiresAt,
  );
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Those that are over at `now` (epoch ms) are marked so. */
export function withExpired(terms: Terms, now: number): Terms {
  const featureEntitlements = terms.featureEntitlements.map((item) =>
    isOver(item, now) ? { ...item, expired: true } : item,
  );
  return { ...terms, featureEntitlements, updatedAt: now };
}

/** EXP-9: the instant of the end is over. */
function isOver({ expiresAt }: Pick<FeatureEntitlement, "expiresAt">, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}
