/** Whether a call is about the license that the object holds (ID-4, ID-5, DEL-1). Only reads. */

import { upperKey } from "../domain/terms/license-key.ts";
import type { License } from "../domain/terms/license.ts";
import type { Held } from "./held.ts";
import type { Address } from "./rpc.ts";
import { sameInEitherCase } from "../same-text.ts";

/** `leaving`: it holds a license that was deleted, while the call is about its successor under the same locator. */
export type Whose = "held" | "empty" | "other" | "deleted" | "leaving";

export function whose(held: Held, address: Address): Whose {
  const { licenseId } = address;
  const { license } = held;
  const leaving = license !== null && held.isDeleted(license.id);
  if (license !== null && !leaving) {
    const named = "key" in address ? isKeyOf(license, address.key) : licenseId === license.id;
    if (named) return "held";
  }
  if (licenseId !== undefined && held.isDeleted(licenseId)) return "deleted";
  // DEL-1: the key may be somebody else's by now, which D1 knows before the object has heard of it.
  if (leaving) return licenseId === undefined ? "empty" : "leaving";
  return license === null ? "empty" : "other";
}

/** ID-3, KEY-3 */
export function isKeyOf(license: License, written: string): boolean {
  return sameInEitherCase(written, upperKey(written), license.key);
}
