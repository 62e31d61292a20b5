/**
 * The signatures of a delivery (HOOK-1): Standard Webhooks for tokens that are its secrets, Cryptlex's scheme for any
 * other. While a replaced token is valid, it signs too.
 */

import type { WebhookSecrets } from "../../domain/license/webhook.ts";

const PREFIX = "whsec_";

export interface Signed {
  readonly id: string;
  /** Epoch ms. */
  readonly now: number;
  /** As it is sent. */
  readonly body: string;
}

type Scheme =
  | { readonly name: "standard"; readonly key: Uint8Array }
  | { readonly name: "cryptlex"; readonly key: Uint8Array };

/** All headers that a receiver needs to verify: id, timestamp (seconds), one or two signatures. */
export async function signatureHeaders(
  secrets: WebhookSecrets,
  { id, now, body }: Signed,
): Promise<Readonly<Record<string, string>>> {
  const timestamp = String(Math.floor(now / 1000));
  const current = schemeOf(secrets.token);
  const previous = secrets.previous !== null && now < secrets.previous.endsAt ? schemeOf(secrets.previous.token) : null;
  const sign = async ({ name, key }: Scheme) =>
    name === "standard" ? `v1,${await hmac(key, `${id}.${timestamp}.${body}`)}` : await hmac(key, body);
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  const signature = await sign(current);
  if (previous === null) return { ...headers, "webhook-signature": signature };
  const other = await sign(previous);
  // Standard Webhooks puts all of them in one header. Cryptlex's has room for one, and so have two schemes together.
  return current.name === "standard" && previous.name === "standard"
    ? { ...headers, "webhook-signature": `${signature} ${other}` }
    : { ...headers, "webhook-signature": signature, "webhook-signature-previous": other };
}

function schemeOf(token: string): Scheme {
  const key = token.startsWith(PREFIX) ? decoded(token.slice(PREFIX.length)) : null;
  return key === null || key.length === 0
    ? { name: "cryptlex", key: new TextEncoder().encode(token) }
    : { name: "standard", key };
}

/** Null = not base64, so the token is no secret of Standard Webhooks, whatever it begins with. */
function decoded(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

async function hmac(secret: Uint8Array, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(mac)));
}
