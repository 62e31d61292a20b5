/** Creates a product together with the key that will sign its licenses (PROD-1, TOK-4). */

import { v7 as uuidv7 } from "uuid";
import type { Caller, LicensePatch } from "../../domain/license/calls.ts";
import { metadataRefusal } from "../../domain/license/list-members.ts";
import { replacedMetadata } from "../../domain/license/metadata.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { insertProduct, type Product } from "../../registry/rows/products.ts";
import { keepNothing, type Keep } from "../create-once.ts";
import type { Deployment } from "../deployment.ts";
import { newSigningKey } from "../keys.ts";
import { eventOf } from "../record.ts";

/** Texts are `""` when void. */
export interface NewProduct extends Omit<Product, "id" | "metadata" | "licenseTemplateId" | "createdAt" | "updatedAt"> {
  readonly metadata: NonNullable<LicensePatch["metadata"]>;
  /** Null or absent = none. */
  readonly licenseTemplateId?: string | null;
}

export const UNKNOWN_TEMPLATE = {
  code: "invalid-member",
  pointer: "/licenseTemplateId",
  detail: "there is no such license template",
} as const;

/** Refuses `invalid-member` for metadata and an unknown license template. */
export async function createProduct(
  deployment: Deployment,
  { metadata, licenseTemplateId = null, ...wanted }: NewProduct,
  caller: Caller,
  now: number,
  keep: Keep<Product> = keepNothing,
): Promise<Outcome<Product>> {
  const refusal = metadataRefusal(metadata);
  if (refusal !== null) return no(refusal);
  const product: Product = {
    id: uuidv7(),
    ...wanted,
    licenseTemplateId,
    metadata: replacedMetadata([], metadata, uuidv7, now),
    createdAt: now,
    updatedAt: now,
  };
  const signingKey = await newSigningKey(deployment, product.id, product.tokenAlgorithm, now);
  const created = { type: "product.created", subjectId: product.id, changes: {}, data: product } as const;
  const told = eventOf(created, caller, now);
  const isWritten = await insertProduct(deployment.db, product, signingKey, told, await keep(product));
  return isWritten ? yes(product) : no(UNKNOWN_TEMPLATE);
}
