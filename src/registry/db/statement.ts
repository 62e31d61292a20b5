/** Turns drizzle's queries into D1 statements, so that a resource, its keys and its event go into one `db.batch`. */

import { getTableColumns, sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { SQLiteAsyncDialect, type SQLiteTable } from "drizzle-orm/sqlite-core";

const dialect = new SQLiteAsyncDialect();

/** At most 100 parameters per statement (D1). */
export function prepared(db: D1Database, query: SQLWrapper): D1PreparedStatement {
  const { sql: text, params } = dialect.sqlToQuery(query.getSQL());
  return db.prepare(text).bind(...params);
}

/** The same, where a value that is there many times is one parameter. */
export function preparedOnce(db: D1Database, query: SQLWrapper): D1PreparedStatement {
  const { sql: text, params } = numbering.sqlToQuery(query.getSQL());
  const values = [...new Set(params)];
  const once = text.replaceAll(/\?(\d+)/g, (_, number: string) => `?${values.indexOf(params[Number(number) - 1]) + 1}`);
  return db.prepare(once).bind(...values);
}

/** Texts of ours hold no question marks but these. */
class NumberingDialect extends SQLiteAsyncDialect {
  override escapeParam(place: number): string {
    return `?${place + 1}`;
  }
}

const numbering = new NumberingDialect();

/**
 * `INSERT INTO table ... SELECT values WHERE condition`: a row that is only written while something holds. D1 has no
 * transaction that could look first, so the condition travels with the row.
 */
export function insertWhere<T extends SQLiteTable>(table: T, values: T["$inferInsert"], condition: SQL): SQL {
  const columns = Object.entries(getTableColumns(table)).flatMap(([member, column]) => {
    const value: unknown = Reflect.get(values, member);
    return value === undefined ? [] : [{ column, value }];
  });
  const names = columns.map(({ column }) => sql.identifier(column.name));
  const row = columns.map(({ column, value }) => sql.param(value, column));
  return sql`INSERT INTO ${table} (${sql.join(names, sql`, `)}) SELECT ${sql.join(row, sql`, `)} WHERE ${condition}`;
}

/**
 * The same of many rows, which go as one JSON parameter: D1 binds at most 100. All have the members of the first, and
 * each is a text, a number or null.
 */
export function insertEach<T extends SQLiteTable>(table: T, rows: readonly T["$inferInsert"][], condition: SQL): SQL {
  const columns = Object.entries(getTableColumns(table)).filter(
    ([member]) => Reflect.get(rows[0] ?? {}, member) !== undefined,
  );
  const names = columns.map(([, column]) => sql.identifier(column.name));
  const values = columns.map(([member]) => sql.raw(`each.value ->> '$.${member}'`));
  return sql`INSERT INTO ${table} (${sql.join(names, sql`, `)}) SELECT ${sql.join(values, sql`, `)}
    FROM json_each(${JSON.stringify(rows)}) AS each WHERE ${condition}`;
}
