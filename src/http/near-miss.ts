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
    const away = distance(name.toLowerCase(), candidate.toLowerCase());
    if (away <= most && (found === null || away < found.edits)) found = { name: candidate, edits: away };
  }
  return found;
}

/**
 * The least number of insertions, deletions, substitutions and transpositions of neighbours that make one text the
 * other (Damerau and Levenshtein's, unrestricted: what was transposed may be edited again).
 */
export function edits(one: string, other: string): number {
  const far = one.length + other.length;
  const width = other.length + 2;
  // Row and column 0 are out of reach; those after them stand for nothing.
  const cells = Array.from({ length: (one.length + 2) * width }, () => far);
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
