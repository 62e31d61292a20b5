/**
 * Numbered schemas, applied one by one: objects sleep for years, and wake up with the schema that they fell asleep
 * with.
 */

import type { Sql } from "./sql.ts";

/** The statements of each version; position + 1 is its number. */
export type SchemaVersions = readonly (readonly string[])[];

const BOOKKEEPING = `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT`;

/**
 * True once `migrate` has made the tables. An object without them holds nothing and must write nothing
 * (0027-an-empty-object-writes-nothing.md).
 */
export function hasTables(sql: Sql): boolean {
  return sql.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'").length > 0;
}

/**
 * Applies the versions that are missing, in order, each with its bookkeeping row. Call inside a transaction, so that a
 * version is there whole or not at all. A newer schema is left alone: a rollback moves objects backwards.
 */
export function migrate(sql: Sql, versions: SchemaVersions, now: number): void {
  if (!hasTables(sql)) sql.rows(BOOKKEEPING);
  const current = Number(sql.rows("SELECT MAX(version) AS v FROM schema_version")[0]?.["v"] ?? 0);
  versions.slice(current).forEach((statements, offset) => {
    for (const statement of statements) sql.rows(statement);
    sql.rows("INSERT INTO schema_version (version, applied_at) VALUES (?, ?)", current + offset + 1, now);
  });
}
