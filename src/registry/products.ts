/** Products in D1 (PROD-1): what the activation document shows and which algorithm signs. */

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { MetadataItem } from "../domain/license.ts";
import { products } from "./schema.ts";

/** Instants in epoch ms. The five texts of the activation document are `""` when void, never null. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly legalNotice: string;
  readonly copyright: string;
  readonly providerUrl: string;
  readonly providerEmail: string;
  readonly tokenAlgorithm: "ES256" | "Ed25519" | "RS256";
  readonly metadata: readonly MetadataItem[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export async function findProduct(db: D1Database, id: string): Promise<Product | null> {
  const row = await drizzle(db).select().from(products).where(eq(products.id, id)).get();
  return row === undefined ? null : productOf(row);
}

function productOf(row: typeof products.$inferSelect): Product {
  return { ...row, metadata: row.metadata as readonly MetadataItem[] };
}
