/** Personal access tokens as text (MGMT-5): a prefix that scanners can find (ID-6) and 256 random bits. */

import { base64url } from "jose";
import { sha256Hex } from "./sha256.ts";

const FORMAT = /^lh_pat_[A-Za-z0-9_-]{43}$/;

/** A fresh one. Shown once, stored never. */
export function newAccessToken(): string {
  return `lh_pat_${base64url.encode(crypto.getRandomValues(new Uint8Array(32)))}`;
}

/** True if the text could be one; a look-up is not worth it otherwise. */
export function isAccessToken(text: string): boolean {
  return FORMAT.test(text);
}

/**
 * What is stored and looked up: SHA-256 of the whole token as lower-case hex. The token is random, so the hash needs
 * neither salt nor pepper (CFG-3), and a look-up by it tells nothing by its timing.
 */
export async function accessTokenHash(token: string): Promise<string> {
  return await sha256Hex(token);
}
