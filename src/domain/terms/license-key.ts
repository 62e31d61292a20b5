/** License keys as text (KEY-1, KEY-3): how one is read, which spelling is stored, and which other one is tried. */

/** A key of the default format without its dashes: O counts as 0; I and l, which has no such upper case, as 1. */
const DEFAULT_CHARACTERS = /^[0-9A-Fa-fOoIil]{1,36}$/;
const DEFAULT_DIGITS = 36;
const FORMAT = /\p{Cf}/gu;
/** Behind the first, so that a run in the middle is walked once. */
const SPACE_AT_ENDS = /^\p{White_Space}+|(?<!\p{White_Space})\p{White_Space}+$/gu;
const SPACE_OR_DASH = /[\p{White_Space}\p{Pd}\u2212]/gu;
const CONTROL = /\p{Cc}/u;
/** Control characters, private use, unassigned, separators of lines: nothing that shows on paper. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const LONGEST_KEY = 256;
const LONGEST_CODE = 1024;

export type ReadKey = { readonly ok: true; readonly key: string } | { readonly ok: false };

/**
 * KEY-3: the key that a code means, however it was typed or pasted. Not ok (a malformed code, 400): over 1024 code
 * points as sent; and what is no default-format key if it is empty, over 256, or has control characters or lone
 * surrogates.
 */
export function readKey(sent: string): ReadKey {
  if (isLonger(sent, LONGEST_CODE) || !sent.isWellFormed()) return { ok: false };
  const key = keyIn(sent);
  return key === "" || isLonger(key, LONGEST_KEY) || CONTROL.test(key) ? { ok: false } : { ok: true, key };
}

/** The stored spelling of a key that the vendor chose: what its code will be read as, and every character printable. */
export function chosenKey(sent: string): ReadKey {
  const read = readKey(sent);
  return read.ok && UNPRINTABLE.test(read.key) ? { ok: false } : read;
}

/** Nothing is left of it (KEY-3): nobody chose a key. */
export function isBlank(sent: string): boolean {
  return !isLonger(sent, LONGEST_CODE) && keyIn(sent) === "";
}

/** The key in the default format that a text means; null = none. */
export function defaultKey(text: string): string | null {
  const digits = defaultDigits(text);
  return digits?.length === DEFAULT_DIGITS ? grouped(digits) : null;
}

/** What a key in the default format begins with, whose beginning a text may be; null = none begins so. */
export function defaultKeyBeginning(text: string): string | null {
  const digits = defaultDigits(text);
  return digits === null ? null : grouped(digits);
}

function defaultDigits(text: string): string | null {
  const bare = text.replace(FORMAT, "").normalize("NFKC").replace(SPACE_OR_DASH, "");
  if (!DEFAULT_CHARACTERS.test(bare)) return null;
  return bare.replace(/o/gi, "0").replace(/[il]/gi, "1").toUpperCase();
}

/** The spelling in which a key is looked for where the written one leads nowhere: `a` to `z` in upper case, alone. */
export function upperKey(key: string): string {
  return key.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** A key in the default format from 18 random bytes (144 bits). */
export function generatedKey(random: Uint8Array): string {
  if (random.length !== 18) throw new Error("a generated key takes 18 random bytes");
  return grouped(
    Array.from(random, (byte) => byte.toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase(),
  );
}

/** In the order of KEY-3: format characters go, white space at the ends goes, the default format is known. */
function keyIn(sent: string): string {
  const written = sent.replace(FORMAT, "").replace(SPACE_AT_ENDS, "");
  return defaultKey(written) ?? written;
}

function grouped(digits: string): string {
  return digits.match(/.{1,6}/g)?.join("-") ?? "";
}

/** In code points; UTF-16 units first, so that a huge text is not walked. */
function isLonger(text: string, most: number): boolean {
  return text.length > 2 * most || [...text].length > most;
}
