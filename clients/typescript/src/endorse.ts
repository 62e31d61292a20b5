/** Keys beyond the pinned ones: a key set that a trusted key has signed (TOK-7, TRU-2). */

import { type ProductKey, signedAt, verifySignature } from "./token.ts";

export interface Endorsement {
  readonly keys: readonly ProductKey[];
  /** Epoch seconds: when the server signed the set, and until when it is taken in. */
  readonly signedAt: number;
  readonly expiresAt: number;
}

/**
 * The product's keys that a set vouches for, if one of `keys` has signed it; else null. Its end is told, not judged: it
 * counts when the set comes in, and never for a set that is stored beside a token (DEG-1).
 */
export async function readKeySet(
  set: string,
  keys: readonly ProductKey[],
  productId: string,
): Promise<Endorsement | null> {
  const verified = await verifySignature(set, keys, "jwk-set+jwt");
  if (!verified.ok) return null;
  const { sub, iat, exp, server_time, keys: held } = verified.claims;
  if (sub !== productId || !Number.isFinite(iat) || !Number.isFinite(exp) || !Array.isArray(held)) return null;
  if (server_time !== undefined && !Number.isFinite(server_time)) return null;
  const times = { iat: Number(iat), ...(server_time === undefined ? {} : { server_time: Number(server_time) }) };
  return { keys: held.filter(isKey), signedAt: signedAt(times), expiresAt: Number(exp) };
}

function isKey(value: unknown): value is ProductKey {
  if (typeof value !== "object" || value === null) return false;
  const { kid, alg }: { kid?: unknown; alg?: unknown } = value;
  return typeof kid === "string" && typeof alg === "string";
}
