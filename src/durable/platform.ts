/** What both objects need of their platform; models and tests give them another one. */

import { say, type Facts } from "../log/line.ts";
import type { Message } from "../log/messages.ts";
import { startTimer, type StartTimer } from "./patience.ts";
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
  /** OBS-1: a line of the log, which says of which object, and which request or event it is about. */
  report(what: Message, error: unknown, about: About): void;
}

/** `alarm` and the like for what no request is the cause of. */
export type About = { readonly requestId: string } | { readonly eventId: string };

export function platformOf({ id, storage }: DurableObjectState): Platform {
  return {
    sql: { rows: (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray() },
    transact: (work) => storage.transactionSync(work),
    setAlarm: (at) => void storage.setAlarm(at),
    wipe: () => void storage.deleteAll(),
    clock: () => Date.now(),
    timer: startTimer,
    report: (what, error, about) => say(what, { ...about, ...named(id.name ?? "") }, error),
  };
}

/** A webhook's object is named by its id, a license's by its locator. */
function named(object: string): Facts {
  return object.includes("-") ? { webhook: object } : { license: object };
}
