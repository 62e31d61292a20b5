/**
 * The hand-over of an object's events and rows to D1 (EVT-3, OPS-1): one batch at a time, each under the next fence,
 * settled only if the object still holds the same license. What fails stays in the outbox. What a batch holds is
 * src/license/relay/batch.ts's.
 */

import type { OutboxRow } from "../../domain/turn/ledger.ts";
import { settlePeak } from "../../domain/seats/usage.ts";
import { BackOff } from "../../durable/back-off.ts";
import type { Lock } from "../../durable/lock.ts";
import { messageOf } from "../../durable/report.ts";
import { blamesContent, commitRelay, type RelayBatch, type Relayed } from "../../registry/object/commit.ts";
import { isBehind, notedFence } from "../fence.ts";
import { HandOver } from "./hand-over.ts";
import { RELAY_NET, type Held } from "../held.ts";
import { nextBatch, type FilledBatch } from "./batch.ts";
import { Pace } from "./pace.ts";

const MOST_EVENTS = 50;
/** Rows of activations in one batch that no event of it names: of a re-projection, and to be refreshed. */
const MOST_ROWS = 100;
/** Activations that wait to be refreshed; what is beyond is refreshed another time. */
const MOST_TOUCHED = 10_000;
/** A direct hand-over goes on for so many batches; then the alarm takes over. */
const MOST_BATCHES = 20;
const LONE_TRIES = 5;

const RELAY = { actor: { type: "system", id: "relay" }, requestId: "relay" } as const;

interface Prepared extends FilledBatch {
  readonly rows: readonly OutboxRow[];
  /** False: an urgent event goes before older ones. */
  readonly areOldest: boolean;
  /** An urgent event that goes along with older ones. */
  readonly urgent: number | null;
  /** Events are left that were there when it was filled. */
  readonly leavesSome: boolean;
  readonly touched: readonly string[];
}

export class Relay {
  readonly #held: Held;
  readonly #lock: Lock;
  readonly #handOver: HandOver;
  /** Activations whose copy is to be refreshed without an event (LEASE-6). Lost with the memory: no guarantee. */
  readonly #touched = new Set<string>();
  #urgent: number[] = [];
  #running: Promise<void> | null = null;
  #asked = false;
  #size = MOST_EVENTS;
  #loneTries = 0;
  readonly #backOff = new BackOff();
  readonly #pace: Pace;

  constructor(held: Held, lock: Lock) {
    this.#held = held;
    this.#lock = lock;
    this.#pace = new Pace(held.host);
    this.#handOver = new HandOver(held);
  }

  /** When the alarm should look again: what D1 has yet to hear of, and what webhooks have. Null = nothing waits. */
  wakeAt(): number | null {
    const held = this.#held;
    if (!held.holdsLicense()) return null;
    const unsent = held.outbox.hasBeyond(this.#handOver.logFrom()) || isBehind(held.ledger.tally());
    // The end of a wait may never come: then this alarm does.
    const nextAt = this.#pace.isWaiting ? held.host.clock() + RELAY_NET : held.host.clock();
    const d1At = unsent ? (this.#backOff.retryAt ?? nextAt) : null;
    const webhooksAt = this.#handOver.wakeAt();
    return d1At === null || webhooksAt === null ? (d1At ?? webhooksAt) : Math.min(d1At, webhooksAt);
  }

  /** Events that were out of the way a day are as new ones: D1 may not have them. */
  retryStuck(): Promise<void> {
    // In line with the batches: one that is on its way would count what comes back as logged.
    return this.#lock.hold(async () => {
      const { host, outbox, hasTables } = this.#held;
      if (hasTables && host.transact(() => outbox.retryStuck(host.clock()))) this.#handOver.startAnew();
    });
  }

  /** D1 has every event up to this one; they may wait for webhooks still. */
  loggedUpto(): number {
    return this.#handOver.logFrom();
  }

  /** Ends when no webhook is being asked any more. */
  async settled(): Promise<void> {
    await this.#handOver.settled();
  }

