/** Creates a product with the key that will sign its licenses, and one in reserve (PROD-1, TOK-4). */

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
export interface NewProduct extends Omit<Product, "id" | "metadata" | Reference | "createdAt" | "updatedAt"> {
  readonly metadata: NonNullable<LicensePatch["metadata"]>;
  /** Null or absent = none. */
  readonly licenseTemplateId?: string | null;
  readonly trialPolicyId?: string | null;
}

type Reference = "licenseTemplateId" | "trialPolicyId";

/** REF-1: what a product cannot refer to. */
export const UNKNOWN_REFERENCES = {
  "template-unknown": {
    code: "invalid-member",
    pointer: "/licenseTemplateId",
    detail: "there is no such license template",
  },
  "policy-unknown": { code: "invalid-member", pointer: "/trialPolicyId", detail: "there is no such trial policy" },
} as const;

/** Refuses `invalid-member` for metadata, an unknown license template and an unknown trial policy. */
export async function createProduct(
  deployment: Deployment,
  { metadata, licenseTemplateId = null, trialPolicyId = null, ...wanted }: NewProduct,
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
    trialPolicyId,
    metadata: replacedMetadata([], metadata, uuidv7, now),
    createdAt: now,
    updatedAt: now,
  };
  const keys = await Promise.all(
    (["active", "published"] as const).map((status) =>
      newSigningKey(deployment, product.id, product.tokenAlgorithm, now, status),
    ),
  );
  const created = { type: "product.created", subjectId: product.id, changes: {}, data: product } as const;
  const told = eventOf(created, caller, now);
  const written = await insertProduct(deployment.db, product, keys, told, await keep(product));
  return written === "written" ? yes(product) : no(UNKNOWN_REFERENCES[written]);
}
