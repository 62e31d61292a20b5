/**
 * Encryption at rest: AES-256-GCM under a key derived from the root secret; every ciphertext names its key (TOK-4,
 * CFG-3).
 */

import { base64url } from "jose";
import { deriveBytes } from "./derive.ts";

/** Nonces are 96 random bits: a deployment encrypts far fewer than the 2^32 texts at which they wear out. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Wrapped {
  /** Id of the wrapping key. */
  readonly wrappingKey: string;
  /** base64url(nonce || ciphertext || tag). */
  readonly ciphertext: string;
}

export interface Wrapping {
  /** Public id of the key that encrypts. Says nothing about the key. */
  readonly keyId: string;
  /** The previous key's, while the root secret rotates. */
  readonly previousKeyId: string | null;
  /** `context` says what the text belongs to (`signing-key:<kid>`); another context does not decrypt it. */
  encrypt(plain: Uint8Array, context: string): Promise<Wrapped>;
  /** By the key that the ciphertext names, current or previous. Null: neither is that key, or it does not open. */
  decrypt(wrapped: Wrapped, context: string): Promise<Uint8Array | null>;
}

export async function openWrapping(rootSecret: string, previousRootSecret: string | null): Promise<Wrapping> {
  const current = await wrappingKey(rootSecret);
  const previous = previousRootSecret === null ? null : await wrappingKey(previousRootSecret);
  const keys = new Map([current, ...(previous === null ? [] : [previous])].map(({ id, key }) => [id, key]));
  return {
    keyId: current.id,
    previousKeyId: previous?.id ?? null,
    encrypt: async (plain, context) => ({
      wrappingKey: current.id,
      ciphertext: await seal(current.key, plain, context),
    }),
    decrypt: async (wrapped, context) => {
      const key = keys.get(wrapped.wrappingKey);
      return key === undefined ? null : await unseal(key, wrapped.ciphertext, context);
    },
  };
}

async function wrappingKey(rootSecret: string): Promise<{ readonly id: string; readonly key: CryptoKey }> {
  const bytes = await deriveBytes(rootSecret, "wrapping-key", 32);
  const id = base64url.encode(await deriveBytes(rootSecret, "wrapping-key-id", 9));
  return { id, key: await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]) };
}

async function seal(key: CryptoKey, plain: Uint8Array, context: string): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(parameters(nonce, context), key, plain);
  const whole = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  whole.set(nonce);
  whole.set(new Uint8Array(sealed), NONCE_BYTES);
  return base64url.encode(whole);
}

async function unseal(key: CryptoKey, ciphertext: string, context: string): Promise<Uint8Array | null> {
  try {
    const whole = base64url.decode(ciphertext);
    if (whole.length < NONCE_BYTES + TAG_BYTES) return null;
    const nonce = whole.subarray(0, NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(parameters(nonce, context), key, whole.subarray(NONCE_BYTES)));
  } catch {
    return null;
  }
}

function parameters(
  nonce: Uint8Array,
  context: string,
): { name: "AES-GCM"; iv: Uint8Array; additionalData: Uint8Array } {
  return { name: "AES-GCM", iv: nonce, additionalData: new TextEncoder().encode(context) };
}
