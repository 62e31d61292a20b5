/** The little of SQLite that an object needs: the same over Durable Object storage and, in tests, over Node's. */

export type SqlValue = string | number | null;

export type Row = Record<string, unknown>;

export interface Sql {
  /** Runs one statement and answers its rows, by column name. */
  rows(query: string, ...bindings: SqlValue[]): Row[];
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`column ${column} is not text`);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new Error(`column ${column} is not a number`);
  return value;
}

export function maybeInteger(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function maybeText(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}
