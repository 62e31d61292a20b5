/** License keys as text (KEY-1): what a key may look like, and the one spelling that is stored and compared. */

const DEFAULT_FORMAT = /^([A-F0-9]{6}-){5}[A-F0-9]{6}$/i;
const CONTROL = /\p{Cc}/u;
/** Control and format characters, private use, unassigned, separators of lines: nothing that shows on paper. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const LONGEST_KEY = 256;

export type NormalisedKey = { readonly ok: true; readonly key: string } | { readonly ok: false };

/**
 * The stored spelling of a presented key: white space around it trimmed, the default format in upper case, anything
 * else exactly as it is. Not ok (a malformed code, 400): empty, over 256 code points, control characters, lone
 * surrogates.
 */
export function normaliseKey(text: string): NormalisedKey {
  const trimmed = text.trim();
  // UTF-16 units first, so that a huge text is not walked by code points.
  if (trimmed === "" || trimmed.length > 2 * LONGEST_KEY || [...trimmed].length > LONGEST_KEY) return { ok: false };
  if (!trimmed.isWellFormed() || CONTROL.test(trimmed)) return { ok: false };
  return { ok: true, key: DEFAULT_FORMAT.test(trimmed) ? trimmed.toUpperCase() : trimmed };
}

/** The stored spelling of a key that the vendor chose: well formed as above, and every character printable. */
export function chosenKey(text: string): NormalisedKey {
  const normalised = normaliseKey(text);
  return normalised.ok && UNPRINTABLE.test(normalised.key) ? { ok: false } : normalised;
}

/** A key in the default format from 18 random bytes (144 bits). */
export function generatedKey(random: Uint8Array): string {
  if (random.length !== 18) throw new Error("a generated key takes 18 random bytes");
  const digits = Array.from(random, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
  const groups = Array.from({ length: 6 }, (_, group) => digits.slice(group * 6, group * 6 + 6));
  return groups.join("-");
}
