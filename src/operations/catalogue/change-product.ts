/** Changes a product (PROD-1). Isolates show the change at most 60 s later (SNAP-1). */

import { v7 as uuidv7 } from "uuid";
import type { ConditionalCall, LicensePatch } from "../../domain/license/calls.ts";
import { givenMetadata } from "../../domain/commands/if-match.ts";
import { metadataRefusal } from "../../domain/license/list-members.ts";
import { replacedMetadata } from "../../domain/license/metadata.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { findProduct, updateProduct, type Product } from "../../registry/rows/products.ts";
import { changeRow, settled } from "./change-row.ts";
import { UNKNOWN_REFERENCES } from "./create-product.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";

type Texts = Pick<
  Product,
  "name" | "displayName" | "description" | "legalNotice" | "copyright" | "providerUrl" | "providerEmail"
>;

export interface ProductPatch extends Partial<Texts> {
  readonly metadata?: NonNullable<LicensePatch["metadata"]>;
  readonly licenseTemplateId?: string | null;
  readonly trialPolicyId?: string | null;
  /** Named, but not to be changed: the product's keys are of its algorithm. */
  readonly fixed: Partial<Pick<Product, "id" | "createdAt" | "tokenAlgorithm">>;
}

export const productEntityTag = entityTagBy<Product, Omit<ProductPatch, "fixed">>({
  name: ({ name }) => name,
  displayName: ({ displayName }) => displayName,
  description: ({ description }) => description,
  legalNotice: ({ legalNotice }) => legalNotice,
  copyright: ({ copyright }) => copyright,
  providerUrl: ({ providerUrl }) => providerUrl,
  providerEmail: ({ providerEmail }) => providerEmail,
  metadata: ({ metadata }) => givenMetadata(metadata),
  licenseTemplateId: ({ licenseTemplateId }) => licenseTemplateId,
  trialPolicyId: ({ trialPolicyId }) => trialPolicyId,
});

/** Null: there is no such product. Refuses `invalid-member`, and what `changeRow` does. */
export async function changeProduct(
  { db, pause }: Deployment,
  id: string,
  patch: ProductPatch,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<Product | null>> {
  return await changeRow<Product, Product>(caller, {
    pause,
    what: "product",
    read: () => findProduct(db, id),
    entityTag: productEntityTag,
    write: async (before) => {
      const refusal = fixedRefusal(before, patch.fixed) ?? metadataRefusal(patch.metadata ?? []);
      if (refusal !== null) return no(refusal);
      const after = patched(before, patch, now);
      const changes = changesOf(before, after);
      if (Object.keys(changes).length === 0) return yes(before);
      const updated = { type: "product.updated", subjectId: id, changes, data: after } as const;
      const written = await updateProduct(db, before, after, eventOf(updated, caller, now));
      return settled(written, after, UNKNOWN_REFERENCES);
    },
  });
}

function patched(before: Product, patch: ProductPatch, now: number): Product {
  const { metadata, fixed: _, ...texts } = patch;
  return {
    ...before,
    ...texts,
    metadata: metadata === undefined ? before.metadata : replacedMetadata(before.metadata, metadata, uuidv7, now),
    updatedAt: laterThan(before.updatedAt, now),
  };
}
