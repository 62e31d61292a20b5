/** Keys and tokens of everybody who signs: we, the identity provider, and somebody whom nobody knows. */

import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { AccessToken } from "../../../src/registry/rows/access-tokens.ts";
import { accessTokenHash, newAccessToken } from "../../../src/tokens/access-token.ts";
import { wrappingContext } from "../../../src/tokens/key-ring.ts";
import type { TokenAlgorithm } from "../../../src/tokens/signing-key.ts";
import { keyIds, KeyStore, wrapping } from "../key-store.ts";

export const ISSUER = "https://login.acme.test";
export const AUDIENCE = "https://licenses.acme.test";
/** Epoch ms, a whole second: the instant of every call. */
export const NOW = 1_790_000_000_000;

const PRODUCT = "63dfd63e-ed71-4f84-9236-02ee0ddb062c";
/** A key pair that one side holds and the other knows. */
export interface Key {
  readonly jwk: JWK & { readonly kid: string };
  readonly privateKey: CryptoKey;
}

export interface TokenWorld {
  /** Our signing keys. */
  readonly ours: Readonly<Record<"ES256" | "RS256" | "compromised", Key>>;
  readonly store: KeyStore;
  /** The provider's keys; `enc` is published for encryption, `oct` is a shared secret that it publishes by mistake. */
  readonly theirs: Readonly<Record<"ES256" | "RS256" | "enc", Key>>;
  readonly oct: JWK & { readonly kid: string };
  /** Somebody else's, known to nobody. */
  readonly mallory: Key;
  /** Good, revoked, and expired at `NOW`. */
  readonly access: Readonly<Record<"good" | "revoked" | "expired", string>>;
}

export async function newTokenWorld(): Promise<TokenWorld> {
  const store = new KeyStore();
  const compromised = await ourKey(store, "ES256");
  const ours = { ES256: await ourKey(store, "ES256"), RS256: await ourKey(store, "RS256"), compromised };
  store.mark(compromised.jwk.kid, "compromised");
  const theirs = { ES256: await newKey("ES256"), RS256: await newKey("RS256"), enc: await newKey("RS256", "enc") };
  const access = { good: newAccessToken(), revoked: newAccessToken(), expired: newAccessToken() };
  const oct = { kty: "oct", kid: "shared", alg: "HS256", k: base64url.encode("a secret that everybody can read") };
  return { ours, store, theirs, oct, mallory: await newKey("ES256"), access };
}

/** What the provider answers to `GET url`. */
export function providerAnswer({ theirs, oct }: TokenWorld, url: string): Response {
  if (url === `${ISSUER}/.well-known/openid-configuration`) {
    return json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` });
  }
  if (url === `${ISSUER}/jwks`) return json({ keys: [...Object.values(theirs).map(({ jwk }) => jwk), oct] });
  return new Response(null, { status: 404 });
}

/** Node ends the bodies that it makes itself in a way that a reader into its own buffer trips over. */
function json(document: object): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const body = new ReadableStream({
    type: "bytes",
    start: (stream) => stream.enqueue(bytes),
    pull: (stream) => {
      stream.close();
      stream.byobRequest?.respond(0);
    },
  });
  return new Response(body, { headers: { "Content-Type": "application/json" } });
}

/** The access token that has this hash; null = none has. */
export async function accessTokenRow({ access }: TokenWorld, hash: string): Promise<AccessToken | null> {
  for (const [id, token] of Object.entries(access)) {
    if ((await accessTokenHash(token)) !== hash) continue;
    const expiresAt = id === "expired" ? NOW : null;
    const dates = { expiresAt, lastUsedAt: NOW, createdAt: NOW, updatedAt: NOW };
    return { id, name: id, scopes: ["*"], revoked: id === "revoked", mintedBy: null, ...dates };
  }
  return null;
}

async function ourKey(store: KeyStore, algorithm: TokenAlgorithm): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const bare = await exportJWK(publicKey);
  const kid = await keyIds.of(bare);
  const publicJwk = { ...bare, kid, alg: algorithm, use: "sig" };
  const pkcs8 = new Uint8Array((await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer);
  const wrapped = await wrapping.encrypt(pkcs8, wrappingContext(kid));
  store.rows.push({ kid, productId: PRODUCT, algorithm, status: "active", publicJwk, createdAt: 0, wrapped });
  return { jwk: publicJwk, privateKey };
}

async function newKey(algorithm: TokenAlgorithm, use = "sig"): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const bare = await exportJWK(publicKey);
  return { jwk: { ...bare, kid: await calculateJwkThumbprint(bare), alg: algorithm, use }, privateKey };
}
