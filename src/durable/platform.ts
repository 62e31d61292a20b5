/** What both objects need of their platform; models and tests give them another one. */

import { startTimer, type StartTimer } from "./patience.ts";
import { report } from "./report.ts";
import type { Sql } from "./sql.ts";

export interface Platform {
  readonly sql: Sql;
  /** Runs `work` in one synchronous transaction; a throw rolls back, an alarm set inside included. */
  transact<T>(work: () => T): T;
  /** Replaces the one alarm (epoch ms). */
  setAlarm(at: number): void;
  /** Removes everything that is stored, the alarm too. */
  wipe(): void;
  /** The machine's clock, epoch ms. */
  clock(): number;
  readonly timer: StartTimer;
  /** Tells the operator; `error` is about machinery, never about a caller's data. */
  report(what: string, error: unknown): void;
}

export function platformOf({ id, storage }: DurableObjectState): Platform {
  return {
    sql: { rows: (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray() },
    transact: (work) => storage.transactionSync(work),
    setAlarm: (at) => void storage.setAlarm(at),
    wipe: () => void storage.deleteAll(),
    clock: () => Date.now(),
    timer: startTimer,
    report: (what, error) => report({ object: id.name ?? "", what }, error),
  };
}
