/** A license's meter attributes as they are sold (METER-1). What is counted of them stands beside the terms. */

import type { Refusal } from "../refusal.ts";
import type { MeterAttribute } from "../terms/license.ts";

/** A meter attribute as it is asked for. */
export interface GivenMeter {
  readonly name: string;
  /** -1 = without limit. */
  readonly allowedUses: number;
  readonly floating: boolean;
  readonly viewPermissions: readonly string[];
}

/** What a PATCH makes of them. */
export interface MeterChange {
  readonly meterAttributes?: readonly GivenMeter[];
  /** The id of an item that goes; alone, without another list. Refused where there is no such item. */
  readonly dropsMeter?: string;
}

/** Meter attributes of one license. */
export const MOST_METERS = 20;

/** Of a license that is made at `now` (epoch ms): `id`s come with the items. */
export function newMeters(
  given: readonly (GivenMeter & { readonly id: string })[],
  now: number,
): readonly MeterAttribute[] {
  return given.map(({ id, name, allowedUses, floating, viewPermissions }) => ({
    ...{ id, name, allowedUses, floating, viewPermissions },
    createdAt: now,
    updatedAt: now,
  }));
}

/** IN-2: the new list, in the order given; an item whose name stays keeps its id, and so what is counted of it. */
export function patchedMeters(
  items: readonly MeterAttribute[],
  { meterAttributes: given, dropsMeter }: MeterChange,
  newId: () => string,
  now: number,
): readonly MeterAttribute[] {
  if (given === undefined) return dropsMeter === undefined ? items : items.filter(({ id }) => id !== dropsMeter);
  const byName = new Map(items.map((item) => [item.name, item]));
  return given.map((item) => patchedMeter(byName.get(item.name), item, newId, now));
}

function patchedMeter(
  old: MeterAttribute | undefined,
  { name, allowedUses, floating, viewPermissions }: GivenMeter,
  newId: () => string,
  now: number,
): MeterAttribute {
  const isSame =
    old?.allowedUses === allowedUses &&
    old.floating === floating &&
    JSON.stringify(old.viewPermissions) === JSON.stringify(viewPermissions);
  if (isSame) return old;
  const { id, createdAt } = old ?? { id: newId(), createdAt: now };
  return { ...{ id, name, allowedUses, floating, viewPermissions }, createdAt, updatedAt: now };
}

/** Names are unique: a device counts by them, and a PATCH finds the item that it replaces. */
export function metersRefusal(items: readonly Pick<MeterAttribute, "name">[]): Refusal | null {
  if (items.length > MOST_METERS)
    return { code: "invalid-member", pointer: "/meterAttributes", detail: `holds more than ${MOST_METERS} items` };
  const names = items.map(({ name }) => name);
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice === -1) return null;
  const pointer = `/meterAttributes/${twice}/name`;
  return { code: "invalid-member", pointer, detail: "is the name of another item" };
}

/** Uses of lapses that nobody has swept came back by the rule of then, or did not: no change makes it otherwise. */
export function otherKindRefusal(before: readonly MeterAttribute[], after: readonly MeterAttribute[]): Refusal | null {
  const other = after.findIndex(({ id, floating }) => before.some((old) => old.id === id && old.floating !== floating));
  if (other === -1) return null;
  const detail = "cannot be changed: delete the meter attribute, then make another of this name";
  return { code: "invalid-member", pointer: `/meterAttributes/${other}/floating`, detail };
}
