/** When a statement of a hand-over applies (OPS-1): not where a later one has been, nor in a D1 that was set back. */

/** The row's fence must be in [from, below). */
export interface Fences {
  readonly from: number;
  readonly below: number;
}

/** ?1: the license; ?2: `below`; ?3: `from`. */
export const IN_TURN = "EXISTS (SELECT 1 FROM licenses WHERE id = ?1 AND fence < ?2 AND fence >= ?3)";
