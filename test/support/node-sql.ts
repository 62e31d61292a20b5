/** The object's SQL port over Node's own SQLite, in memory: the same statements as in workerd, in milliseconds. */

import { DatabaseSync } from "node:sqlite";

import { migrate } from "../../src/durable/migrate.ts";
import type { Sql, SqlValue } from "../../src/durable/sql.ts";
import { SCHEMA_VERSIONS } from "../../src/license/license-schema.ts";

export interface NodeSql extends Sql {
  /** Runs `work` in one transaction, as the platform's `transactionSync` does; a throw rolls back. May be nested. */
  transact<T>(work: () => T): T;
}

export function nodeSql(): NodeSql {
  const database = new DatabaseSync(":memory:");
  return {
    rows: (query: string, ...bindings: SqlValue[]) => database.prepare(query).all(...bindings),
    transact: (work) => {
      database.exec("SAVEPOINT turn");
      try {
        const answer = work();
        database.exec("RELEASE turn");
        return answer;
      } catch (error) {
        database.exec("ROLLBACK TO turn; RELEASE turn");
        throw error;
      }
    },
  };
}

/** With the tables of the newest schema version, as birth leaves them. */
export function bornSql(now = 0): NodeSql {
  const sql = nodeSql();
  sql.transact(() => migrate(sql, SCHEMA_VERSIONS, now));
  return sql;
}
