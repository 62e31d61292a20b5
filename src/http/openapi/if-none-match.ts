/** `If-None-Match`, of what anybody may read. */

/** RFC 9110 13.1.2: compared weakly. */
export function isKnown(header: string, tag: string): boolean {
  const tags = header
    .slice(0, 1_024)
    .split(",")
    .map((one) => one.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(tag);
}
