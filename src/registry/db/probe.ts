/** Whether D1 answers, and whether its tables are as new as this code expects (CFG-2). Reads no rows. */

import { getTableColumns, getTableName, is, type Table } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "./schema.ts";
import * as catalogue from "./schema-catalogue.ts";
import * as jobs from "./schema-jobs.ts";
import { say } from "../../log/line.ts";

export type DatabaseState = "ok" | "schema-behind" | "unreachable";

/** Newer tables than the code knows are fine: migrations only add (0011-migrations-before-the-worker.md). */
export async function probeDatabase(db: D1Database): Promise<DatabaseState> {
  try {
    await db.batch(tables().map((table) => db.prepare(selectNothing(table))));
    return "ok";
  } catch (error) {
    say("the probe of D1 failed", {}, error);
    return isSchemaError(error) ? "schema-behind" : "unreachable";
  }
}

/** SQLite's own words for a table or column that a migration has yet to add. */
export function isSchemaError(error: unknown): boolean {
  return errorTexts(error).some((text) => /no such (table|column)|has no column named/.test(text));
}

/** drizzle wraps D1's error as its `cause`. */
function errorTexts(error: unknown): readonly string[] {
  return error instanceof Error ? [error.message, ...errorTexts(error.cause)] : [];
}

function tables(): readonly Table[] {
  return [...Object.values(schema), ...Object.values(catalogue), ...Object.values(jobs)].filter((member) =>
    is(member, SQLiteTable),
  );
}

/**
 * Names every column, so that the statement does not prepare unless all are there. Qualified, because SQLite takes
 * an unknown name in double quotes alone for a string.
 */
function selectNothing(table: Table): string {
  const name = `"${getTableName(table)}"`;
  const columns = Object.values(getTableColumns(table)).map((column) => `${name}."${column.name}"`);
  return `SELECT ${columns.join(", ")} FROM ${name} LIMIT 0`;
}
