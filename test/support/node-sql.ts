/** The object's SQL port over Node's own SQLite, in memory: the same statements as in workerd, in milliseconds. */

import { DatabaseSync } from "node:sqlite";

import type { Sql, SqlValue } from "../../src/durable/sql.ts";

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