  touch(activationIds: readonly string[]): void {
    for (const id of activationIds) if (this.#touched.size < MOST_TOUCHED) this.#touched.add(id);
  }

  /** For what nobody waits for: at once after some quiet, else a moment later, with what comes meanwhile. */
  handOverSoon(): void {
    // While D1 fails the alarm tries again.
    if (this.#backOff.mayTry(this.#held.host.clock())) this.#pace.soon(() => void this.handOver());
  }

  /**
   * Hands over to D1 at once what waits, `urgent` (an outbox seq: a management change) before a long backlog, and
   * starts what follows for webhooks. One runs at a time, and who comes meanwhile waits for it. While D1 fails only the
   * alarm tries again, and what is urgent, once. Never throws.
   */
  handOver(urgent: number | null = null): Promise<void> {
    if (urgent !== null) this.#urgent.push(urgent);
    this.#asked = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    try {
      for (let batches = 0; this.#asked && batches < MOST_BATCHES; batches += 1) {
        const mayTry = this.#urgent.length > 0 || this.#backOff.mayTry(this.#held.host.clock());
        // Only ever set after the wait: whoever asked meanwhile has set it, too.
        if (!mayTry) this.#asked = false;
        else if (await this.#lock.hold(() => this.#askedStep())) this.#asked = true;
      }
    } finally {
      this.#running = null;
    }
  }

  /** Whoever asked before this moment is served by this batch; who comes later asks for another one. */
  async #askedStep(): Promise<boolean> {
    this.#asked = false;
    return await this.#oneBatch();
  }

  /** One batch. True if it went through and more waits, or if a smaller one is worth an immediate try. */
  step(): Promise<boolean> {
    return this.#lock.hold(() => this.#oneBatch());
  }

  async #oneBatch(): Promise<boolean> {
    if (!this.#held.holdsLicense()) return false;
    const { incarnation } = this.#held;
    const prepared = this.#prepare();
    if (prepared === null) return false;
    this.#pace.begins();
    try {
      const relayed = await commitRelay(this.#held.host.db, prepared.batch);
      return this.#held.incarnation === incarnation && this.#settle(prepared, relayed);
    } catch (error) {
      return this.#held.incarnation === incarnation && this.#failed(prepared, error);
    }
  }

  #prepare(): Prepared | null {
    return this.#held.run(RELAY, (turn) => {
      settlePeak(turn, "soon");
      const next = this.#nextRows();
      const most = Math.min(MOST_ROWS, this.#size * 2);
      const touched = [...this.#touched].slice(0, most);
      const told = { rows: next.rows, touched, mostRestored: most };
      const filled = nextBatch(turn, this.#held.outbox, told);
      if (filled === null) return null;
      const upto = next.rows.at(-1)?.seq;
      const leavesEvents = !next.areOldest || (upto !== undefined && upto < turn.tally.eventSeq);
      const leavesSome = leavesEvents || touched.length < this.#touched.size;
      return { ...filled, ...next, touched, leavesSome };
    });
  }

  /**
   * What is urgent goes along with all before it, or alone before them where that is more than one batch, or where one
   * of them may be what D1 refuses.
   */
  #nextRows(): Pick<Prepared, "rows" | "areOldest" | "urgent"> {
    const rows = this.#held.outbox.oldest(this.#size, this.#handOver.logFrom());
    const oldest = { rows, areOldest: true, urgent: null };
    const urgent = this.#urgent.shift();
    if (urgent === undefined) return oldest;
    const upto = rows.at(-1)?.seq ?? 0;
    if (upto >= urgent && this.#size === MOST_EVENTS) {
      this.#urgent = this.#urgent.filter((seq) => seq > upto);
      return { ...oldest, urgent };
    }
    const alone = this.#held.outbox.one(urgent);
    return alone.length > 0 ? { ...oldest, rows: alone, areOldest: false } : oldest;
  }

  /**
   * The fence that D1 had before tells whether the batch applied, and whether D1 was set back (OPS-1). True if more
   * waits that was there when the batch was filled.
   */
  #settle(prepared: Prepared, { fenceBefore, webhooks }: Relayed): boolean {
    const { batch, rows, areOldest, touched, restoredUpto } = prepared;
    this.#backOff.passed();
    this.#backOff.lift();
    this.#loneTries = 0;
    this.#size = Math.min(MOST_EVENTS, this.#size * 2);
    const applied = this.#held.host.transact(() => {
      const noted = notedFence(this.#held.ledger.tally(), batch, fenceBefore);
      const advanced = noted.applied && batch.restore !== null ? { reprojectFrom: restoredUpto } : {};
      this.#held.note(() => ({ ...noted.change, ...advanced }));
      if (noted.applied) this.#handOver.logged(rows, areOldest, webhooks);
      return noted.applied;
    });
    if (applied) for (const id of touched) this.#touched.delete(id);
    this.#handOver.start();
    return !applied || prepared.leavesSome || restoredUpto !== null;
  }

  /** True if a smaller batch is worth an immediate try. */
  #failed({ batch, rows, urgent, restoredUpto }: Prepared, error: unknown): boolean {
    const now = this.#held.host.clock();
    const blamed = blamesContent(error);
    if (blamed && this.#size > 1) {
      this.#size = Math.ceil(this.#size / 2);
      if (urgent !== null) this.#urgent.unshift(urgent);
      return true;
    }
    // An urgent try before its time does not make the others wait longer.
    if (!this.#backOff.mayTry(now)) return false;
    this.#held.alarm.armBy(this.#backOff.failed(now));
    const [oldest] = rows;
    const about = oldest === undefined ? RELAY : { eventId: oldest.id };
    this.#held.host.report("a hand-over to D1 failed and will be tried again", error, about);
    if (!blamed) return false;
    this.#loneTries += 1;
    if (this.#loneTries >= LONE_TRIES) this.#setAside(batch, rows, restoredUpto, error, now);
    return false;
  }

  #setAside(
    batch: RelayBatch,
    rows: readonly OutboxRow[],
    restoredUpto: number | null,
    error: unknown,
    now: number,
  ): void {
    this.#loneTries = 0;
    const poison = rows[0];
    this.#held.host.transact(() => {
      if (poison !== undefined) this.#held.outbox.setAside(poison, messageOf(error), now);
      else if (batch.restore !== null) this.#held.note(() => ({ reprojectFrom: restoredUpto }));
    });
    this.#touched.clear();
  }
}
