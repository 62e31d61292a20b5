/** Signing keys in D1 (TOK-4). Private keys are here only as ciphertext that names its wrapping key. */

import { getTableColumns, sql, type SQL } from "drizzle-orm";
import { ask, written, type Question } from "../db/question.ts";
import { signingKeys } from "../db/schema-catalogue.ts";
import { insertWhere, prepared } from "../db/statement.ts";

/** A whole row; `publicJwk` is JSON, `privateKey` ciphertext, instants epoch ms. */
export type SigningKeyRow = typeof signingKeys.$inferSelect;

/** What signing needs. */
export type WrappedKeyRow = Omit<SigningKeyRow, "updatedAt">;

/** What verifying needs: the private key stays in D1. */
export type PublicKeyRow = Pick<
  SigningKeyRow,
  "kid" | "productId" | "algorithm" | "status" | "publicJwk" | "createdAt"
>;

/** Products that rotate keep a handful of keys; the newest of more than that decide. */
export const KEYS_PER_PRODUCT = 100;

const NEWEST_FIRST = sql`ORDER BY ${signingKeys.createdAt} DESC, ${signingKeys.kid} DESC`;

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

const OF_PRODUCT = written(["productId"], ({ productId }) => ({
  select: getTableColumns(signingKeys),
  from: signingKeys,
  where: sql`${signingKeys.productId} = ${productId}`,
  rest: sql`${NEWEST_FIRST} LIMIT ${sql.raw(String(KEYS_PER_PRODUCT))}`,
}));

const BY_KID = written(["kid"], ({ kid }) => ({
  select: PUBLIC_COLUMNS,
  from: signingKeys,
  where: sql`${signingKeys.kid} = ${kid}`,
}));

const PUBLISHED = written(["limit"], ({ limit }) => ({
  select: { publicJwk: signingKeys.publicJwk },
  from: signingKeys,
  where: sql`${signingKeys.status} <> 'compromised'`,
  rest: sql`${NEWEST_FIRST} LIMIT ${limit}`,
}));

/** All of a product's keys, newest first; empty for an unknown product. */
export function signingKeysOf(productId: string): Question<readonly SigningKeyRow[]> {
  return OF_PRODUCT.all({ productId });
}

export async function signingKeysOfProduct(db: D1Database, productId: string): Promise<readonly SigningKeyRow[]> {
  return await ask(db, signingKeysOf(productId));
}

/** Statements for the batch of a change of the product: rows as they are from then on, the new ones among them. */
export function signingKeysWritten(rows: readonly SigningKeyRow[], allowed: SQL): readonly SQL[] {
  return rows.map(
    (row) => sql`${insertWhere(signingKeys, row, allowed)} ON CONFLICT (kid) DO UPDATE SET status = excluded.status,
      private_key = excluded.private_key, wrapping_key = excluded.wrapping_key, updated_at = excluded.updated_at`,
  );
}

/** For a guard: no product has a key of its id, but for the row itself, since no two ciphertexts are alike. */
export function isNewKey({ kid, privateKey }: SigningKeyRow): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM ${signingKeys}
    WHERE ${signingKeys.kid} = ${kid} AND ${signingKeys.privateKey} <> ${privateKey})`;
}

export async function findPublicKey(db: D1Database, kid: string): Promise<PublicKeyRow | null> {
  return await ask(db, BY_KID.one({ kid }));
}

/** Public keys of every product that are not compromised, as JSON: the newest `limit`, newest first. */
export async function publishedKeys(db: D1Database, limit: number): Promise<readonly string[]> {
  const rows = await ask(db, PUBLISHED.all({ limit }));
  return rows.map((row) => row.publicJwk);
}
