/**
 * Ids of signing keys (`kid`, RFC 7515 4.1.4) that prove themselves ours: whatever key ids strangers make up, none of
 * them costs a look-up, and no number of them stands in the way of a token that is genuine (AUTH-5, LIM-1).
 */

import { base64url, calculateJwkThumbprint, type JWK } from "jose";
import { sameText } from "../same-text.ts";
import { deriveBytes } from "./derive.ts";

export interface KeyIds {
  /** The beginning of the public key's thumbprint (RFC 7638) and a tag over it: 33 characters of base64url. */
  of(publicJwk: JWK): Promise<string>;
  /** True for what `of` has made under this locator key, and for nothing else. */
  isOurs(kid: string): Promise<boolean>;
}

/** 132 bits: no two keys share it. */
const NAME_CHARACTERS = 22;
/** 66 bits: a guess that is right by chance costs one look-up. */
const TAG_CHARACTERS = 11;
const KEY_ID = new RegExp(`^[A-Za-z0-9_-]{${NAME_CHARACTERS + TAG_CHARACTERS}}$`);

/** `locatorKey`: in force for good (CFG-3), so that a rotated ROOT_SECRET disowns no key. */
export async function openKeyIds(locatorKey: string): Promise<KeyIds> {
  const secret = await deriveBytes(locatorKey, "key-ids", 32);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const tagged = async (name: string) => {
    const tag = base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(name))));
    return `${name}${tag.slice(0, TAG_CHARACTERS)}`;
  };
  return {
    of: async (publicJwk) => await tagged((await calculateJwkThumbprint(publicJwk)).slice(0, NAME_CHARACTERS)),
    isOurs: async (kid) => KEY_ID.test(kid) && sameText(kid, await tagged(kid.slice(0, NAME_CHARACTERS))),
  };
}
