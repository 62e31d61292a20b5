/** `Prefer: handling=strict` (RFC 7240): no member that nobody knows is ignored (IN-3). */

/** What an answer says that was given so. */
export const STRICT_APPLIED = "handling=strict";

/** RFC 7240 2: nothing, a token, or text in quotes. */
const VALUE = /^(?:"[^"]*"|[\w!#$%&'*+.^`|~-]*)$/;

/**
 * RFC 7240 2: names in any case, the first of several counts, and what is no preference is ignored. A stranger sends
 * the header: it is cut and trimmed, since one pattern for all of it would go over its white space again and again.
 */
export function prefersStrict(header: string | undefined): boolean {
  for (const part of header?.split(",") ?? []) {
    // Parameters mean nothing here.
    const [preference = ""] = part.split(";", 1);
    const end = preference.includes("=") ? preference.indexOf("=") : preference.length;
    const value = preference.slice(end + 1).trim();
    const isHandling = preference.slice(0, end).trim().toLowerCase() === "handling" && VALUE.test(value);
    if (isHandling) return value.replaceAll('"', "").toLowerCase() === "strict";
  }
  return false;
}
