/** Creates a product together with the key that will sign its licenses (PROD-1, TOK-4). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, LicensePatch } from "../domain/calls.ts";
import { metadataRefusal } from "../domain/lists.ts";
import { replacedMetadata } from "../domain/metadata.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import { insertProduct, type Product } from "../registry/products.ts";
import { keepNothing, type Keep } from "./create-once.ts";
import type { Deployment } from "./deployment.ts";
import { newSigningKey } from "./keys.ts";
import { eventOf } from "./record.ts";

/** Texts are `""` when void. */
export interface NewProduct extends Omit<Product, "id" | "metadata" | "createdAt" | "updatedAt"> {
  readonly metadata: NonNullable<LicensePatch["metadata"]>;
}

/** Refuses `invalid-member` for metadata. */
export async function createProduct(
  deployment: Deployment,
  { metadata, ...wanted }: NewProduct,
  caller: Caller,
  now: number,
  keep: Keep<Product> = keepNothing,
): Promise<Outcome<Product>> {
  const refusal = metadataRefusal(metadata);
  if (refusal !== null) return no(refusal);
  const product: Product = {
    id: uuidv7(),
    ...wanted,
    metadata: replacedMetadata([], metadata, uuidv7, now),
    createdAt: now,
    updatedAt: now,
  };
  const signingKey = await newSigningKey(deployment, product.id, product.tokenAlgorithm, now);
  const created = { type: "product.created", subjectId: product.id, changes: {}, data: product } as const;
  await insertProduct(deployment.db, product, signingKey, eventOf(created, caller, now), await keep(product));
  return yes(product);
}
