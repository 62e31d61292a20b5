/**
 * Fetches what a provider publishes: its discovery document, and the keys that this names (OpenID Connect Discovery
 * 1.0).
 */

import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import * as z from "zod/mini";
import { beginningOf } from "../stream.ts";
import { isLoopbackHttp } from "./loopback.ts";

/** Bytes of a document: providers with certificates in their keys reach a tenth of it. */
const LARGEST_DOCUMENT = 256 * 1024;
const MOST_KEYS = 100;

const DISCOVERY = z.object({ issuer: z.string(), jwks_uri: z.string() });
const JWKS = z.object({ keys: z.array(z.unknown()).check(z.maxLength(MOST_KEYS)) });
/** RFC 7518 6, RFC 8037: what a public key of a kind that we verify with has at least. */
const KEY = z.union([
  z.looseObject({ kty: z.literal("RSA"), n: z.string(), e: z.string() }),
  z.looseObject({ kty: z.literal("EC"), crv: z.string(), x: z.string(), y: z.string() }),
  z.looseObject({ kty: z.literal("OKP"), crv: z.string(), x: z.string() }),
]);

/**
 * The provider's keys as they are now. Rejects, with what is wrong and nothing else in the message, if the provider
 * does not answer, or answers what is not its own: another issuer's document, no JSON, no usable key, more than we
 * read.
 */
export async function fetchProviderKeys(issuer: string, signal: AbortSignal): Promise<JWTVerifyGetKey> {
  const discovered = DISCOVERY.safeParse(await fetchJson(discoveryUrl(issuer), signal));
  if (!discovered.success) throw new Error("the discovery document lacks issuer or jwks_uri");
  // Discovery 4.3: exactly the same, or it is another provider's document.
  if (discovered.data.issuer !== issuer) throw new Error("the discovery document names another issuer");
  return keySetOf(await fetchJson(keysUrl(discovered.data.jwks_uri, issuer), signal));
}

/** RFC 7517 5: entries that we cannot use are left out; one of them is no reason to sign everybody out. */
function keySetOf(document: unknown): JWTVerifyGetKey {
  const list = JWKS.safeParse(document);
  if (!list.success) throw new Error("the JWKS is not a list of keys, or has too many");
  const keys = list.data.keys.flatMap((entry) => KEY.safeParse(entry).data ?? []);
  if (keys.length === 0) throw new Error("the JWKS holds no key that can be used");
  return createLocalJWKSet({ keys });
}

/** Discovery 4: a slash at the end of the issuer goes before the well-known path is put there. */
function discoveryUrl(issuer: string): URL {
  return new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
}

/** https, or what the issuer itself may be in development: http on this machine. Another host is usual. */
function keysUrl(text: string, issuer: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSound = url !== null && (url.protocol === "https:" || (issuer.startsWith("http:") && isLoopbackHttp(url)));
  if (!isSound) throw new Error("jwks_uri is not an https URL");
  return url;
}

/** Redirects are not followed: the operator named the host that is trusted. */
async function fetchJson(url: URL, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, { redirect: "manual", signal, headers: { Accept: "application/json" } });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`${url.pathname} answered ${answer.status}`);
  }
  const text = await textOf(answer);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url.pathname} answered no JSON`);
  }
}

async function textOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const { bytes, isWhole } = await beginningOf(body, LARGEST_DOCUMENT);
  if (!isWhole) throw new Error("a document of the provider is too large");
  return new TextDecoder().decode(bytes);
}
