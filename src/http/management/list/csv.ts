/** Tables as text (RFC 4180): what a spreadsheet would take for a formula is kept from being one. */

/** A resource as its `GET` shows it. */
type Resource = Readonly<Record<string, unknown>>;

export type Row = (resource: Resource) => string;

/** What a cell may hold unquoted, as most do: it begins with a letter or a digit and separates nothing. */
const PLAIN = /^[A-Za-z0-9][\w .:/@+-]*$/;
/**
 * `=`, `+`, `-` and `@` begin a formula, in some spreadsheets also behind white space and what is not seen, and in
 * their full-width and small forms; a tab or a line end may begin a cell of its own.
 */
const FORMULA = /^[\t\r\n]|^[\s\p{C}\p{Z}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\uFE66\uFE62\uFE63\uFE6B]/u;
const QUOTED = /[",;\t\r\n]|^\s|\s$/;

/** The first line. */
export function csvHead(columns: readonly string[]): string {
  return columns.map(text).join(",");
}

/** One line per resource, without its end. A column is a member, or a member of a member (`user.email`). */
export function csvRow(columns: readonly string[]): Row {
  const members = columns.map(memberAt);
  return (resource) => members.map((member) => cell(member(resource))).join(",");
}

function memberAt(column: string): (resource: Resource) => unknown {
  const [outer = "", inner] = column.split(".");
  if (inner === undefined) return (resource) => resource[outer];
  return (resource) => (resource[outer] as Resource | null | undefined)?.[inner];
}

/** Void = empty; lists of texts joined by a comma; whatever has members as JSON. Numbers are ours: -1 is no formula. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return text(value);
  if (typeof value !== "object") return String(value);
  if (!Array.isArray(value)) return text(JSON.stringify(value));
  if (value.length === 0) return "";
  return text(value.every((item) => typeof item === "string") ? value.join(", ") : JSON.stringify(value));
}

function text(value: string): string {
  if (PLAIN.test(value)) return value;
  const guarded = FORMULA.test(value) ? `'${value}` : value;
  return QUOTED.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
