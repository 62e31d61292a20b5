/**
 * Tokens that webhooks are signed with (HOOK-1). One that begins with `whsec_` is a Standard Webhooks secret: base64 of
 * 24 to 64 bytes after the prefix. Any other text, of 16 printable characters and more, signs by Cryptlex's scheme.
 */

const PREFIX = "whsec_";
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
/** Not blank, and too long to be guessed by chance; how long at most is the wire's. */
const PRINTABLE = /^(?=.*\S)[^\p{C}\p{Zl}\p{Zp}]{16,}$/u;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** A fresh one. Shown once; stored encrypted, because it has to sign. */
export function newWebhookToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return PREFIX + btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** False: it says that it is a secret of Standard Webhooks and is none, or is none of Cryptlex's either. */
export function isWebhookToken(text: string): boolean {
  // With the prefix elsewhere, or in capitals, it was meant to be one of the standard's, and would sign otherwise.
  if (!text.startsWith(PREFIX)) return PRINTABLE.test(text) && !text.toLowerCase().includes(PREFIX);
  const bytes = bytesOf(text.slice(PREFIX.length));
  return bytes >= LEAST_BYTES && bytes <= MOST_BYTES;
}

/** 0 = no base64 in its one spelling. Padded, as the libraries of the standard read it. */
function bytesOf(base64: string): number {
  if (!BASE64.test(base64) || base64.length % 4 !== 0) return 0;
  try {
    const bytes = atob(base64);
    return btoa(bytes) === base64 ? bytes.length : 0;
  } catch {
    return 0;
  }
}
