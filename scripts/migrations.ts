/**
 * The rule of D1 migrations: after the first they only add, because the old Worker serves on them while a new one is
 * deployed, and a rolled-back one does later (0011-migrations-before-the-worker.md). `npm run deploy` and the tests
 * hold it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that is not one of these takes something away, moves it, or changes what old code does. */
const ADDS = {
  table: /^CREATE TABLE (?:IF NOT EXISTS )?(\S+?) ?\(/i,
  index: /^CREATE INDEX /i,
  uniqueIndex: /^CREATE UNIQUE INDEX .*? ON (\S+?) ?\(/i,
  column: /^ALTER TABLE (\S+) ADD /i,
} as const;

/** A folder's migrations in their order, by file name. */
export function migrationFiles(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted();
}

/**
 * Whether a database with these migrations began with another first one than the folder's: what was added to that one
 * does not fit. One that has more than the folder is newer, and fits.
 */
export function isOfOtherBaseline(applied: readonly string[], folder: string): boolean {
  const [baseline] = migrationFiles(folder);
  return applied.length > 0 && baseline !== undefined && !applied.includes(baseline);
}

/** What breaks the rule in a folder's migrations but the first, one line each: file, what is wrong, statement. */
export function migrationFaults(folder: string): readonly string[] {
  return migrationFiles(folder)
    .slice(1)
    .flatMap((name) => faultsOf(readFileSync(join(folder, name), "utf8")).map((fault) => `${name}: ${fault}`));
}

/** What breaks the rule in one migration. */
export function faultsOf(sql: string): readonly string[] {
  const statements = statementsOf(sql);
  const made = new Set(statements.flatMap((statement) => ADDS.table.exec(statement)?.[1] ?? []));
  return statements.flatMap((statement) => {
    const fault = faultOf(statement, made);
    return fault === null ? [] : [`${fault}: ${statement.slice(0, 120)}`];
  });
}

/** `made`: the tables that this migration makes, on which old code writes nothing. */
function faultOf(statement: string, made: ReadonlySet<string>): string | null {
  if (ADDS.table.test(statement) || ADDS.index.test(statement)) return null;
  const unique = ADDS.uniqueIndex.exec(statement);
  if (unique !== null) {
    return made.has(unique[1] ?? "") ? null : "a unique index on a table that is there refuses what old code writes";
  }
  const column = ADDS.column.exec(statement);
  if (column === null) return "not an addition";
  const isOptional = !/\bNOT NULL\b/i.test(statement) || /\bDEFAULT\b/i.test(statement);
  return made.has(column[1] ?? "") || isOptional
    ? null
    : "a column that is NOT NULL needs a default: old code omits it";
}

/** Without comments, and with the content of texts taken out, so that no word in them counts. */
function statementsOf(sql: string): readonly string[] {
  return sql
    .replaceAll(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, (found) => (found.startsWith("'") ? "''" : " "))
    .replaceAll(/[`"[\]]/g, "")
    .split(";")
    .map((statement) => statement.replaceAll(/\s+/g, " ").trim())
    .filter((statement) => statement !== "");
}
