/** Signing keys as such (TOK-1): make, import, name and write them. Which key signs is the key ring's matter. */

import {
  base64url,
  CompactSign,
  compactVerify,
  exportJWK,
  generateKeyPair,
  importJWK,
  importPKCS8,
  type JWK,
} from "jose";
import type { KeyIds } from "./key-id.ts";

/** JWS algorithm names (RFC 7518; RFC 9864 for `Ed25519`). */
export type TokenAlgorithm = "ES256" | "Ed25519" | "RS256";

/** `active` signs; `published` is in the JWKS only; `retired` still verifies; `compromised` is out (TOK-4). */
export type KeyStatus = "published" | "active" | "retired" | "compromised";

/** A public key as the JWKS publishes it (RFC 7517), with `kid`, `alg` and `use`. */
export type PublicJwk = JWK;

/** The same with its private half. */
export type PrivateJwk = JWK;

export interface GeneratedKey {
  /** By `KeyIds`. */
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly publicJwk: PublicJwk;
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
}

const IMPORT = {
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  Ed25519: { name: "Ed25519" },
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
} as const satisfies Record<TokenAlgorithm, object>;

const RSA_BITS = 2048;

export async function generateSigningKey(algorithm: TokenAlgorithm, keyIds: KeyIds): Promise<GeneratedKey> {
  const pair = await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_BITS });
  const bare = await exportJWK(pair.publicKey);
  const kid = await keyIds.of(bare);
  const privateKey = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  return {
    kid,
    algorithm,
    publicJwk: { ...bare, kid, alg: algorithm, use: "sig" },
    privateKey: new Uint8Array(bytesOf(privateKey)),
  };
}

/** `given`: PKCS#8 as PEM, or a JWK. Null: no private key of the algorithm, one too weak, or two halves of no pair. */
export async function importedSigningKey(
  given: string | PrivateJwk,
  algorithm: TokenAlgorithm,
  keyIds: KeyIds,
): Promise<GeneratedKey | null> {
  try {
    const options = { extractable: true };
    const key =
      typeof given === "string"
        ? await importPKCS8(given, algorithm, options)
        : await importJWK({ ...given, alg: algorithm, ext: true, key_ops: ["sign"] }, algorithm, options);
    if (key instanceof Uint8Array || key.type !== "private") return null;
    const { kty, crv, x, y, n, e } = await exportJWK(key);
    const bare = JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JWK;
    if (n !== undefined && base64url.decode(n).length * 8 < RSA_BITS) return null;
    const kid = await keyIds.of(bare);
    const publicJwk = { ...bare, kid, alg: algorithm, use: "sig" };
    const probe = await new CompactSign(PROBE).setProtectedHeader({ alg: algorithm }).sign(key);
    await compactVerify(probe, await importPublicKey(publicJwk, algorithm));
    const privateKey = new Uint8Array(bytesOf(await crypto.subtle.exportKey("pkcs8", key)));
    return { kid, algorithm, publicJwk, privateKey };
  } catch {
    return null;
  }
}

const PROBE = new Uint8Array(1);

/** Not extractable. Rejects if the bytes are not PKCS#8 of the algorithm. */
export async function importPrivateKey(pkcs8: Uint8Array, algorithm: TokenAlgorithm): Promise<CryptoKey> {
  return await crypto.subtle.importKey("pkcs8", pkcs8, IMPORT[algorithm], false, ["sign"]);
}

/** The algorithm is our record's, never the JWK's or a token's. */
export async function importPublicKey(jwk: PublicJwk, algorithm: TokenAlgorithm): Promise<CryptoKey> {
  const key = await importJWK({ ...jwk, alg: algorithm, ext: true }, algorithm);
  if (key instanceof Uint8Array) throw new Error("a public key of ours is not asymmetric");
  return key;
}

/** SubjectPublicKeyInfo DER in padded standard base64 (DOC-1 `tokenPublicKeyBase64`). */
export async function spkiBase64(publicKey: CryptoKey): Promise<string> {
  const der = new Uint8Array(bytesOf(await crypto.subtle.exportKey("spki", publicKey)));
  return btoa(String.fromCharCode(...der));
}

/** `exportKey` answers a JWK only for the format `jwk`, which its type does not tell. */
function bytesOf(exported: ArrayBuffer | JsonWebKey): ArrayBuffer {
  if (exported instanceof ArrayBuffer) return exported;
  throw new Error("a key was exported as JWK");
}
