/** Comparison of secrets in constant time (ID-3). */

import { createHash, timingSafeEqual } from "node:crypto";

/** Digests are compared, so that neither content nor length shows in the time. */
export function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text, "utf8").digest();
}
