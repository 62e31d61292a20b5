/** Which object a license key leads to (ID-1, ID-3): 60 bits of its HMAC under the locator key, which never changes. */

import { base64url } from "jose";
import { deriveBytes } from "./derive.ts";

export interface Locator {
  /** CFG-1: tells one locator key from another, without saying anything about it. */
  readonly check: string;
  /** 15 lower-case hex digits. `key` is a normalised license key (KEY-1). */
  of(key: string): Promise<string>;
}

/** A license key has no control characters (KEY-1), so that no key's HMAC can be the check value. */
const CHECKED = "\0leasehold/locator-check";

/** CFG-3: the locator key in force as base64url, in the form that `LOCATOR_KEY` takes: `chosen`, else derived. */
export async function locatorKeyInForce(rootSecret: string, chosen: string | null): Promise<string> {
  return chosen ?? base64url.encode(await deriveBytes(rootSecret, "locator-key", 32));
}

export async function openLocator(locatorKey: string): Promise<Locator> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", base64url.decode(locatorKey), algorithm, false, ["sign"]);
  const mac = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
  return {
    check: base64url.encode((await mac(CHECKED)).subarray(0, 9)),
    of: async (licenseKey) => hex((await mac(licenseKey)).subarray(0, 8)).slice(0, 15),
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
