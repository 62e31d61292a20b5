/**
 * The tables of an object, each with numbered versions: objects sleep for years, and wake up with the tables that they
 * fell asleep with. Most are made together, the rare ones when something is first written into them
 * (0068-rare-tables-are-made-when-first-used.md).
 */

import type { Platform } from "./platform.ts";
import { integer, text, type Row, type Sql, type SqlValue } from "./sql.ts";

/** The statements of each version of one table; position + 1 is its number. */
export type Versions = readonly (readonly string[])[];

export interface Schema {
  /** Made when the object begins to hold something. */
  readonly common: Readonly<Record<string, Versions>>;
  /** Each made when something is first written into it. */
  readonly rare: Readonly<Record<string, Versions>>;
}

/** A table that may not be there yet. */
export interface RareTable {
  /** Reads or removes. While there is no such table that is nothing, and no statement. */
  rows(query: string, ...bindings: SqlValue[]): Row[];
  /** Writes, into a table that is made first if it has to be. */
  write(query: string, ...bindings: SqlValue[]): void;
  isMade(): boolean;
}

/** A row for each version that was applied, but the first: a table that is there without one is of version 1. */
const BOOKKEEPING = `CREATE TABLE schema_version (
  name TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, version)
) STRICT, WITHOUT ROWID`;

export class Tables<S extends Schema> {
  readonly #sql: Sql;
  readonly #schema: S;
  /** Which tables storage has; null = unknown, and read again when somebody asks. */
  #known: ReadonlySet<string> | null = null;

  /** Writes nothing (0027-an-empty-object-writes-nothing.md). */
  constructor(sql: Sql, schema: S) {
    this.#sql = sql;
    this.#schema = schema;
  }

  /** False: the object holds nothing and must write nothing (0027-an-empty-object-writes-nothing.md). */
  get areMade(): boolean {
    return Object.keys(this.#schema.common).some((name) => this.#made.has(name));
  }

  /**
   * Makes the common tables and brings what is there up to date, version by version. Call inside a transaction, so that
   * a version is there whole or not at all. A newer one is left alone: a rollback moves objects backwards.
   */
  migrate(): void {
    const { common, rare } = this.#schema;
    const present = Object.entries(rare).filter(([name]) => this.#made.has(name));
    for (const [name, versions] of [...Object.entries(common), ...present]) this.#bringUp(name, versions);
  }

  rare(name: keyof S["rare"] & string): RareTable {
    const versions = this.#schema.rare[name] ?? [];
    return {
      rows: (query, ...bindings) => (this.#made.has(name) ? this.#sql.rows(query, ...bindings) : []),
      write: (query, ...bindings) => {
        if (!this.#made.has(name)) this.#bringUp(name, versions);
        this.#sql.rows(query, ...bindings);
      },
      isMade: () => this.#made.has(name),
    };
  }

  /** Removes every row, but those of the table of that name. */
  empty(except: keyof S["rare"]): void {
    const names = Object.keys({ ...this.#schema.common, ...this.#schema.rare });
    for (const name of names) if (name !== except && this.#made.has(name)) this.#sql.rows(`DELETE FROM ${name}`);
  }

  /** One transaction of `platform`: a table that a throw takes back is forgotten. */
  transact<T>(platform: Pick<Platform, "transact">, work: () => T): T {
    try {
      return platform.transact(work);
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  /** All that was stored is gone. */
  gone(): void {
    this.#known = new Set();
  }

  get #made(): ReadonlySet<string> {
    this.#known ??= new Set(
      this.#sql.rows("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => text(row, "name")),
    );
    return this.#known;
  }

  #bringUp(name: string, versions: Versions): void {
    const current = this.#made.has(name) ? this.#versionOf(name, versions) : 0;
    versions.slice(current).forEach((statements, offset) => {
      for (const statement of statements) this.#sql.rows(statement);
      this.#note(name, current + offset + 1);
    });
    if (current === 0) this.#known = new Set(this.#made).add(name);
  }

  #versionOf(name: string, { length }: Versions): number {
    if (length === 1 || !this.#made.has("schema_version")) return 1;
    const [row] = this.#sql.rows("SELECT MAX(version) AS version FROM schema_version WHERE name = ?", name);
    return row === undefined || row["version"] === null ? 1 : integer(row, "version");
  }

  #note(name: string, version: number): void {
    if (version === 1) return;
    if (!this.#made.has("schema_version")) {
      this.#sql.rows(BOOKKEEPING);
      this.#known = new Set(this.#made).add("schema_version");
    }
    this.#sql.rows("INSERT INTO schema_version (name, version) VALUES (?, ?)", name, version);
  }
}
