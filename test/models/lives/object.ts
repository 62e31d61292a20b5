/**
 * An object's storage that outlives its keeper: node:sqlite, one alarm, and a crash that forgets everything in memory.
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";

import type { Host } from "../../../src/license/host.ts";
import { Keeper } from "../../../src/license/keeper.ts";

export class ModelObject {
  readonly locator: string;
  #db = new DatabaseSync(":memory:");
  readonly #statements = new Map<string, StatementSync>();
  alarmAt: number | null = null;
  keeper: Keeper;
  readonly #hostOf: (object: ModelObject, owner: object) => Host;
  /** Stands for the running instance: calls of a dead one never come back. */
  owner: object = {};

  constructor(locator: string, hostOf: (object: ModelObject, owner: object) => Host) {
    this.locator = locator;
    this.#hostOf = hostOf;
    this.keeper = new Keeper(hostOf(this, this.owner), null);
  }

  /** The instance whose alarm handler is running. */
  ringing: object | null = null;

  crash(now: number): void {
    if (this.ringing === this.owner) this.alarmAt = Math.min(this.alarmAt ?? now, now);
    this.ringing = null;
    this.owner = {};
    this.keeper = new Keeper(this.#hostOf(this, this.owner), this.alarmAt);
  }

  rows(query: string, ...bindings: (string | number | null)[]): Record<string, unknown>[] {
    const known = this.#statements.get(query);
    const statement = known ?? this.#db.prepare(query);
    if (known === undefined) this.#statements.set(query, statement);
    return statement.all(...bindings);
  }

  /** A throw rolls storage and alarm back together, as the platform does. */
  transact<T>(work: () => T): T {
    const alarmAt = this.alarmAt;
    this.#db.exec("SAVEPOINT turn");
    try {
      const answer = work();
      this.#db.exec("RELEASE turn");
      return answer;
    } catch (error) {
      this.#db.exec("ROLLBACK TO turn; RELEASE turn");
      this.alarmAt = alarmAt;
      throw error;
    }
  }

  wipe(): void {
    this.#statements.clear();
    this.#db.close();
    this.#db = new DatabaseSync(":memory:");
    this.alarmAt = null;
  }

  has(table: string): boolean {
    return this.rows("SELECT 1 FROM sqlite_master WHERE name = ?", table).length > 0;
  }

  /** Rows of a table that may not have been made. */
  allOf(table: string): Record<string, unknown>[] {
    return this.has(table) ? this.rows(`SELECT * FROM ${table}`) : [];
  }

  license(): {
    readonly id: string;
    readonly key: string;
    readonly birthKey: string;
    readonly revision: number;
  } | null {
    const row = this.has("license") ? this.rows("SELECT id, key, birth_key, revision FROM license")[0] : undefined;
    if (row === undefined) return null;
    return {
      id: String(row["id"]),
      key: String(row["key"]),
      birthKey: String(row["birth_key"]),
      revision: Number(row["revision"]),
    };
  }

  tombstones(): string[] {
    return this.allOf("tombstone").map((row) => String(row["license_id"]));
  }

  close(): void {
    this.#db.close();
  }
}
