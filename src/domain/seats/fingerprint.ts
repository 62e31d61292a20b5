/** Structured fingerprints (FP-1): `name=value` parts joined by `;`, order free. */

const MOST_PARTS = 32;

/**
 * The parts of a structured fingerprint, or null if it is plain text: fewer than two parts, more than 32, a part
 * without a name or `=`, or a name twice. One part alone is compared whole, which is the same thing.
 */
export function structuredParts(fingerprint: string): ReadonlyMap<string, string> | null {
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
