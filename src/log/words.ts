/**
 * What foreign code says went wrong, fit for a log (OBS-1). It may quote what it choked on: a key, an address, a query.
 * So nothing of it is kept but plain words, small numbers and the codes of the storage.
 */

/** Characters of what is kept. */
const LONGEST = 300;
const FRAMES = 12;

const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;
/** At both ends of a word. */
const PUNCTUATION = /^[([{<]+|[)\]}>.,:;!?]+$/g;
const PLAIN = [
  /^[A-Za-z]{1,24}$/,
  /^\d{1,6}$/,
  // Codes of D1, SQLite and jose, and names of tables and columns.
  /^D1$|^(D1|SQLITE|ERR)_[A-Z_]{1,60}$/,
  /^[a-z]{1,24}(_[a-z]{1,24}){1,3}$/,
  /^(n't|…|=|-)$/,
] as const;
const CONTRACTION = /^[A-Za-z]{1,12}(n't|'s|s')$/;
/** A place in our own code, as the runtime writes it. */
const FRAME = /^\s+at (?:async )?(?:[\w$.<>#[\] ]{1,120} \()?(?:[\w./:@-]{1,200}):\d+:\d+\)?$/;

/** The innermost message: a query builder's own repeats the query's parameters, the storage's does not. */
export function wordsOf(error: unknown): string {
  const message = innermost(error).slice(0, 4 * LONGEST);
  const shown = message
    .replace(CONTRACTED, "$1’$2")
    .replace(QUOTED, "…")
    .replaceAll("’", "'")
    .split(/\s+/)
    .map(shownWord);
  return shown
    .join(" ")
    .replace(/…(\s*…)+/g, "…")
    .slice(0, LONGEST);
}

/** Apostrophes within words quote nothing. */
const CONTRACTED = /([A-Za-z])'(t|s)\b/g;

/** As `wordsOf`, with the places of the code where it happened. */
export function traceOf(error: Error): string {
  const frames = (error.stack ?? "").split("\n").filter((line) => FRAME.test(line));
  const name = /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : "Error";
  return [`${name}: ${wordsOf(error)}`, ...frames.slice(0, FRAMES)].join("\n");
}

function innermost(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "string" ? error : "unknown";
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}

function shownWord(word: string): string {
  const bare = word.replace(PUNCTUATION, "");
  if (bare === "") return word.length > 3 ? "…" : word;
  if (PLAIN.some((form) => form.test(bare)) || CONTRACTION.test(bare)) return word;
  return "…";
}
