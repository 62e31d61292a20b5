/** Products in D1 (PROD-1): what the activation document shows and which algorithm signs. */

import { and, eq, sql, type SQL } from "drizzle-orm";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { MetadataItem } from "../../domain/terms/license.ts";
import { productList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { firstInTheWay, removeRow, replaceRow, type Guard, type Written } from "./optimistic-write.ts";
import { templateExists } from "./license-templates.ts";
import { forgetGoneTrials, hasTrials } from "../trials/trials.ts";
import { trialPolicyExists } from "../trials/trial-policies.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import type { Kept } from "./idempotency-records.ts";
import { answered, ask, written, writtenById, type Question } from "../db/question.ts";
import { licenseFacets } from "../db/schema.ts";
import { products, signingKeys } from "../db/schema-catalogue.ts";
import { isNewKey, signingKeyInsert, signingKeysWritten, type SigningKeyRow } from "./signing-keys.ts";
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
  /** TRIAL-1: null = it has no trial. */
  readonly trialPolicyId: string | null;
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
 * The product, its first signing keys and its event: all or nothing (EVT-1), since without a key it could sign nothing.
 * Else nothing is written, and what it refers to is not there (REF-1).
 */
export async function insertProduct(
  db: D1Database,
  product: Product,
  keys: readonly SigningKeyRow[],
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<"written" | UnknownReference> {
  const guards = guardsOf(product);
  const isWritten = sql`EXISTS (SELECT 1 FROM ${products} WHERE ${eq(products.id, product.id)})`;
  const [stranger, inserted] = await db.batch<{ readonly inTheWay: number | null }>([
    prepared(db, firstInTheWay(guards)),
    prepared(db, insertWhere(products, product, and(...guards.map(({ holds }) => holds)) ?? sql`true`)),
    ...keys.map((key) => signingKeyInsert(db, key, isWritten)),
    insertEvent(db, event, isWritten),
    ...kept(isWritten),
  ]);
  if (inserted?.meta.changes === 1) return "written";
  const refused = guards[stranger?.results[0]?.inTheWay ?? -1];
  if (refused === undefined) throw new Error("a product was not written, and nothing was in the way");
  return refused.otherwise;
}

/** What it shall refer to from now on, and is not there. */
type UnknownReference = "template-unknown" | "policy-unknown";

export async function updateProduct(
  db: D1Database,
  before: Product,
  after: Product,
  event: LeaseholdEvent,
): Promise<Written<UnknownReference>> {
  const { id: _, ...columns } = after;
  return await replaceRow(db, { table: products, before, columns, event, guards: guardsOf(after, before) });
}

/**
 * TOK-4: rows of its keys, written while product and keys are as they were read: every change of its keys moves the
 * product's `updatedAt`. `key-taken`: some product has a key of the id of `added`.
 */
export async function updateSigningKeys(
  db: D1Database,
  before: Product,
  { rows, added, updatedAt }: ChangedKeys,
  event: LeaseholdEvent,
  kept: Kept = () => [],
): Promise<Written<"key-taken">> {
  return await replaceRow(db, {
    table: products,
    before,
    columns: { updatedAt },
    event,
    guards: added === null ? [] : [{ holds: isNewKey(added), otherwise: "key-taken" }],
    along: (allowed) => signingKeysWritten(rows, allowed),
    kept,
  });
}

export interface ChangedKeys {
  /** As they are from now on: those that change, and new ones. */
  readonly rows: readonly SigningKeyRow[];
  /** The one of them that must be new. */
  readonly added: SigningKeyRow | null;
  readonly updatedAt: number;
}

/**
 * The product and its signing keys go (DEL-1). `in-use`: a license is of it or covers it. `has-trials`: some device
 * tries it, or did.
 */
export async function deleteProduct(
  db: D1Database,
  before: Pick<Product, "id" | "updatedAt">,
  event: LeaseholdEvent,
): Promise<Written<"in-use" | "has-trials">> {
  return await removeRow(db, {
    table: products,
    before,
    event,
    guards: [
      { holds: sql`NOT ${isInUse(before.id)}`, otherwise: "in-use" },
      { holds: sql`NOT ${hasTrials(before.id)}`, otherwise: "has-trials" },
    ],
    along: (allowed) => [
      sql`DELETE FROM ${signingKeys} WHERE ${eq(signingKeys.productId, before.id)} AND ${allowed}`,
      forgetGoneTrials(before.id, allowed),
    ],
  });
}

/** What a product refers to already is there (DEL-1). */
function guardsOf({ licenseTemplateId, trialPolicyId }: Product, before?: Product): readonly Guard<UnknownReference>[] {
  const guards: Guard<UnknownReference>[] = [];
  if (licenseTemplateId !== null && licenseTemplateId !== before?.licenseTemplateId) {
    guards.push({ holds: templateExists(licenseTemplateId), otherwise: "template-unknown" });
  }
  if (trialPolicyId !== null && trialPolicyId !== before?.trialPolicyId) {
    guards.push({ holds: trialPolicyExists(trialPolicyId), otherwise: "policy-unknown" });
  }
  return guards;
}

/** A license is of it or covers it. */
function isInUse(id: string): SQL {
  return sql`EXISTS (SELECT 1 FROM ${licenseFacets} WHERE facet IN (${kindOf("product")}, ${kindOf("licensed-product")}) AND value = ${bytesOf(id)})`;
}

function productOf(row: typeof products.$inferSelect): Product {
  return { ...row, metadata: row.metadata as readonly MetadataItem[] };
}
