/** A license's metadata: replacing it, where an item whose key stays is the same item (LIC-2), and who sees what. */

import type { LicensePatch } from "./calls.ts";
import type { DeviceMetadata } from "./device.ts";
import type { MetadataItem } from "../terms/license.ts";

type GivenItem = NonNullable<LicensePatch["metadata"]>[number];

/** The new list, in the order given; items matched by key keep `id` and `createdAt`. */
export function replacedMetadata(
  items: readonly MetadataItem[],
  given: readonly GivenItem[],
  newId: () => string,
  now: number,
): readonly MetadataItem[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  return given.map((item) => replaced(byKey.get(item.key), item, newId, now));
}

/** What a device may see of metadata, in the order given. */
export function shownInTokens(items: readonly MetadataItem[]): readonly DeviceMetadata[] {
  return items
    .filter(({ viewPermissions }) => viewPermissions.includes("activation"))
    .map(({ key, value }) => ({ key, value }));
}

function replaced(old: MetadataItem | undefined, given: GivenItem, newId: () => string, now: number): MetadataItem {
  const { key, value, viewPermissions } = given;
  if (old === undefined) return { id: newId(), key, value, viewPermissions, createdAt: now, updatedAt: now };
  const same = old.value === value && JSON.stringify(old.viewPermissions) === JSON.stringify(viewPermissions);
  return same ? old : { ...old, value, viewPermissions, updatedAt: now };
}
