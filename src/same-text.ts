/** THE COMPARISON of secrets, in constant time (ID-3): test/license/same-text.test.ts finds any other in src. */

import { createHash, timingSafeEqual } from "node:crypto";

/** A key of 256 characters, each of them the longest that UTF-8 has. */
const MOST_BYTES = 1024;

const encoder = new TextEncoder();
/** One for each side, used again by every comparison: none awaits anything. */
const left = new Uint8Array(MOST_BYTES);
const right = new Uint8Array(MOST_BYTES);

/**
 * All bytes of two places of the same size are compared, so that neither content nor length shows in the time. That
 * takes an eighth of what comparing two digests does, which is left for what is too long to be a key. The length tells
 * only what ends in zeros from what was filled up with them.
 */
export function sameText(one: string, other: string): boolean {
  const fits = [put(one, left), put(other, right)];
  if (fits.includes(false)) return timingSafeEqual(digest(one), digest(other));
  return timingSafeEqual(left, right) && one.length === other.length;
}

/** KEY-3: as it is written and then in upper case, both always. */
export function sameInEitherCase(written: string, upper: string, other: string): boolean {
  const isSame = sameText(written, other);
  const isSameInUpperCase = sameText(upper, other);
  return isSame || isSameInUpperCase;
}

/** False: there is more of it. */
function put(text: string, place: Uint8Array): boolean {
  const { read, written } = encoder.encodeInto(text, place);
  place.fill(0, written);
  return read === text.length;
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text, "utf8").digest();
}
