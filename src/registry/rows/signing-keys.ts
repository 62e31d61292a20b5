/** Signing keys in D1 (TOK-4). Private keys are here only as ciphertext that names its wrapping key. */

import { desc, eq, ne, sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { signingKeys } from "../db/schema.ts";
import { insertWhere, prepared } from "../db/statement.ts";

/** A whole row; `publicJwk` is JSON, `privateKey` ciphertext, instants epoch ms. */
export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** What verifying needs: the private key stays in D1. */
export type PublicKeyRow = Pick<
  SigningKeyRow,
  "kid" | "productId" | "algorithm" | "status" | "publicJwk" | "createdAt"
>;

/** Products that rotate keep a handful of keys; the newest of more than that decide. */
const KEYS_PER_PRODUCT = 100;

const PUBLIC_COLUMNS = {
  kid: signingKeys.kid,
  productId: signingKeys.productId,
  algorithm: signingKeys.algorithm,
  status: signingKeys.status,
  publicJwk: signingKeys.publicJwk,
  createdAt: signingKeys.createdAt,
};

/** For the batch that creates the product: the key is written if, and only if, `condition` holds, as the product is. */
export function signingKeyInsert(db: D1Database, row: SigningKeyRow, condition: SQL = sql`true`): D1PreparedStatement {
  return prepared(db, insertWhere(signingKeys, row, condition));
}

/** All of a product's keys, newest first; empty for an unknown product. */
export async function signingKeysOfProduct(db: D1Database, productId: string): Promise<readonly SigningKeyRow[]> {
  return await drizzle(db)
    .select()
    .from(signingKeys)
    .where(eq(signingKeys.productId, productId))
    .orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid))
    .limit(KEYS_PER_PRODUCT);
}

export async function findPublicKey(db: D1Database, kid: string): Promise<PublicKeyRow | null> {
  return (await drizzle(db).select(PUBLIC_COLUMNS).from(signingKeys).where(eq(signingKeys.kid, kid)).get()) ?? null;
}

/** Public keys of every product that are not compromised, as JSON: the newest `limit`, newest first. */
export async function publishedKeys(db: D1Database, limit: number): Promise<readonly string[]> {
  const rows = await drizzle(db)
    .select({ publicJwk: signingKeys.publicJwk })
    .from(signingKeys)
    .where(ne(signingKeys.status, "compromised"))
    .orderBy(desc(signingKeys.createdAt), desc(signingKeys.kid))
    .limit(limit);
  return rows.map((row) => row.publicJwk);
}
