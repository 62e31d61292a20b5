/**
 * The second half of the relay: events that D1 has logged go whole to the webhooks that want them, and only then leave
 * the outbox (EVT-3). That deletion is the only mark: whatever is lost in between is logged and taken again, both
 * idempotent by the event's id. A webhook that does not answer holds back this half alone, never D1.
 */

import type { OutboxRow } from "../../domain/turn/ledger.ts";
import { ALARM } from "../../domain/turn/turn.ts";
import { BackOff } from "../../durable/back-off.ts";
import { callFailure } from "../../durable/call-failure.ts";
import { messageOf } from "../../durable/report.ts";
import type { LiveWebhook } from "../../registry/object/live-webhooks.ts";
import { isWanted, offerEvents } from "../../webhooks/offer.ts";
import { eventOf } from "./event-rows.ts";
import { RELAY_NET, type Held } from "../held.ts";

const MOST_EVENTS = 50;
/**
 * Failures in a row that are bugs of the webhook's object and not outages: then the events move aside
 * (0026-what-one-alarm-does.md).
 */
const BUG_TRIES = 5;

export class HandOver {
  readonly #held: Held;
  #webhooks: readonly LiveWebhook[] = [];
  /** Events up to this seq are in D1's log; so are these later ones, which were sent before older ones. */
  #loggedUpto = 0;
  readonly #loggedBeyond = new Set<number>();
  #incarnation = -1;
  #running: Promise<void> | null = null;
  readonly #backOff = new BackOff();
  #bugs = 0;

  constructor(held: Held) {
    this.#held = held;
  }

  /** D1 need not be told again of events up to this seq; 0 when a failed hand-over is due: D1 says who lives now. */
  logFrom(): number {
    if (this.#incarnation !== this.#held.incarnation) this.startAnew();
    if (this.#backOff.mayTry(this.#held.host.clock()) && this.#isWaiting()) this.startAnew();
    return this.#loggedUpto;
  }

  /** From now on D1 is told again of everything that waits. */
  startAnew(): void {
    this.#loggedUpto = 0;
    this.#loggedBeyond.clear();
    this.#backOff.lift();
  }

  /**
   * D1 has logged these rows. `wereOldest`: none before them waits that D1 does not have. Call in the transaction that
   * notes it.
   */
  logged(rows: readonly OutboxRow[], wereOldest: boolean, webhooks: readonly LiveWebhook[]): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    // The license before this one had numbers of its own.
    if (this.#incarnation !== this.#held.incarnation) this.startAnew();
    this.#incarnation = this.#held.incarnation;
    this.#webhooks = webhooks;
    const areWanted = rows.some(({ type }) => isWanted(webhooks, type));
    if (!areWanted && this.#running === null && !this.#isWaiting()) return this.#held.outbox.handedOver(rows);
    if (wereOldest) this.#loggedUpto = Math.max(this.#loggedUpto, last.seq);
    else for (const { seq } of rows) this.#loggedBeyond.add(seq);
  }

  /** Goes on in the background with what D1 has logged; never throws. */
  start(): void {
    if (this.#isWaiting() || !this.#hasLogged()) return;
    this.#running ??= this.#run();
  }

  /** Ends when nothing is on its way any more. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /**
   * When the alarm should look: a net while webhooks are being asked, the next try after they failed; null = nothing
   * waits here.
   */
  wakeAt(): number | null {
    if (this.#running !== null) return this.#held.host.clock() + RELAY_NET;
    return this.#backOff.retryAt;
  }

  /** A hand-over failed, and neither its time has come since nor has D1 said anew who lives. */
  #isWaiting(): boolean {
    return this.#backOff.retryAt !== null;
  }

  #hasLogged(): boolean {
    return this.#held.hasTables && this.#next().length > 0;
  }

  #next(): readonly OutboxRow[] {
    const { outbox } = this.#held;
    for (const seq of this.#loggedBeyond) {
      const row = outbox.one(seq);
      if (row.length > 0) return row;
      this.#loggedBeyond.delete(seq);
    }
    return this.#loggedUpto === 0 ? [] : outbox.oldest(MOST_EVENTS, 0, this.#loggedUpto);
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    const { incarnation, host } = this.#held;
    try {
      while (this.#held.incarnation === incarnation) {
        const rows = this.#next();
        if (rows.length === 0) break;
        const [failure] = await offerEvents(host, this.#webhooks, rows.map(eventOf));
        // After the wait: does the object still hold the license whose events these are?
        if (this.#held.incarnation !== incarnation) break;
        if (failure !== undefined) {
          this.#failed(rows, failure.error);
          break;
        }
        this.#backOff.passed();
        this.#bugs = 0;
        host.transact(() => this.#held.outbox.handedOver(rows));
        for (const { seq } of rows) this.#loggedBeyond.delete(seq);
      }
    } catch (error) {
      if (this.#held.incarnation === incarnation) this.#failed([], error);
    } finally {
      this.#running = null;
    }
  }

  #failed(rows: readonly OutboxRow[], error: unknown): void {
    const { host, outbox } = this.#held;
    const now = host.clock();
    this.#bugs = callFailure(error) === "bug" ? this.#bugs + 1 : 0;
    const [oldest] = rows;
    const about = oldest === undefined ? ALARM : { eventId: oldest.id };
    host.report("a webhook did not take events, which will be handed over again", error, about);
    if (this.#bugs >= BUG_TRIES) {
      this.#bugs = 0;
      const reason = messageOf(error);
      host.transact(() => {
        for (const row of rows) outbox.setAside(row, reason, now);
      });
    }
    this.#held.alarm.armBy(this.#backOff.failed(now));
  }
}
