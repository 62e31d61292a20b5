/** Whether a license is for the product that an app says it is (CHK-1, check 8). */

import type { Refusal } from "../refusal.ts";
import type { Terms } from "../terms/license.ts";

/** NET-2: its own product, or one that its activations cover. `productId` null = the app does not say. */
export function productRefusal(
  { productId: own, licensedProductIds }: Pick<Terms, "productId" | "licensedProductIds">,
  productId: string | null,
): Refusal | null {
  const isMeant = productId === null || productId === own || licensedProductIds.includes(productId);
  return isMeant ? null : { code: "product-mismatch" };
}
