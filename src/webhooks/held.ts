/** What a webhook's object holds: its one row, its queue, its log and its one alarm. No HTTP and no D1 here. */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import type { WebhookHealth } from "../domain/license/webhook.ts";
import { Alarm } from "../durable/alarm.ts";
import { integer, maybeInteger, maybeText, text } from "../durable/sql.ts";
import { Tables } from "../durable/tables.ts";
import { AttemptLog } from "./attempt-log.ts";
import { HEALTHY, statusOf, type Health } from "./health.ts";
import type { Host } from "./host.ts";
import { Outbox } from "./outbox.ts";
import { Queue, type QueuedEvent } from "./queue.ts";
import { isSuspending, suspensionOf } from "./suspension.ts";
import { WEBHOOK_TABLES } from "./webhook-schema.ts";

/** Everything about the webhook but its events. */
export interface Standing {
  readonly id: string;
  readonly health: Health;
  /** What D1 was last told. */
  readonly told: WebhookHealth;
  /** The row as it was last read: what changes of it begin anew. Null = never. */
  readonly seen: Seen | null;
  /** HOOK-4: instant of the first event that was not taken. */
  readonly missedFrom: number | null;
  /** A replay on its way through the queue: what stands between the two comes back in line. */
  readonly again: { readonly after: number; readonly upto: number } | null;
  readonly replay: LogReplay | null;
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly givenUp: number;
}

export interface Seen {
  readonly url: string;
  readonly enabled: boolean;
  /** HOOK-5: what waited when another URL took the place of one before; a replay alone sends it. Absent = nothing. */
  readonly kept?: { readonly upto: number; readonly missedFrom: number | null } | null;
}

/** A replay on its way through D1's log. */
export interface LogReplay {
  /** The last event id that it has come by. */
  readonly after: string;
  /** What was delivered at this instant or later is left out. */
  readonly notSince: number;
}

/** What a webhook's object does by itself, as events and lines of the log name it. */
export const ITSELF = { requestId: "webhook" } as const;

/** The courier is normally faster; the alarm is the net (EVT-3). */
export const NET = 60_000;

export class Held {
  readonly host: Host;
  readonly queue: Queue;
  readonly log: AttemptLog;
  readonly outbox: Outbox;
  readonly alarm: Alarm;
  /** Raised by a wipe: the same number, the same webhook (0028-births-and-batches-take-turns.md). */
  incarnation = 0;
  readonly #tables: Tables<typeof WEBHOOK_TABLES>;

  /**
   * `armedAt`: the alarm that storage holds already. Only reads, but for new versions of tables
   * (0027-an-empty-object-writes-nothing.md).
   */
  constructor(host: Host, armedAt: number | null) {
    const tables = new Tables(host.sql, WEBHOOK_TABLES);
    this.#tables = tables;
    this.host = { ...host, transact: (work) => tables.transact(host, work) };
    this.queue = new Queue(host.sql);
    this.log = new AttemptLog(host.sql, host.limits.attempts);
    this.outbox = new Outbox(host.sql);
    this.alarm = new Alarm(this.host, armedAt);
    if (tables.areMade) this.host.transact(() => tables.migrate());
  }

  get hasTables(): boolean {
    return this.#tables.areMade;
  }

  standing(): Standing {
    const row = this.host.sql.rows("SELECT * FROM webhook")[0];
    if (row === undefined) throw new Error("no webhook is held here");
    return {
      id: text(row, "id"),
      health: { ...HEALTHY, ...(JSON.parse(text(row, "health")) as Health) },
      told: JSON.parse(text(row, "told")) as WebhookHealth,
      seen: parsed<Standing["seen"]>(maybeText(row, "seen")),
      missedFrom: maybeInteger(row, "missed_from"),
      again: parsed<Standing["again"]>(maybeText(row, "again")),
      replay: parsed<LogReplay>(maybeText(row, "replay")),
      waiting: integer(row, "waiting"),
      waitingBytes: integer(row, "waiting_bytes"),
      givenUp: integer(row, "given_up"),
    };
  }

  /** The standing moves and whatever `work` does to queue and log, in one transaction with the alarm. */
  change(work: (standing: Standing) => Partial<Standing>): void {
    this.alarm.atomically(() => this.#apply(work));
  }

  /** As `change`, on an object that may be empty: its tables are made in the same transaction. */
  begin(webhookId: string, work: (standing: Standing) => Partial<Standing>): void {
    this.alarm.atomically(() => {
      if (!this.hasTables) {
        this.#tables.migrate();
        this.#insert(webhookId);
      }
      this.#apply(work);
    });
  }

  /** The standing with one more event, or null if there is no room for it (HOOK-4). */
  added(standing: Standing, event: LeaseholdEvent, isRedacted: boolean): Standing | null {
    const json = JSON.stringify(event);
    const bytes = new TextEncoder().encode(json).length;
    const waiting = standing.waiting + 1;
    const waitingBytes = standing.waitingBytes + bytes;
    if (waiting > this.host.limits.waitingEvents || waitingBytes > this.host.limits.waitingBytes) return null;
    this.queue.add(event, json, bytes, isRedacted);
    return { ...standing, waiting, waitingBytes };
  }

  removed(standing: Standing, { seq, bytes }: QueuedEvent): Standing {
    this.queue.remove(seq);
    return { ...standing, waiting: standing.waiting - 1, waitingBytes: standing.waitingBytes - bytes };
  }

  wipe(): void {
    this.host.wipe();
    this.#tables.gone();
    this.alarm.gone();
    this.incarnation += 1;
  }

  #apply(work: (standing: Standing) => Partial<Standing>): void {
    const standing = this.standing();
    const change = work(standing);
    // Events that are known already, and test-fires, move nothing here.
    if (change === standing || Object.keys(change).length === 0) return;
    const after = { ...standing, ...change };
    this.#save(after);
    this.#tell(standing, after);
  }

  /** OBS-2: that it is suspended from now on commits, or rolls back, with the change that suspends it. */
  #tell(before: Standing, { id: webhookId, health }: Standing): void {
    const [was, is] = [statusOf(before.health), statusOf(health)];
    if (!isSuspending(was, is)) return;
    const at = this.host.clock();
    this.outbox.add(suspensionOf({ webhookId, id: this.host.newId(), at, was, is }));
    this.alarm.armBy(at + NET);
  }

  #insert(webhookId: string): void {
    this.host.sql.rows(
      `INSERT INTO webhook (one, id, health, told, seen, missed_from, again, replay, waiting, waiting_bytes, given_up)
       VALUES (1, ?, ?, ?, NULL, NULL, NULL, NULL, 0, 0, 0)`,
      webhookId,
      JSON.stringify(HEALTHY),
      JSON.stringify(statusOf(HEALTHY)),
    );
  }

  #save(standing: Standing): void {
    this.host.sql.rows(
      `UPDATE webhook SET health = ?, told = ?, seen = ?, missed_from = ?, again = ?, replay = ?, waiting = ?,
         waiting_bytes = ?, given_up = ?`,
      JSON.stringify(standing.health),
      JSON.stringify(standing.told),
      written(standing.seen),
      standing.missedFrom,
      written(standing.again),
      written(standing.replay),
      standing.waiting,
      standing.waitingBytes,
      standing.givenUp,
    );
  }
}

function parsed<T>(json: string | null): T | null {
  return json === null ? null : (JSON.parse(json) as T);
}

function written(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
