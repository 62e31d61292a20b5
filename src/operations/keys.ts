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
import {
  generateSigningKey,
  type GeneratedKey,
  type KeyStatus,
  type PublicJwk,
  type TokenAlgorithm,
} from "../tokens/signing-key.ts";
import type { Wrapping } from "../tokens/wrapping.ts";

interface Making {
  readonly wrapping: Wrapping;
  readonly keyIds: KeyIds;
}

/** The row of a new key of this algorithm, to be written in a batch. */
export async function newSigningKey(
  making: Making,
  productId: string,
  algorithm: TokenAlgorithm,
  now: number,
  status: KeyStatus = "active",
): Promise<SigningKeyRow> {
  const key = await generateSigningKey(algorithm, making.keyIds);
  return await wrappedRow(making, key, { productId, status, createdAt: now, updatedAt: now });
}

/** What is known of a key beside itself. */
type About = Pick<SigningKeyRow, "productId" | "status" | "createdAt" | "updatedAt">;

export async function wrappedRow(
  { wrapping }: Pick<Making, "wrapping">,
  { kid, algorithm, publicJwk, privateKey }: GeneratedKey,
  about: About,
): Promise<SigningKeyRow> {
  const wrapped = await wrapping.encrypt(privateKey, wrappingContext(kid));
  const secret = { privateKey: wrapped.ciphertext, wrappingKey: wrapped.wrappingKey };
  return { kid, algorithm, publicJwk: JSON.stringify(publicJwk), ...secret, ...about };
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

export function signingKeyOf(row: WrappedKeyRow): SigningKeyRecord {
  return { ...publicKeyOf(row), wrapped: { wrappingKey: row.wrappingKey, ciphertext: row.privateKey } };
}

function publicKeyOf(row: PublicKeyRow): PublicKeyRecord {
  const { kid, productId, algorithm, status, createdAt } = row;
  return { kid, productId, algorithm, status, createdAt, publicJwk: JSON.parse(row.publicJwk) as PublicJwk };
}
