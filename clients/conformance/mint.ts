/** Keys and tokens of the vectors, right ones and wrong ones. */

import { createHash, KeyObject, sign } from "node:crypto";
import { base64url, calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair, type JWK } from "jose";

/** The server's time when the ordinary token was signed, in epoch seconds. */
export const T = Date.parse("2026-01-15T12:00:00Z") / 1_000;
export const HOUR = 3_600;
export const DAY = 86_400;
export const YEAR = 365 * DAY;
export const PRODUCT = "0198f3a0-0000-7000-8000-000000000001";
export const ISSUER = "https://licenses.acme.example";
export const FINGERPRINT = "the-device-of-the-vectors";
export const SESSION = "0198f3a0-0000-8000-8000-00000000000a";

/** A right token: a floating seat for an hour, which is half over in half an hour, of a license that ends in 30 days. */
export const CLAIMS = {
  iss: ISSUER,
  aud: PRODUCT,
  sub: "0198f3a0-0000-8000-8000-000000000002",
  sid: SESSION,
  jti: "0198f3a0-0000-7000-8000-000000000003",
  server_time: T,
  iat: T - 300,
  nbf: T - 300,
  exp: T + HOUR,
  fp: digest(FINGERPRINT),
  products: [PRODUCT],
  features: { pdf: true, seats: 5 },
  license_type: "hosted-floating",
  lease_expires_at: T + HOUR,
  license_expires_at: T + 30 * DAY,
  refresh_after: T + HOUR / 2,
  over_limit: false,
  gen: 1,
} as const;

export type Payload = Readonly<Record<string, unknown>>;

export interface Key {
  readonly publicJwk: JWK & { readonly kid: string; readonly alg: string };
  readonly privateKey: CryptoKey;
}

export interface Mint {
  readonly keys: Readonly<Record<KeyName, Key>>;
  /** The ordinary token with other claims, a claim of undefined left out, signed by `by` under another header. */
  token(claims?: Payload, by?: KeyName, header?: Payload): Promise<string>;
  /** A signed key set that holds these keys. */
  set(holds: readonly KeyName[], by: KeyName, claims?: Payload): Promise<string>;
  /** Signs these very bytes. */
  bytes(payload: string, by?: KeyName, header?: Payload): Promise<string>;
}

/** `foreign` goes by the key id of `main`, and no app trusts it. `device` is a device's own. */
const ALGORITHMS = {
  main: "ES256",
  reserve: "ES256",
  ed25519: "Ed25519",
  rs256: "RS256",
  foreign: "ES256",
  device: "ES256",
} as const;
export type KeyName = keyof typeof ALGORITHMS;

export async function openMint(): Promise<Mint> {
  const made = await Promise.all(Object.entries(ALGORITHMS).map(async ([name, alg]) => [name, await keyOf(name, alg)]));
  const keys = Object.fromEntries(made) as Record<KeyName, Key>;
  async function bytes(payload: string, by: KeyName = "main", header: Payload = {}): Promise<string> {
    const { publicJwk, privateKey } = keys[by];
    const full = { alg: publicJwk.alg, typ: "license+jwt", kid: publicJwk.kid, ...header };
    return await signed(JSON.stringify(full), payload, publicJwk.alg, privateKey);
  }
  return {
    keys,
    bytes,
    token: async (claims = {}, by = "main", header = {}) =>
      await bytes(JSON.stringify({ ...CLAIMS, ...claims }), by, header),
    set: async (holds, by, claims = {}) => {
      const about = { iss: ISSUER, sub: PRODUCT, server_time: T, iat: T - 300, exp: T + 30 * DAY };
      const payload = { ...about, keys: holds.map((name) => keys[name].publicJwk), ...claims };
      return await bytes(JSON.stringify(payload), by, { typ: "jwk-set+jwt" });
    },
  };
}

/** Base64url of the SHA-256 of a fingerprint: the claim `fp`. */
export function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

/** What a token is made of, with one part replaced. */
export function withPart(token: string, index: 0 | 1 | 2, part: string): string {
  return token.split(".").with(index, part).join(".");
}

export function encoded(value: unknown): string {
  return base64url.encode(JSON.stringify(value));
}

export async function thumbprintOf({ publicJwk }: Key): Promise<string> {
  return await calculateJwkThumbprint(publicJwk);
}

async function keyOf(name: string, alg: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const kid = name === "foreign" ? "key-main" : `key-${name}`;
  return { publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" }, privateKey };
}

/** jose refuses headers that a liar would write, so that those are signed by Node. */
async function signed(header: string, payload: string, alg: string, key: CryptoKey): Promise<string> {
  const parts = `${base64url.encode(header)}.${base64url.encode(payload)}`;
  if (alg === "ES256") {
    const signature = await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      key,
      new TextEncoder().encode(parts),
    );
    return `${parts}.${base64url.encode(new Uint8Array(signature))}`;
  }
  return await new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader(JSON.parse(header)).sign(key);
}

/** The signature of a token as DER, which JWS forbids. */
export function asDer(token: string, { privateKey }: Key): string {
  const parts = token.split(".").slice(0, 2).join(".");
  const der = sign("sha256", Buffer.from(parts), {
    key: KeyObject.from(privateKey as Parameters<typeof KeyObject.from>[0]),
    dsaEncoding: "der",
  });
  return `${parts}.${der.toString("base64url")}`;
}
