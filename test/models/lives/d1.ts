/** A D1 on node:sqlite whose answers a scheduler decides: applied, failed before, failed after, or applied late. */

import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

/** One call to D1 on its way; `apply` runs it on the database. */
export interface D1Call {
  readonly owner: object;
  /** For the trace. */
  readonly what: string;
  readonly apply: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const MIGRATIONS = `${import.meta.dirname}/../../../migrations`;
const SCHEMA = readdirSync(MIGRATIONS)
  .filter((name) => name.endsWith(".sql"))
  .toSorted()
  .flatMap((name) => readFileSync(`${MIGRATIONS}/${name}`, "utf8").split("--> statement-breakpoint"));

export class ModelD1 {
  readonly #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  readonly #tables: readonly string[];
  /** Calls on their way, oldest first. */
  readonly pending: D1Call[] = [];

  constructor() {
    for (const statement of SCHEMA) this.#db.exec(statement);
    this.#tables = this.rows("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => String(row["name"]));
  }

  rows(query: string, ...bindings: SQLInputValue[]): Record<string, unknown>[] {
    return this.#prepared(query).all(...bindings);
  }

  /** To compile a statement takes longer than to run it. */
  readonly #prepared: Prepare = (query) => {
    const known = this.#statements.get(query) ?? this.#db.prepare(query);
    this.#statements.set(query, known);
    return known;
  };

  /** A call on its way: it arrives, or not, or late, as the world decides. */
  send<T>(owner: object, what: string, apply: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pending.push({ owner, what, apply, resolve: (value) => resolve(value as T), reject });
    });
  }

  /** The database as `owner` (an object's keeper, or a Worker) calls it. */
  for(owner: object): D1Database {
    const call: Call = <T>(what: string, apply: () => T): Promise<T> => this.send(owner, what, apply);
    const session = {
      prepare: (query: string) => new Statement(this.#prepared, query, [], call),
      batch: (statements: Statement[]) =>
        call(`batch ${String(statements.at(-1)?.query)}`, () => this.#batch(statements)),
    };
    return { ...session, withSession: () => session } as unknown as D1Database;
  }

  #batch(statements: readonly Statement[]): unknown[] {
    this.#db.exec("BEGIN");
    try {
      const results = statements.map((statement) => statement.rowsNow());
      this.#db.exec("COMMIT");
      return results;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }

  snapshot(): ReadonlyMap<string, Record<string, unknown>[]> {
    return new Map(this.#tables.map((table) => [table, this.rows(`SELECT * FROM ${table}`)]));
  }

  /** OPS-1: the database as it was then. */
  setBack(snapshot: ReadonlyMap<string, Record<string, unknown>[]>): void {
    for (const [table, rows] of snapshot) {
      this.rows(`DELETE FROM ${table}`);
      for (const row of rows) {
        const columns = Object.keys(row);
        const marks = columns.map(() => "?").join(", ");
        this.rows(
          `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${marks})`,
          ...(Object.values(row) as SQLInputValue[]),
        );
      }
    }
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }
}

/** The call arrives and is answered. */
export function settle(call: D1Call): void {
  try {
    call.resolve(call.apply());
  } catch (error) {
    call.reject(error instanceof Error ? error : new Error(String(error)));
  }
}

type Prepare = (query: string) => StatementSync;
type Call = <T>(what: string, apply: () => T) => Promise<T>;

class Statement {
  readonly #prepare: Prepare;
  readonly query: string;
  readonly #bindings: readonly SQLInputValue[];
  readonly #call: Call;

  constructor(prepare: Prepare, query: string, bindings: readonly SQLInputValue[], call: Call) {
    this.#prepare = prepare;
    this.query = query;
    this.#bindings = bindings;
    this.#call = call;
  }

  bind(...bindings: SQLInputValue[]): Statement {
    return new Statement(this.#prepare, this.query, bindings, this.#call);
  }

  rowsNow(): { readonly results: Record<string, unknown>[]; readonly success: true; readonly meta: object } {
    const results = this.#prepare(this.query).all(...this.#bindings);
    const changes = this.#prepare("SELECT changes() AS n").get()?.["n"];
    return { results, success: true, meta: { changes } };
  }

  run(): Promise<unknown> {
    return this.#call(this.query, () => this.rowsNow());
  }

  all(): Promise<unknown> {
    return this.run();
  }

  first(column?: string): Promise<unknown> {
    return this.#call(this.query, () => {
      const row = this.rowsNow().results[0];
      return (column === undefined ? row : row?.[column]) ?? null;
    });
  }

  raw(): Promise<unknown> {
    return this.#call(this.query, () => this.rowsNow().results.map((row) => Object.values(row)));
  }
}
