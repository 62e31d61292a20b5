/** How tokens are made that no library makes, and readers that lack a check, as others have been found in the world. */

import { sign } from "node:crypto";
import { base64url, CompactSign, exportSPKI, importJWK, type JWK } from "jose";
import type { Edit, Planted } from "../../support/plant.ts";
import { AUDIENCE, ISSUER, NOW, type Key, type TokenWorld } from "./world.ts";

export type VerifierName = "license token" | "provider's token" | "access token";

export interface BadToken extends Planted {
  readonly of: VerifierName;
  /** What stands after `Bearer `, or the whole header where that is at fault. */
  token(world: TokenWorld): string | Promise<string>;
  readonly isHeader?: true;
}

export const SECONDS = NOW / 1000;
/** What a person's token says at least. */
export const ADA = { iss: ISSUER, sub: "ada", aud: AUDIENCE, exp: SECONDS + 3_600 };
export const DEVICE = { sid: "0123abcd-4567-8ef0-a111-222233334444", sub: "0123abcd-4567-8ef0-9234-567890abcdef" };

/** The same RSA key, for another padding. */
export async function asPss({ privateKey }: Key): Promise<CryptoKey> {
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer;
  return await crypto.subtle.importKey("pkcs8", pkcs8, { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]);
}

export type Header = Readonly<Record<string, unknown>>;
export type Signing = CryptoKey | Uint8Array;

export const signed = async (
  header: Header,
  claims: object | string,
  key: Signing,
  crit: Readonly<Record<string, true>> = {},
) =>
  await new CompactSign(new TextEncoder().encode(typeof claims === "string" ? claims : JSON.stringify(claims)))
    .setProtectedHeader(header as { alg: string })
    .sign(key, { crit });

export const unsigned = (header: Header, claims: object, signature = "") =>
  `${[header, claims].map((part) => base64url.encode(JSON.stringify(part))).join(".")}.${signature}`;

/** Written as OpenSSL writes ECDSA signatures, not as JWS wants them (RFC 7518 3.4). */
export async function der(header: Header, claims: object, { privateKey }: Key): Promise<string> {
  const text = unsigned(header, claims).slice(0, -1);
  const key = Buffer.from((await crypto.subtle.exportKey("pkcs8", privateKey)) as ArrayBuffer);
  const how = { key, format: "der", type: "pkcs8", dsaEncoding: "der" } as const;
  return `${text}.${base64url.encode(sign("sha256", Buffer.from(text), how))}`;
}

export const published = (document: unknown) => `data:application/json,${encodeURIComponent(JSON.stringify(document))}`;
export const pem = async ({ jwk: { kty, crv, x, y } }: Key) =>
  await exportSPKI((await importJWK({ kty, crv, x, y, ext: true } as JWK, "ES256")) as CryptoKey);
export const publicPem = async (key: Key) => `data:text/plain,${encodeURIComponent(await pem(key))}`;

export const half = (token: string) => token.slice(0, token.lastIndexOf("."));
export const CRITICAL = { crit: ["urn:acme:level"], "urn:acme:level": 3 };
export const UNDERSTOOD = { "urn:acme:level": true } as const;
/** Over a megabyte when it is encoded. */
export const PADDING = { padding: "x".repeat(1024 * 1024) };

// Readers that lack one check, as others have been found in the world.
export const part = (at: number) =>
  `Uint8Array.from(atob((token.split(".")[${at}] ?? "").replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0))`;
export const CLAIMS_UNREAD = part(1);
export const CLAIMS = `JSON.parse(new TextDecoder().decode(${CLAIMS_UNREAD}))`;
export const HEADER = `(JSON.parse(new TextDecoder().decode(${part(0)})) as any)`;
export const DER_VERIFIED = `await (async () => {
  const crypto = await import("node:crypto");
  const [head = "", claims = "", signature = ""] = token.split(".");
  const how = { key: crypto.createPublicKey(DER_KEY), dsaEncoding: "der" } as const;
  if (!crypto.verify("sha256", Buffer.from(head + "." + claims), how, Buffer.from(signature, "base64url"))) throw new Error();
  return DER_ANSWER;
})()`;

export const oursWithout = (replace: string): Edit => ({
  in: "verified",
  find: "compactVerify(token, key.publicKey, { algorithms: [key.algorithm] })",
  replace,
});
export const theirsWithout = (replace: string): Edit => ({
  in: "payloadOf",
  find: "(await jwtVerify(token, keys, rules)).payload",
  replace,
});
export const byHeader = (key: string) => `(await jwtVerify(token, await (async () => ${key})(), rules)).payload`;
export const HEADER_JWK = `(await import("jose")).importJWK(${HEADER}.jwk, ${HEADER}.alg)`;
export const HEADER_JKU = `(await import("jose")).createLocalJWKSet(await (await globalThis.fetch(${HEADER}.jku)).json())`;
export const HEADER_X5U = `(await import("jose")).importSPKI(await (await globalThis.fetch(${HEADER}.x5u)).text(), ${HEADER}.alg)`;

export const typed = (key: Key, more: Header = {}): Header => ({
  alg: "ES256",
  typ: "license+jwt",
  kid: key.jwk.kid,
  ...more,
});
export const named = (key: Key, more: Header = {}): Header => ({
  alg: "ES256",
  typ: "at+jwt",
  kid: key.jwk.kid,
  ...more,
});

/** The last letter in the other case. */
export function otherCase(token: string): string {
  const at = token.search(/[A-Za-z](?=[^A-Za-z]*$)/);
  const letter = token[at] ?? "";
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  return token.slice(0, at) + other + token.slice(at + 1);
}
