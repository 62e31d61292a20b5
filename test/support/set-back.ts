/** D1 as it was at an instant, and D1 set back to it: every table of the schema, row by row. */

import { env } from "cloudflare:workers";
import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as schema from "../../src/registry/db/schema.ts";
import * as catalogue from "../../src/registry/db/schema-catalogue.ts";
import * as jobs from "../../src/registry/db/schema-jobs.ts";

type Row = Record<string, string | number | null>;
export type Snapshot = ReadonlyMap<string, readonly Row[]>;

const TABLES = [...Object.values(schema), ...Object.values(catalogue), ...Object.values(jobs)]
  .filter((member) => is(member, SQLiteTable))
  .map(getTableName);

export async function snapshot(): Promise<Snapshot> {
  const found = await env.DB.batch<Row>(TABLES.map((table) => env.DB.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`)));
  return new Map(TABLES.map((table, index) => [table, found[index]?.results ?? []]));
}

export async function setBack(to: Snapshot): Promise<void> {
  await env.DB.batch([
    ...TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    ...[...to].flatMap(([table, rows]) => rows.map((row) => inserted(table, row))),
  ]);
}

export const NOTHING: Snapshot = new Map();

function inserted(table: string, row: Row): D1PreparedStatement {
  const columns = Object.keys(row);
  const places = columns.map(() => "?").join(", ");
  return env.DB.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`).bind(...Object.values(row));
}
