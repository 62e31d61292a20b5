/** What was seen since the last test ended. */

export interface Note {
  /** Null: none of the document's. */
  readonly operation: string | null;
  readonly status: number;
  /** Null: as it is described. */
  readonly fault: string | null;
}

export const notes: Note[] = [];
