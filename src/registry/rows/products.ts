/** Products in D1 (PROD-1): what the activation document shows and which algorithm signs. */

import { eq, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { MetadataItem } from "../../domain/terms/license.ts";
import { productList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import { templateExists } from "./license-templates.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { licenseFacets, signingKeys } from "../db/schema.ts";
import { products } from "../db/schema-catalogue.ts";
import { signingKeyInsert, type SigningKeyRow } from "./signing-keys.ts";
import { insertWhere, prepared } from "../db/statement.ts";
import { bytesOf } from "../db/uuid.ts";
import { kindOf } from "../find/facets.ts";

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

const BY_ID = writtenById(products);
/** Of the ids in a JSON list, those that no product has. */
const UNKNOWN = written(["ids"], ({ ids }) => ({
  select: { id: sql<string>`asked.value` },
  from: sql`json_each(${ids}) AS asked`,
  where: sql`asked.value NOT IN (SELECT ${products.id} FROM ${products})`,
}));

export function productById(id: string): Question<Product | null> {
  return answered(BY_ID.one({ id }), (row) => (row === null ? null : productOf(row)));
}

export async function findProduct(db: D1Database, id: string): Promise<Product | null> {
  return await ask(db, productById(id));
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
export function unknownProducts(ids: readonly string[]): Question<readonly string[]> {
  return answered(UNKNOWN.all({ ids: JSON.stringify(ids) }), (unknown) => unknown.map(({ id }) => id));
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

/** `template-unknown`: the license template that it shall have from now on is none. */
export async function updateProduct(
  db: D1Database,
  before: Product,
  after: Product,
  event: LeaseholdEvent,
): Promise<Written<"template-unknown">> {
  const { id: _, ...columns } = after;
  // A template that a product has already is there (DEL-1).
  const keepsTemplate = after.licenseTemplateId === before.licenseTemplateId;
  const guard = { holds: templateFits(after), otherwise: "template-unknown" } as const;
  return await replaceRow(db, { table: products, before, columns, event, guards: keepsTemplate ? [] : [guard] });
}

/** The product and its signing keys go (DEL-1). `in-use`: a license is of it or covers it. */
export async function deleteProduct(
  db: D1Database,
  before: Pick<Product, "id" | "updatedAt">,
  event: LeaseholdEvent,
): Promise<Written<"in-use">> {
  return await removeRow(db, {
    table: products,
    before,
    event,
    guards: [{ holds: sql`NOT ${isInUse(before.id)}`, otherwise: "in-use" }],
    along: (allowed) => [sql`DELETE FROM ${signingKeys} WHERE ${eq(signingKeys.productId, before.id)} AND ${allowed}`],
  });
}

function templateFits({ licenseTemplateId }: Product): SQL {
  return licenseTemplateId === null ? sql`true` : templateExists(licenseTemplateId);
}

/** A license is of it or covers it. */
function isInUse(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${licenseFacets} WHERE facet IN (${kindOf("product")}, ${kindOf("licensed-product")}) AND value = ${bytesOf(id)})`;
}

function productOf(row: typeof products.$inferSelect): Product {
  return { ...row, metadata: row.metadata as readonly MetadataItem[] };
}
