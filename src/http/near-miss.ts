/** IN-3: how far one name is from another, and which of many is the nearest. Pure. */

/** Edits that a misspelt name may be away; of a short one, or from a short one. */
const EDITS = 2;
const EDITS_OF_SHORT = 1;
const SHORT = 5;
/** Names whose lengths differ by more are not compared. */
const LENGTHS_APART = 2;

export type Distance = (one: string, other: string) => number;

/** The nearest of `names` that `name` may be meant for, case aside: the first of several. Null = it is like none. */
export function nearest(
  name: string,
  names: Iterable<string>,
  distance: Distance = edits,
): { readonly name: string; readonly edits: number } | null {
  let found: { readonly name: string; readonly edits: number } | null = null;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) > LENGTHS_APART) continue;
    const most = Math.min(candidate.length, name.length) <= SHORT ? EDITS_OF_SHORT : EDITS;
    const [one, other] = [name.toLowerCase(), candidate.toLowerCase()];
    if (lettersApart(one, other) > most) continue;
    const away = distance(one, other);
    if (away <= most && (found === null || away < found.edits)) found = { name: candidate, edits: away };
  }
  return found;
}

/** Letters, taken together by their last bits. */
const KINDS = 32;

/** How many letters one text has and the other lacks, at least: never more than the edits between them, and cheap. */
function lettersApart(one: string, other: string): number {
  const more = new Int32Array(KINDS);
  const note = (text: string, step: 1 | -1) => {
    for (let at = 0; at < text.length; at += 1) {
      const kind = text.charCodeAt(at) % KINDS;
      more[kind] = (more[kind] ?? 0) + step;
    }
  };
  note(one, 1);
  note(other, -1);
  let ofOne = 0;
  let ofOther = 0;
  for (const count of more) {
    if (count > 0) ofOne += count;
    else ofOther -= count;
  }
  return Math.max(ofOne, ofOther);
}

/**
 * The least number of insertions, deletions, substitutions and transpositions of neighbours that make one text the
 * other (Damerau and Levenshtein's, unrestricted: what was transposed may be edited again).
 */
export function edits(one: string, other: string): number {
  const far = one.length + other.length;
  const width = other.length + 2;
  // Row and column 0 are out of reach; those after them stand for nothing.
  const cells = new Int32Array((one.length + 2) * width).fill(far);
  const at = (row: number, column: number): number => cells[(row + 1) * width + column + 1] ?? far;
  const put = (row: number, column: number, value: number): void => {
    cells[(row + 1) * width + column + 1] = value;
  };
  for (let row = 0; row <= one.length; row += 1) put(row, 0, row);
  for (let column = 0; column <= other.length; column += 1) put(0, column, column);
  const lastRowOf = new Map<string | undefined, number>();
  for (let row = 1; row <= one.length; row += 1) {
    let lastMatch = 0;
    for (let column = 1; column <= other.length; column += 1) {
      const fromRow = lastRowOf.get(other[column - 1]) ?? 0;
      const fromColumn = lastMatch;
      const isSame = one[row - 1] === other[column - 1];
      if (isSame) lastMatch = column;
      const transposed = at(fromRow - 1, fromColumn - 1) + (row - fromRow - 1) + 1 + (column - fromColumn - 1);
      const replaced = at(row - 1, column - 1) + (isSame ? 0 : 1);
      put(row, column, Math.min(replaced, at(row, column - 1) + 1, at(row - 1, column) + 1, transposed));
    }
    lastRowOf.set(one[row - 1], row);
  }
  return at(one.length, other.length);
}
