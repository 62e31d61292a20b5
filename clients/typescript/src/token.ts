/** A license token as it comes in: its signature, and what it claims (VER-1 to VER-10). Nothing here knows the time. */

import { base64url, compactVerify, importJWK, type JWK } from "jose";

/** A public key of the product, as `npm run keys` prints it and the JWKS shows it. */
export interface ProductKey extends JWK {
  readonly kid: string;
  readonly alg: "ES256" | "Ed25519" | "RS256";
}

/** Whose token it has to be. What is left out is not looked at. */
export interface Holder {
  readonly productId: string;
  readonly issuer?: string;
  /** What this device activated with, as it was sent. */
  readonly fingerprint?: string;
  /** The RFC 7638 thumbprint of this device's own key; a token that is bound to a key needs it. */
  readonly deviceKey?: string;
}

export type FeatureValue = string | number | boolean;

/** The claims of TOK-2 that a client reads. Times in epoch seconds. */
export interface Claims {
  readonly iss?: string;
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly nbf: number;
  readonly exp?: number;
  readonly server_time?: number;
  readonly refresh_after?: number;
  readonly lease_expires_at?: number;
  readonly license_expires_at?: number;
  readonly gen?: number;
  readonly fp?: string;
  readonly cnf?: { readonly jkt?: unknown };
  readonly products?: readonly string[];
  readonly features?: Readonly<Record<string, FeatureValue>>;
  readonly license_type?: string;
  readonly user?: string;
  readonly over_limit?: boolean;
}

export type InvalidReason =
  | "malformed"
  | "type"
  | "key-unknown"
  | "algorithm"
  | "signature"
  | "claims"
  | "product"
  | "issuer"
  | "device"
  | "device-key";

export type Verified<T> =
  | { readonly ok: true; readonly claims: T }
  | { readonly ok: false; readonly reason: InvalidReason };

/** VER-2, in characters. */
const LONGEST = 16_384;
const COMPACT = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
/** VER-3. */
const ALGORITHMS: readonly string[] = ["ES256", "Ed25519", "RS256"];

/** A license token of `holder` under one of `keys`, or the first thing that is wrong with it. Never throws. */
export async function verifyToken(
  token: string,
  keys: readonly ProductKey[],
  holder: Holder,
): Promise<Verified<Claims>> {
  const payload = await verifySignature(token, keys, "license+jwt");
  if (!payload.ok) return payload;
  const { claims } = payload;
  if (!isClaims(claims)) return wrong("claims");
  if (![claims.aud].flat().includes(holder.productId)) return wrong("product");
  if (holder.issuer !== undefined && claims.iss !== holder.issuer) return wrong("issuer");
  if (holder.fingerprint !== undefined && claims.fp !== (await digestOf(holder.fingerprint))) return wrong("device");
  if (claims.cnf?.jkt !== undefined && claims.cnf.jkt !== holder.deviceKey) return wrong("device-key");
  return { ok: true, claims };
}

/** VER-1 to VER-5, of any kind of token that a product's key signs. The payload is a JSON object. */
export async function verifySignature(
  token: string,
  keys: readonly ProductKey[],
  typ: string,
): Promise<Verified<Readonly<Record<string, unknown>>>> {
  if (token.length > LONGEST) return wrong("malformed");
  const header = objectIn(COMPACT.exec(token)?.[1]);
  if (header === null) return wrong("malformed");
  if (header["typ"] !== typ || "crit" in header) return wrong("type");
  const key = keys.find(({ kid }) => kid === header["kid"]);
  if (key === undefined) return wrong("key-unknown");
  if (header["alg"] !== key.alg || !ALGORITHMS.includes(key.alg)) return wrong("algorithm");
  try {
    const { payload } = await compactVerify(token, await importJWK(key, key.alg), { algorithms: [key.alg] });
    const claims = parsed(payload);
    return claims === null ? wrong("claims") : { ok: true, claims };
  } catch {
    return wrong("signature");
  }
}

/** When the server decided what the token says, in epoch seconds: TOK-2 back-dates `iat`. */
export function signedAt(claims: Pick<Claims, "iat" | "server_time">): number {
  return claims.server_time ?? claims.iat;
}

function wrong(reason: InvalidReason): { readonly ok: false; readonly reason: InvalidReason } {
  return { ok: false, reason };
}

function objectIn(part: string | undefined): Record<string, unknown> | null {
  try {
    return part === undefined ? null : parsed(base64url.decode(part));
  } catch {
    return null;
  }
}

function parsed(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** VER-6. */
function isClaims(value: object): value is Claims {
  const claims: Readonly<Record<string, unknown>> = { ...value };
  const needed = ["iat", "nbf"].every((name) => Number.isFinite(claims[name]));
  const named = ["sub", "sid", "jti"].every((name) => typeof claims[name] === "string");
  const times = ["server_time", "exp", "refresh_after", "lease_expires_at", "license_expires_at", "grace_until", "gen"];
  return needed && named && times.every((name) => claims[name] === undefined || Number.isFinite(claims[name]));
}

async function digestOf(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
