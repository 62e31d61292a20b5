/** Products in D1 (PROD-1): what the activation document shows and which algorithm signs. */

import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../domain/event.ts";
import type { MetadataItem } from "../domain/license.ts";
import { productList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "./find.ts";
import type { Wanted } from "./filter.ts";
import { insertEvent } from "./outbox.ts";
import type { PageRequest } from "./page.ts";
import type { Kept } from "./replays.ts";
import { products } from "./schema-catalogue.ts";
import { signingKeyInsert, type SigningKeyRow } from "./signing-keys.ts";
import { prepared } from "./statement.ts";

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

export async function listProducts(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Product>> {
  return mapped(await find(db, productList, request, wanted, now), productOf);
}

/** Which of these ids no product has. At most what a JSON parameter holds. */
export async function unknownProducts(db: D1Database, ids: readonly string[]): Promise<readonly string[]> {
  const unknown = await drizzle(db).all<{ id: string }>(
    sql`SELECT value AS id FROM json_each(${JSON.stringify(ids)}) WHERE value NOT IN (SELECT id FROM ${products})`,
  );
  return unknown.map(({ id }) => id);
}

/** The product, its first signing key and its event: all or nothing (EVT-1), since without a key it could sign nothing. */
export async function insertProduct(
  db: D1Database,
  product: Product,
  signingKey: SigningKeyRow,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<void> {
  await db.batch([
    ...kept(),
    prepared(db, drizzle(db).insert(products).values(product)),
    prepared(db, signingKeyInsert(db, signingKey)),
    insertEvent(db, event),
  ]);
}

/** False, and nothing is written, if the product is no longer as `before` says: somebody else changed it meanwhile. */
export async function updateProduct(
  db: D1Database,
  before: Product,
  after: Product,
  event: LeaseholdEvent,
): Promise<boolean> {
  const unchanged = and(eq(products.id, before.id), eq(products.updatedAt, before.updatedAt));
  const { id: _, ...columns } = after;
  const [, updated] = await db.batch([
    // First the event: it looks at the row that the update is about to change.
    insertEvent(db, event, sql`EXISTS (SELECT 1 FROM ${products} WHERE ${unchanged})`),
    prepared(db, drizzle(db).update(products).set(columns).where(unchanged)),
  ]);
  return updated?.meta.changes === 1;
}

function productOf(row: typeof products.$inferSelect): Product {
  return { ...row, metadata: row.metadata as readonly MetadataItem[] };
}
