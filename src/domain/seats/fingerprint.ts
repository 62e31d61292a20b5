/** Fingerprints: what is structured, and how alike two of them are (FP-1). */

import type { DeviceFacts } from "../license/device.ts";
import type { FingerprintMatching, Terms } from "../terms/license.ts";

const MOST_PARTS = 32;
/** Strategies that compare part by part. */
export type ByParts = Exclude<FingerprintMatching, "exact">;

/** The least share of equal parts. One equal part alone never matches. */
const LEAST_SHARE: Readonly<Record<ByParts, number>> = { fuzzy: 1 / 2, loose: 1 / 4 };
const LEAST_EQUAL = 2;

/** By name, in the order in which they were written; a value may be empty. */
export type Parts = ReadonlyMap<string, string>;

/**
 * The parts of a structured fingerprint, `name=value` joined by `;`, or null if it is plain text: fewer than two parts,
 * more than 32, a part without a name or `=`, or a name twice. One part alone is compared whole, which is the same
 * thing.
 */
export function structuredParts(fingerprint: string): Parts | null {
  const pieces = fingerprint.split(";");
  if (pieces.length < 2 || pieces.length > MOST_PARTS) return null;
  const parts = new Map<string, string>();
  for (const piece of pieces) {
    const at = piece.indexOf("=");
    if (at < 1 || parts.has(piece.slice(0, at))) return null;
    parts.set(piece.slice(0, at), piece.slice(at + 1));
  }
  return parts;
}

/** Those that can be equal to another device's: a value that could not be read is nobody's. */
export function tellingParts(parts: Parts): readonly string[] {
  return [...parts].flatMap(([name, value]) => (value === "" ? [] : [`${name}=${value}`]));
}

/** How many of `most` parts, of the fingerprint that has more, have to be equal. */
export function partsNeeded(strategy: ByParts, most: number): number {
  return Math.max(Math.ceil(most * LEAST_SHARE[strategy]), LEAST_EQUAL);
}

/** The share of equal parts among those of the fingerprint that has more; 0 = they do not match. */
export function likeness(strategy: ByParts, one: Parts, other: Parts): number {
  const most = Math.max(one.size, other.size);
  const equal = [...one].filter(([name, value]) => value !== "" && other.get(name) === value).length;
  return equal < partsNeeded(strategy, most) ? 0 : equal / most;
}

/**
 * Whether an activation's device may be the one that presents `now`: by the license's strategy, against what it
 * presented first. The same text always is.
 */
export function isAlike(
  { fingerprintMatchingStrategy: strategy }: Pick<Terms, "fingerprintMatchingStrategy">,
  { firstFingerprint }: Pick<DeviceFacts, "firstFingerprint">,
  now: string,
): boolean {
  if (firstFingerprint === now) return true;
  if (strategy === "exact") return false;
  const first = structuredParts(firstFingerprint);
  const parts = structuredParts(now);
  return first !== null && parts !== null && likeness(strategy, first, parts) > 0;
}
