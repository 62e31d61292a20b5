/** `Prefer: handling=strict` (RFC 7240): no member that nobody knows is ignored (IN-3). */

/** What an answer says that was given so. */
export const STRICT_APPLIED = "handling=strict";

/** One preference: its name, its value with or without quotes, and parameters, which mean nothing here. */
const PREFERENCE = /^\s*([\w!#$%&'*+.^`|~-]+)\s*(?:=\s*(?:"([^"]*)"|([\w!#$%&'*+.^`|~-]*))\s*)?(?:;.*)?$/;

/** RFC 7240 2: names in any case, the first of several counts, and what is no preference is ignored. */
export function prefersStrict(header: string | undefined): boolean {
  for (const part of header?.split(",") ?? []) {
    const [, name = "", quoted, plain] = PREFERENCE.exec(part) ?? [];
    if (name.toLowerCase() === "handling") return (quoted ?? plain ?? "").toLowerCase() === "strict";
  }
  return false;
}
