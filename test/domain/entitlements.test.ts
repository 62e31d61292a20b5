/** What a license entitles to, and for how long (FEAT-1, LIC-2, EVT-1, EXP-9). */

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  effectiveFeatures,
  entitlementEnd,
  heldFeatures,
  replacedEntitlements,
  type GivenEntitlement,
  type HeldFeature,
} from "../../src/domain/license/entitlements.ts";
import { featureClaims, featureValues } from "../../src/tokens/claims.ts";
import { CREATED, DAY, invalid, refusal, terms, value } from "./samples.ts";
import { HOUR, nodeLocked, START } from "./worlds.ts";

function given(featureName: string, more: Partial<GivenEntitlement> = {}): GivenEntitlement {
  return { featureName, value: null, expiresAt: null, ...more };
}

/** Before the first token's refresh. */
const END = START + HOUR / 2;
const CAD = { ...given("cad"), id: "one" };
const CORES = { ...given("cores", { value: 8, expiresAt: END }), id: "two" };

const valuesOf = (held: readonly HeldFeature[]) => featureValues(effectiveFeatures(held, []));

describe("a license's features and its set's", () => {
  const SET = [
    { featureName: "cad", value: null },
    { featureName: "cores", value: 4 },
    { featureName: "seats", value: 2 },
  ];

  it("FEAT-2: the license's own first, then the set's; the set's value stands beside", () => {
    const own = [
      { name: "cores", value: 8, expiresAt: END },
      { name: "render", value: null, expiresAt: null },
      { name: "seats", value: 2, expiresAt: null },
    ];
    expect(effectiveFeatures(own, SET)).toEqual([
      { name: "cores", value: 8, baseValue: 4, expiresAt: END },
      { name: "render", value: true, baseValue: null, expiresAt: null },
      { name: "seats", value: 2, baseValue: 2, expiresAt: null },
      { name: "cad", value: true, baseValue: true, expiresAt: null },
    ]);
  });

  it("FEAT-2, TOK-2: a token tells what the set gives where that is other, or will be", () => {
    const held = [
      { name: "cores", value: 8, expiresAt: null },
      { name: "seats", value: 2, expiresAt: END },
    ];
    expect(featureClaims(effectiveFeatures(held, SET))).toEqual({
      features: { cores: 8, seats: 2, cad: true },
      features_expire_at: { seats: Math.floor(END / 1000) },
      features_base: { cores: 4, seats: 2 },
    });
    expect(featureClaims(effectiveFeatures([], SET))).toEqual({ features: { cad: true, cores: 4, seats: 2 } });
  });
});

describe("a license's features", () => {
  it("FEAT-1, TOK-2: go with each grant, but for those that are over by the clock", () => {
    const world = nodeLocked({ featureEntitlements: [CAD, CORES] });
    const { activationId, features } = value(world.activate("a"));
    expect(valuesOf(features)).toEqual({ cad: true, cores: 8 });
    world.clock = END - 1;
    expect(valuesOf(value(world.renew(activationId)).features)).toEqual({ cad: true, cores: 8 });
    world.clock += 1;
    expect(valuesOf(value(world.renew(activationId)).features)).toEqual({ cad: true });
    expect(value(world.activate("a")).features).toEqual([{ name: "cad", value: null, expiresAt: null }]);
  });

  it("FEAT-1: a name that objects have by birth is a feature like any other", () => {
    const names = ["__proto__", "constructor", "toString"];
    const world = nodeLocked({
      featureEntitlements: names.map((name) => ({ ...given(name, { value: 0 }), id: name })),
    });
    const features = valuesOf(value(world.activate("a")).features);
    expect(JSON.stringify(features)).toBe('{"__proto__":0,"constructor":0,"toString":0}');
  });

  it("FEAT-1, EVT-1: an end is told once, by whoever comes first after it, and the next check-in says to renew", () => {
    const world = nodeLocked({ featureEntitlements: [CAD, CORES] });
    const { activationId } = value(world.activate("a"));
    const told = () => world.events().filter(({ type }) => type === "license.updated");
    world.clock = END - 1;
    expect(value(world.checkIn(activationId)).renewNow).toBe(false);
    expect(told()).toHaveLength(0);
    world.clock += 1;
    expect(value(world.checkIn(activationId)).renewNow).toBe(true);
    world.tidy();
    world.evict();
    world.tidy();
    expect(told().map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      {
        actor: { type: "system", id: "alarm" },
        changes: {
          featureEntitlements: { before: [{}, { expired: false }], after: [{ expired: false }, { expired: true }] },
        },
      },
    ]);
    expect(value(world.renew(activationId)).features).toHaveLength(1);
    expect(value(world.checkIn(activationId)).renewNow).toBe(false);
  });

  it("FEAT-1: one whose end has come before it was given has nothing to tell, and no alarm waits for it", () => {
    const over = { ...given("cad", { expiresAt: CREATED - 1 }), id: "one" };
    expect(entitlementEnd(terms({ featureEntitlements: [over] }))).toBeNull();
    expect(entitlementEnd(terms({ featureEntitlements: [over, CORES] }))).toBe(END);
  });

  it("FEAT-1: an end that is moved on is told of again", () => {
    const world = nodeLocked({ featureEntitlements: [CORES] });
    world.clock = START + DAY;
    world.tidy();
    value(world.patch({ featureEntitlements: [given("cores", { value: 8, expiresAt: START + 2 * DAY })] }));
    expect(heldFeatures(world.view().terms, world.clock)).toHaveLength(1);
    world.clock = START + 2 * DAY;
    world.tidy();
    expect(world.eventTypes()).toEqual(["license.updated", "license.updated", "license.updated"]);
  });

  it("LIC-2: a PATCH replaces the list, and an item whose name stays is the same item", () => {
    let made = 0;
    const items = fc.uniqueArray(
      fc.record({
        featureName: fc.constantFrom("a", "b", "c", "d"),
        value: fc.constantFrom(null, 1, "x", true),
        expiresAt: fc.constantFrom(null, START, START + DAY),
      }),
      { selector: ({ featureName }) => featureName },
    );
    fc.assert(
      fc.property(items, items, (first, second) => {
        const newId = () => `id ${(made += 1)}`;
        const before = replacedEntitlements([], first, newId, START - 1);
        const after = replacedEntitlements(before, second, newId, START);
        expect(
          after.map(({ featureName, value: said, expiresAt }) => ({ featureName, value: said, expiresAt })),
        ).toEqual(second);
        for (const item of after) {
          const old = before.find(({ featureName }) => featureName === item.featureName);
          const isSame = old !== undefined && old.value === item.value && old.expiresAt === item.expiresAt;
          if (isSame) expect(item).toBe(old);
          else expect(item.updatedAt).toBe(START);
          if (old !== undefined) expect([item.id, item.createdAt]).toEqual([old.id, old.createdAt]);
        }
        expect(new Set(after.map(({ id }) => id)).size).toBe(after.length);
      }),
    );
  });

  it("LIC-2: a name twice is refused where it is", () => {
    const world = nodeLocked();
    expect(refusal(world.patch({ featureEntitlements: [given("a"), given("b"), given("a")] }))).toEqual(
      invalid("/featureEntitlements/2/featureName"),
    );
  });
});
