/**
 * What documents and tokens say of a product, from the isolate's cache: at most 60 s late, stale while D1 fails
 * (SNAP-1).
 */

import type { DeviceMetadata } from "../domain/license/device.ts";
import { shownInTokens } from "../domain/license/metadata.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { Product } from "../registry/rows/products.ts";
import { FreshMap, type Moment } from "../tokens/fresh-map.ts";

/** DOC-1: the five texts; `""` when void. */
export interface ProductTexts {
  readonly description: string;
  readonly legalNotice: string;
  readonly copyright: string;
  readonly providerUrl: string;
  readonly providerEmail: string;
}

export interface ToldProduct extends ProductTexts {
  /** What a device may see of it (TOK-3). */
  readonly metadata: readonly DeviceMetadata[];
}

export interface ProductFacts {
  /** Null: no such product. Refusal: `storage-unavailable`, only while nothing is known of the product. */
  of(productId: string, moment: Moment): Promise<Outcome<ToldProduct | null>>;
}

const FRESHNESS = {
  refreshFromMs: 30_000,
  reloadFromMs: 60_000,
  servedUntilMs: Number.POSITIVE_INFINITY,
  limit: 1_000,
};

/** What was read when the isolate began (`readAt`, epoch ms), so that its first calls need not ask. */
export interface TextsAtHand {
  readonly readAt: number;
  readonly products: readonly (ProductTexts & Pick<Product, "id" | "metadata">)[];
}

/** `find` rejects when D1 fails. */
export function openProductFacts(
  find: (productId: string) => Promise<Product | null>,
  atHand: TextsAtHand,
): ProductFacts {
  const products = new FreshMap<ToldProduct | null>(FRESHNESS, async (productId) => {
    const product = await find(productId);
    return product === null ? null : toldOf(product);
  });
  for (const product of atHand.products) products.seed(product.id, atHand.readAt, () => toldOf(product));
  return {
    async of(productId, moment) {
      const found = await products.get(productId, moment);
      if (!found.ok) return { ok: false, refusal: { code: "storage-unavailable" } };
      return { ok: true, value: found.value };
    },
  };
}

function toldOf(product: ProductTexts & Pick<Product, "metadata">): ToldProduct {
  const { description, legalNotice, copyright, providerUrl, providerEmail } = product;
  const metadata = shownInTokens(product.metadata);
  return { description, legalNotice, copyright, providerUrl, providerEmail, metadata };
}
