/** The little of SQLite that the object needs: the same over Durable Object storage and, in tests, over Node's. */

import { SCHEMA_VERSIONS, type SchemaVersions } from "./schema.ts";

const BOOKKEEPING = `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT`;

export type SqlValue = string | number | null;

export interface Sql {
  /** Runs one statement and answers its rows, by column name. */
  rows(query: string, ...bindings: SqlValue[]): Record<string, unknown>[];
}

/**
 * True once birth has made the tables. An object without them holds nothing and must write nothing
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
