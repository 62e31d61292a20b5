/** What the object's keeper needs of its platform; the model in the tests gives it another one. */

import type { WebhookDirectory } from "../webhooks/stub.ts";
import type { Sql } from "./sql.ts";

export interface Host {
  readonly sql: Sql;
  readonly db: D1Database;
  /** The objects that events go to after D1 (EVT-3). */
  readonly webhooks: WebhookDirectory;
  /** Runs `work` in one synchronous transaction; a throw rolls back, an alarm set inside included. */
  transact<T>(work: () => T): T;
  /** Replaces the one alarm (epoch ms). */
  setAlarm(at: number): void;
  /** Removes everything that is stored, the alarm too. */
  wipe(): void;
  /** The machine's clock, epoch ms. */
  clock(): number;
  /** `over` resolves after so many milliseconds, unless it is cancelled: a timer left alone keeps the object awake. */
  timer(ms: number): { readonly over: Promise<void>; cancel(): void };
  /** Tells the operator; `error` is about machinery, never about a caller's data. */
  report(what: string, error: unknown): void;
}
