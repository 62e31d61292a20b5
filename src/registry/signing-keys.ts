/** Signing keys in D1 (TOK-4). Private keys are here only as ciphertext that names its wrapping key. */

import { and, asc, count, desc, eq, gt, lt, ne, or } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { signingKeys } from "./schema.ts";
import { prepared } from "./statement.ts";

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

/** The insertion as a statement, for the batch that creates the product. */
export function signingKeyInsert(db: D1Database, row: SigningKeyRow) {
  return drizzle(db).insert(signingKeys).values(row);
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

/** A private key's ciphertext, as the row has it. */
export type WrappedKeyRow = Pick<SigningKeyRow, "kid" | "privateKey" | "wrappingKey">;

/** CFG-3: keys under `wrappingKey`, at most `limit`, in the order of their kids after `after` ("" = from the first). */
export async function keysWrappedUnder(
  db: D1Database,
  wrappingKey: string,
  after: string,
  limit: number,
): Promise<readonly WrappedKeyRow[]> {
  return await drizzle(db)
    .select({ kid: signingKeys.kid, privateKey: signingKeys.privateKey, wrappingKey: signingKeys.wrappingKey })
    .from(signingKeys)
    .where(and(eq(signingKeys.wrappingKey, wrappingKey), gt(signingKeys.kid, after)))
    .orderBy(asc(signingKeys.kid))
    .limit(limit);
}

/** Each row's new ciphertext, unless the key is no longer under `previous`: then another run was faster. */
export async function saveWrappedKeys(
  db: D1Database,
  previous: string,
  [first, ...others]: readonly WrappedKeyRow[],
): Promise<void> {
  const save = ({ kid, privateKey, wrappingKey }: WrappedKeyRow) => {
    const isOld = and(eq(signingKeys.kid, kid), eq(signingKeys.wrappingKey, previous));
    return prepared(db, drizzle(db).update(signingKeys).set({ privateKey, wrappingKey }).where(isOld));
  };
  if (first !== undefined) await db.batch([first, ...others].map(save));
}

/** CFG-3: how many keys are not under `wrappingKey`, by the wrapping key that they name. */
export async function keysUnderOthers(db: D1Database, wrappingKey: string): Promise<ReadonlyMap<string, number>> {
  const name = signingKeys.wrappingKey;
  const rows = await drizzle(db)
    .select({ name, keys: count() })
    .from(signingKeys)
    // Two ranges of the index; for `<>` SQLite reads the whole table.
    .where(or(lt(name, wrappingKey), gt(name, wrappingKey)))
    .groupBy(name);
  return new Map(rows.map((row) => [row.name, row.keys]));
}
