/** Licenses with meter attributes, and what is read of them, for the tests of both sides (METER-1). */

import type { GivenMeter } from "../../src/domain/license/meters.ts";
import { PRODUCT } from "./samples.ts";
import type { MapWorld } from "./worlds.ts";

export const PAGES = meter("pages", { allowedUses: 10 });
export const TABS = meter("tabs", { allowedUses: 10, floating: true });
export const BOTH = { allowedActivations: 0, meterAttributes: [PAGES, TABS] };
export const V3 = { admitsEnded: true, productId: PRODUCT } as const;

export function meter(name: string, more: Partial<GivenMeter> = {}): GivenMeter & { readonly id: string } {
  return { id: name, name, allowedUses: -1, floating: false, viewPermissions: ["activation"], ...more };
}

export function uses(name: string, increment: number) {
  return { ...V3, uses: [{ name, increment }] };
}

/** Total uses by name, by the clock. */
export function totals(world: MapWorld): Readonly<Record<string, number>> {
  const { terms, meterUses = [] } = world.view();
  const total = (id: string) => meterUses.find((counted) => counted.id === id)?.total ?? 0;
  return Object.fromEntries(terms.meterAttributes.map(({ id, name }) => [name, total(id)]));
}

export function gross(world: MapWorld, id: string): number {
  return world.view().meterUses?.find((counted) => counted.id === id)?.gross ?? 0;
}

export function told(world: MapWorld, type: string): readonly unknown[] {
  return world
    .events()
    .filter((event) => event.type === type)
    .map(({ body }) => (JSON.parse(body) as { readonly changes: unknown }).changes);
}
