/**
 * Deletes a product that no license is of or covers, and no device tries (DEL-1), with its signing keys: nothing is
 * left to verify.
 */

import type { ConditionalCall } from "../../domain/license/calls.ts";
import type { Outcome } from "../../domain/outcome.ts";
import { deleteProduct, findProduct, type Product } from "../../registry/rows/products.ts";
import { productEntityTag } from "./change-product.ts";
import { changeRow, settled } from "./change-row.ts";
import type { Deployment } from "../deployment.ts";
import { eventOf } from "../record.ts";

/**
 * Null: there is no such product. Refuses `in-use`, and what `changeRow` does. Isolates forget its texts and keys at
 * most 60 s later (TOK-4).
 */
export async function removeProduct(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<"removed" | null>> {
  return await changeRow<Product, "removed">(caller, {
    pause,
    what: "product",
    read: () => findProduct(db, id),
    entityTag: productEntityTag,
    write: async (before) => {
      const happening = { type: "product.deleted", subjectId: id, changes: {}, data: before } as const;
      const removed = await deleteProduct(db, before, eventOf(happening, caller, now));
      return settled(removed, "removed", {
        "in-use": { code: "in-use", by: "licenses", retryable: false },
        "has-trials": { code: "in-use", by: "trials", retryable: false },
      });
    },
  });
}
