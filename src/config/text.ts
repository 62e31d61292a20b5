/** The text of one variable, and what a parser makes of it: a value, or what is wrong with it. */

export type Parsed<T> = { readonly value: T } | { readonly fault: string };

/** Without surrounding white space; null = not set, or empty. */
export function given(value: string | undefined): string | null {
  const trimmed = (value ?? "").trim();
  return trimmed === "" ? null : trimmed;
}

/** For a variable that need not be set. */
export function optional<T>(parser: (text: string) => Parsed<T>): (text: string | null) => Parsed<T | null> {
  return (text) => (text === null ? { value: null } : parser(text));
}
