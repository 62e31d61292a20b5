/** What a license's lists must hold, at creation and in a change: its products and its metadata (LIC-2). */

import type { LicenseTag } from "../terms/license.ts";
import type { Refusal } from "../refusal.ts";

/** Metadata items of one license. */
export const MOST_METADATA_ITEMS = 50;

/**
 * The list is what tokens name as audience, so the license's own product must be in it, and nothing twice. It is
 * refused rather than completed: what was sent is what is stored.
 */
export function licensedProductsRefusal(productId: string, productIds: readonly string[]): Refusal | null {
  const pointer = "/licensedProductIds";
  if (!productIds.includes(productId)) {
    return { code: "invalid-member", pointer, detail: "must hold the license's own productId" };
  }
  const twice = productIds.findIndex((id, at) => productIds.indexOf(id) !== at);
  if (twice === -1) return null;
  return { code: "invalid-member", pointer: `${pointer}/${twice}`, detail: "names a product twice" };
}

/** Keys are unique, because a PATCH finds the item that it replaces by its key. */
export function metadataRefusal(items: readonly { readonly key: string }[]): Refusal | null {
  if (items.length > MOST_METADATA_ITEMS) {
    return { code: "invalid-member", pointer: "/metadata", detail: `holds more than ${MOST_METADATA_ITEMS} items` };
  }
  const seen = new Set<string>();
  for (const [at, { key }] of items.entries()) {
    if (seen.has(key))
      return { code: "invalid-member", pointer: `/metadata/${at}/key`, detail: "is the key of another item" };
    seen.add(key);
  }
  return null;
}

/** A template's `requiredMetadataKeys` hold for the license's life. */
export function requiredMetadataRefusal(
  required: readonly string[],
  items: readonly { readonly key: string }[],
): Refusal | null {
  const missing = required.find((name) => !items.some(({ key }) => key === name));
  if (missing === undefined) return null;
  return { code: "invalid-member", pointer: "/metadata", detail: `lacks the key ${JSON.stringify(missing)}` };
}

/** How many a license and a user may have, the wire says. */
export function tagsRefusal(tags: readonly LicenseTag[]): Refusal | null {
  const twice = tags.findIndex(({ id }, at) => tags.findIndex((tag) => tag.id === id) !== at);
  return twice === -1 ? null : { code: "invalid-member", pointer: `/tags/${twice}`, detail: "names a tag twice" };
}
