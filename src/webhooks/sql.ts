/** The little of SQLite that the object needs: the same over Durable Object storage and, in tests, over Node's. */

import { SCHEMA_VERSIONS, type SchemaVersions } from "./schema.ts";

const BOOKKEEPING = `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT`;

export type SqlValue = string | number | null;

export type Row = Record<string, unknown>;

export interface Sql {
  /** Runs one statement and answers its rows, by column name. */
  rows(query: string, ...bindings: SqlValue[]): Row[];
}

/**
 * True once something was taken. An object without tables holds nothing and must write nothing
 * (0027-an-empty-object-writes-nothing.md).
 */
export function hasTables(sql: Sql): boolean {
  return sql.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").length > 0;
}

/**
 * Applies the versions that are missing, in order, each with its bookkeeping row. Call inside a transaction. A newer
 * schema is left alone.
 */
export function migrate(sql: Sql, now: number, versions: SchemaVersions = SCHEMA_VERSIONS): void {
  if (!hasTables(sql)) sql.rows(BOOKKEEPING);
  const current = Number(sql.rows("SELECT MAX(version) AS v FROM schema_version")[0]?.["v"] ?? 0);
  versions.slice(current).forEach((statements, offset) => {
    for (const statement of statements) sql.rows(statement);
    sql.rows("INSERT INTO schema_version (version, applied_at) VALUES (?, ?)", current + offset + 1, now);
  });
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new Error(`column ${column} is no text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new Error(`column ${column} is no number`);
  return value;
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}
