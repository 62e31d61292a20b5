/** What stands for a device that nothing of ours names (TRIAL-1): nobody who reads D1 can try fingerprints on it. */

import { deriveBytes } from "./derive.ts";

/** 32 lower-case hex digits of an HMAC-SHA-256. */
export type DeviceDigest = (text: string) => Promise<string>;

/** `locatorKey`: in force for good (CFG-3), so that a rotated ROOT_SECRET gives nobody a second trial. */
export async function openDeviceDigest(locatorKey: string): Promise<DeviceDigest> {
  const secret = await deriveBytes(locatorKey, "trial-devices", 32);
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return async (text) => {
    const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text)));
    return Array.from(mac.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };
}
