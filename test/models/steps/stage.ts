/**
 * One license's object over node:sqlite, with D1 and webhooks that answer or fail as a test says, and a clock that it
 * moves.
 */

import type { ActivateCall, Caller } from "../../../src/domain/license/calls.ts";
import { UNTOLD } from "../../../src/domain/license/device.ts";
import type { LeaseholdEvent } from "../../../src/domain/license/event.ts";
import type { NewLicense } from "../../../src/domain/license/creation.ts";
import type { Timer } from "../../../src/durable/patience.ts";
import type { Host } from "../../../src/license/host.ts";
import { licenseOf } from "../../support/license-fixture.ts";
import { webhooksThat } from "../../support/webhooks.ts";
import { ModelD1, settle } from "../lives/d1.ts";
import { ModelObject } from "../lives/object.ts";
import { EVENTS } from "../../../src/registry/events/event-tables.ts";

export const SHOP: Caller = { actor: { type: "token", id: "shop" }, requestId: "test" };
export const START = Date.UTC(2026, 5, 1);
const LOCATOR = "000000000000001";
/** After so long (ms) D1 is told at once again. */
export const QUIET = 250;

export class Stage {
  readonly d1 = new ModelD1();
  readonly object: ModelObject;
  now = START;
  /** Null = D1 answers. */
  failsWith: string | null = null;
  /** What `take` of a webhook throws; null = it takes. */
  readonly webhookFailsWith = new Map<string, Error>();
  /** What webhooks have taken, in the order of arrival. */
  readonly taken: { readonly webhook: string; readonly event: LeaseholdEvent }[] = [];
  /** Calls to D1 so far. */
  calls = 0;
  #timers: { readonly at: number; readonly wake: () => void }[] = [];

  constructor() {
    const hostOf = (of: ModelObject, owner: object): Host => ({
      sql: { rows: (query, ...bindings) => of.rows(query, ...bindings) },
      db: this.d1.for(owner),
      webhooks: webhooksThat((webhook, events) => this.#take(webhook, events)),
      transact: (work) => of.transact(work),
      setAlarm: (at) => {
        of.alarmAt = at;
      },
      wipe: () => of.wipe(),
      clock: () => this.now,
      timer: (ms) => this.#timer(this.now + ms, () => of.owner === owner),
      report: () => undefined,
    });
    this.object = new ModelObject(LOCATOR, hostOf);
  }

  close(): void {
    this.d1.close();
    this.object.close();
  }

  async tick(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }

  /** Lets everything run that can, D1 answering as it does now. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await this.tick();
      for (const call of this.d1.pending.splice(0)) {
        quiet = 0;
        this.calls += 1;
        if (this.failsWith === null) settle(call);
        else call.reject(new Error(this.failsWith));
      }
    }
  }

  /** Time goes by, and whoever waited for it goes on. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { wake } of due) wake();
    await this.settle();
  }

  async settled<T>(call: Promise<T>): Promise<T> {
    await this.settle();
    return await call;
  }

  /** Rings when it is time; the instant at which it will ring next. */
  async ring(): Promise<number | null> {
    await this.pass(Math.max(0, (this.object.alarmAt ?? 0) - this.now));
    this.object.alarmAt = null;
    await this.settled(this.object.keeper.alarm());
    return this.object.alarmAt;
  }

  /** An unborn license of key K1 in D1. */
  unborn(members: Partial<NewLicense> = {}): string {
    const { id, key, revision, terms } = licenseOf({ allowedActivations: 0, ...members }, LOCATOR, "K1", START);
    this.d1.rows(
      "INSERT INTO licenses (id, key, product_id, fence, revision, terms, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?)",
      ...[id, key, terms.productId, revision, JSON.stringify(terms), START, START],
    );
    return id;
  }

  /** A license with one activation. */
  async born(members: Partial<NewLicense> = {}): Promise<string> {
    const id = this.unborn(members);
    await this.settled(this.object.keeper.activate({ key: "K1", licenseId: id }, activation("first")));
    return id;
  }

  /** One after some quiet, which is handed over at once. */
  async activate(fingerprint: string): Promise<void> {
    await this.pass(QUIET);
    await this.settled(this.object.keeper.activate({ key: "K1" }, activation(fingerprint)));
  }

  webhook(id: string, events: readonly string[]): void {
    this.d1.rows(
      `INSERT INTO webhooks (id, name, url, secrets, wrapping_key, events, format, enabled, status, created_at, updated_at)
       VALUES (?, '', '', '', '', ?, 'json', 1, 'healthy', 0, 0)`,
      id,
      JSON.stringify(events),
    );
  }

  typesTaken(webhook: string): readonly string[] {
    return this.taken.flatMap((one) => (one.webhook === webhook ? one.event.type : []));
  }

  logged(): readonly string[] {
    return this.d1.rows(`SELECT type FROM ${EVENTS} ORDER BY sequence`).map((row) => String(row["type"]));
  }

  /** What a dead instance waited for never comes. */
  #timer(at: number, lives: () => boolean): Timer {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = { at, wake: () => (lives() ? resolve() : undefined) };
    this.#timers.push(timer);
    const cancel = () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
    return { over, cancel };
  }

  async #take(webhook: string, events: readonly LeaseholdEvent[]): Promise<void> {
    await Promise.resolve();
    const failure = this.webhookFailsWith.get(webhook);
    if (failure !== undefined) throw failure;
    this.taken.push(...events.map((event) => ({ webhook, event })));
  }
}

export function activation(fingerprint: string): ActivateCall {
  const nothing = {
    requestedLeaseSeconds: null,
    email: null,
    ...UNTOLD,
    idempotency: null,
  };
  return { principal: { kind: "anonymous" }, requestId: "test", fingerprint, ...nothing };
}
