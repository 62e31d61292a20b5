/** Signing keys between D1 and the key ring: made and wrapped for a product, read back as records (TOK-4). */

import {
  findPublicKey,
  publishedKeys,
  signingKeysOfProduct,
  type PublicKeyRow,
  type SigningKeyRow,
  type WrappedKeyRow,
} from "../registry/rows/signing-keys.ts";
import type { KeyIds } from "../tokens/key-id.ts";
import { wrappingContext, type KeySource, type PublicKeyRecord, type SigningKeyRecord } from "../tokens/key-ring.ts";
import { generateSigningKey, type PublicJwk, type TokenAlgorithm } from "../tokens/signing-key.ts";
import type { Wrapping } from "../tokens/wrapping.ts";

/** The row of a new key that signs at once; for `signingKeyInsert`, in the batch that creates the product. */
export async function newSigningKey(
  { wrapping, keyIds }: { readonly wrapping: Wrapping; readonly keyIds: KeyIds },
  productId: string,
  algorithm: TokenAlgorithm,
  now: number,
): Promise<SigningKeyRow> {
  const key = await generateSigningKey(algorithm, keyIds);
  const wrapped = await wrapping.encrypt(key.privateKey, wrappingContext(key.kid));
  return {
    kid: key.kid,
    productId,
    algorithm,
    status: "active",
    publicJwk: JSON.stringify(key.publicJwk),
    privateKey: wrapped.ciphertext,
    wrappingKey: wrapped.wrappingKey,
    createdAt: now,
    updatedAt: now,
  };
}

/** The key ring's view of D1. */
export function keySource(db: D1Database): KeySource {
  return {
    ofProduct: async (productId) => (await signingKeysOfProduct(db, productId)).map(signingKeyOf),
    byKid: async (kid) => {
      const row = await findPublicKey(db, kid);
      return row === null ? null : publicKeyOf(row);
    },
    published: async (limit) => (await publishedKeys(db, limit)).map((json) => JSON.parse(json) as PublicJwk),
  };
}

/** By product. */
export function keysByProduct(rows: readonly WrappedKeyRow[]): ReadonlyMap<string, readonly SigningKeyRecord[]> {
  return Map.groupBy(rows.map(signingKeyOf), ({ productId }) => productId);
}

function signingKeyOf(row: WrappedKeyRow): SigningKeyRecord {
  return { ...publicKeyOf(row), wrapped: { wrappingKey: row.wrappingKey, ciphertext: row.privateKey } };
}

function publicKeyOf(row: PublicKeyRow): PublicKeyRecord {
  const { kid, productId, algorithm, status, createdAt } = row;
  return { kid, productId, algorithm, status, createdAt, publicJwk: JSON.parse(row.publicJwk) as PublicJwk };
}
