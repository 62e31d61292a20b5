/** Products in D1 (PROD-1): what the activation document shows and which algorithm signs. */

import { and, eq, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../domain/event.ts";
import type { MetadataItem } from "../domain/license.ts";
import { productList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "./find.ts";
import type { Wanted } from "./filter.ts";
import { templateExists } from "./license-templates.ts";
import { insertEvent } from "./outbox.ts";
import type { PageRequest } from "./page.ts";
import type { Kept } from "./replays.ts";
import { products } from "./schema-catalogue.ts";
import { signingKeyInsert, type SigningKeyRow } from "./signing-keys.ts";
import { insertWhere, prepared } from "./statement.ts";

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
  /** TPL-1: gives defaults to its new licenses. */
  readonly licenseTemplateId: string | null;
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

/**
 * The product, its first signing key and its event: all or nothing (EVT-1), since without a key it could sign nothing.
 * False, and nothing is written, if there is no such license template (REF-1).
 */
export async function insertProduct(
  db: D1Database,
  product: Product,
  signingKey: SigningKeyRow,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<boolean> {
  const isWritten = sql`EXISTS (SELECT 1 FROM ${products} WHERE ${eq(products.id, product.id)})`;
  const [inserted] = await db.batch([
    prepared(db, insertWhere(products, product, templateFits(product))),
    signingKeyInsert(db, signingKey, isWritten),
    insertEvent(db, event, isWritten),
    ...kept(isWritten),
  ]);
  return inserted?.meta.changes === 1;
}

/** Unless `updated`, nothing was written. `changed`: the product is no longer as `before` says. */
export async function updateProduct(
  db: D1Database,
  before: Product,
  after: Product,
  event: LeaseholdEvent,
): Promise<"updated" | "template-unknown" | "changed"> {
  // A template that a product has already is there (DEL-1).
  const fits = after.licenseTemplateId === before.licenseTemplateId ? sql`true` : templateFits(after);
  const unchanged = and(eq(products.id, before.id), eq(products.updatedAt, before.updatedAt), fits);
  const { id: _, ...columns } = after;
  const [found, , updated] = await db.batch<{ fits?: 0 | 1 }>([
    prepared(db, sql`SELECT ${fits} AS fits`),
    // First the event: it looks at the row that the update is about to change.
    insertEvent(db, event, sql`EXISTS (SELECT 1 FROM ${products} WHERE ${unchanged})`),
    prepared(db, drizzle(db).update(products).set(columns).where(unchanged)),
  ]);
  if (found?.results[0]?.fits === 0) return "template-unknown";
  return updated?.meta.changes === 1 ? "updated" : "changed";
}

function templateFits({ licenseTemplateId }: Product): SQL {
  return licenseTemplateId === null ? sql`true` : templateExists(licenseTemplateId);
}

function productOf(row: typeof products.$inferSelect): Product {
  return { ...row, metadata: row.metadata as readonly MetadataItem[] };
}
