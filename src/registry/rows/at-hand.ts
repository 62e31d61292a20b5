/**
 * What an isolate reads when it begins, beside what it must know to open at all: what the calls of devices will ask for
 * first. Without it, a first call waits for D1 twice more, one after the other (0030-what-a-warm-call-knows.md).
 */

import type { Product } from "./products.ts";
import type { WrappedKeyRow } from "./signing-keys.ts";

export interface AtHand {
  readonly products: readonly ProductTextsRow[];
  /** Either all keys of a product or none. */
  readonly keys: readonly WrappedKeyRow[];
}

type ProductTextsRow = Pick<
  Product,
  "id" | "description" | "legalNotice" | "copyright" | "providerUrl" | "providerEmail" | "metadata"
>;

type StoredTexts = Omit<ProductTextsRow, "metadata"> & { readonly metadata: string };

export const NOTHING_AT_HAND: AtHand = { products: [], keys: [] };

/** The newest so many products: a vendor of more sells the older ones less. */
const PRODUCTS = 16;
/** Of all these products together. With more than that, some product might have only some of its keys here. */
const MOST_KEYS = 200;
/** Texts and metadata of a product, in characters; longer ones are read when they are asked for. */
const MOST_TEXT = 8_192;

const NEWEST = `SELECT id FROM products ORDER BY id DESC LIMIT ${PRODUCTS}`;
const TEXTS = `SELECT id, description, legal_notice AS legalNotice, copyright, provider_url AS providerUrl,
  provider_email AS providerEmail, metadata FROM products WHERE id IN (${NEWEST})
  AND length(description) + length(legal_notice) + length(copyright) + length(metadata) <= ${MOST_TEXT}`;
const KEYS = `SELECT kid, product_id AS productId, algorithm, status, public_jwk AS publicJwk,
  private_key AS privateKey, wrapping_key AS wrappingKey, created_at AS createdAt
  FROM signing_keys WHERE product_id IN (${NEWEST}) LIMIT ${MOST_KEYS + 1}`;

/** Rejects when D1 fails. */
export async function findAtHand(db: D1Database): Promise<AtHand> {
  const [texts, keys] = await db.batch([db.prepare(TEXTS), db.prepare(KEYS)]);
  const found = (keys?.results ?? []) as WrappedKeyRow[];
  return {
    products: ((texts?.results ?? []) as StoredTexts[]).map((row) => ({
      ...row,
      metadata: JSON.parse(row.metadata) as Product["metadata"],
    })),
    keys: found.length > MOST_KEYS ? [] : found,
  };
}
