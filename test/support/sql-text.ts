/** A statement of ours as text and values, for a database that is no D1. */

import type { SQLWrapper } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

const dialect = new SQLiteAsyncDialect();

export function sqlText(statement: SQLWrapper): readonly [text: string, ...values: readonly unknown[]] {
  const { sql, params } = dialect.sqlToQuery(statement.getSQL());
  return [sql, ...params];
}
