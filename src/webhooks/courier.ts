/**
 * Carries what waits to the receiver (HOOK-2). What is on its way is known in memory alone: an event leaves the queue
 * in the transaction that records its delivery, so after a crash it is sent again, under the same id.
 */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import { BackOff } from "../durable/back-off.ts";
import { atMost } from "../durable/patience.ts";
import type { About } from "../durable/platform.ts";
import type { Message } from "../log/messages.ts";
import type { Announcer } from "./announcer.ts";
import { begun, bringBack, kept, mayReadLog, readLog } from "./backlog.ts";
import type { Configuration } from "./configuration.ts";
import { deliver } from "./delivery.ts";
import { isGone, nextAttemptAt, resumed } from "./health.ts";
import { ITSELF, NET, type Held } from "./held.ts";
import type { WebhookRow } from "./host.ts";
import type { Attempt } from "./rpc.ts";
import { chosen, wanted, type Flight, type Sent } from "./selection.ts";
import { settled, unready } from "./settling.ts";

/** The first wait (ms) while D1 does not say where to deliver, or what. */
const FIRST_PAUSE = 30_000;
/** A webhook that must not send looks so often whether it may again: the call that says so may have been lost (ms). */
const LOOK_AGAIN = 3_600_000;

export class Courier {
  readonly #held: Held;
  readonly #configuration: Configuration;
  readonly #announcer: Announcer;
  #flights = new Map<number, Flight>();
  /** Everything on its way, test-fires too. */
  readonly #air = new Set<Promise<unknown>>();
  /** Test-fires that fly or wait for a lane, which is kept free for them. */
  #tests = 0;
  #running: Promise<void> | null = null;
  #asked = false;
  readonly #outages = new BackOff(FIRST_PAUSE);

  constructor(held: Held, configuration: Configuration, announcer: Announcer) {
    this.#held = held;
    this.#configuration = configuration;
    this.#announcer = announcer;
  }

  /** Sends what may be sent. Never throws, and nobody needs to wait for it. */
  go(): void {
    this.#asked = true;
    this.#running ??= this.#run();
  }

  /** As `go`, and what is known about the webhook's row is read anew. */
  goAnew(): void {
    this.#configuration.forget();
    this.#outages.lift();
    this.go();
  }

  /** The webhook is gone: what is on its way will find nobody who waits for it. */
  forget(): void {
    this.#configuration.forget();
    this.#flights = new Map();
  }

  /** Resolves when nothing is on its way or could be, or after so many milliseconds. */
  async landed(ms: number): Promise<void> {
    await atMost(ms, this.#held.host.timer, async (isLate) => {
      while (!isLate() && (this.#running !== null || this.#air.size > 0)) {
        await Promise.race(this.#running === null ? this.#air : [this.#running, ...this.#air]);
      }
    });
  }

  /** Past the queue and without a bearing on health, but in one of the lanes. */
  async test(row: WebhookRow, event: LeaseholdEvent): Promise<Attempt> {
    const { incarnation } = this.#held;
    this.#tests += 1;
    try {
      while (this.#air.size >= this.#held.host.limits.lanes) await Promise.race(this.#air);
      const { attempt } = await this.#airborne(deliver(this.#held.host, row, { event, isRedacted: false, number: 1 }));
      if (this.#held.incarnation === incarnation) this.#held.begin(row.id, () => this.#logged(attempt));
      return attempt;
    } finally {
      this.#tests -= 1;
      this.go();
    }
  }

  /** When the next delivery may go out; null = none will by itself. */
  nextAttemptAt(): number | null {
    const { health, seen } = this.#held.standing();
    if (seen?.enabled === false) return null;
    return nextAttemptAt(health, this.#held.queue.waiting(this.#flying()), this.#held.host.clock());
  }

  /** When the alarm must ring for what waits; null = nothing does. */
  wakeAt(): number | null {
    const now = this.#held.host.clock();
    if (this.#air.size > 0) return now + NET;
    const standing = this.#held.standing();
    const stopped = standing.health.phase === "suspended" || standing.seen?.enabled === false;
    if (stopped) return standing.waiting > 0 || standing.missedFrom !== null ? now + LOOK_AGAIN : null;
    const isBusy = standing.again !== null || mayReadLog(this.#held, standing);
    const next = isBusy ? now : this.nextAttemptAt();
    return next === null ? null : Math.max(next, this.#outages.retryAt ?? 0);
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#asked && this.#held.hasTables && this.#outages.mayTry(this.#held.host.clock())) {
        this.#asked = false;
        if (await this.#round()) this.#asked = true;
      }
      if (this.#held.hasTables) this.#held.alarm.armBy(this.wakeAt());
    } catch (error) {
      this.#pause("a webhook's row, or D1's log, could not be read", error, ITSELF);
    } finally {
      this.#running = null;
    }
  }

  /** True if there is more to do at once. */
  async #round(): Promise<boolean> {
    const { incarnation } = this.#held;
    const row = await this.#read();
    if (row === "changed") return this.#held.hasTables;
    if (row === null || !row.enabled || isGone(this.#held.standing().health)) return false;
    const more = bringBack(this.#held);
    if (mayReadLog(this.#held, this.#held.standing())) await readLog(this.#held);
    if (this.#held.incarnation !== incarnation) return this.#held.hasTables;
    const dropped = this.#launch(row);
    return more || dropped || mayReadLog(this.#held, this.#held.standing());
  }

  /** The row as it is now, noticed; "changed": it may be another one already. Null: there is none, and all is wiped. */
  async #read(): Promise<WebhookRow | "changed" | null> {
    const { incarnation } = this.#held;
    const { age } = this.#configuration;
    const row = await this.#configuration.read(this.#held.standing().id);
    if (this.#held.incarnation !== incarnation || this.#configuration.age !== age) return "changed";
    if (row === null) {
      this.#held.wipe();
      this.forget();
      return null;
    }
    this.#notice(row);
    return row;
  }

  /** HOOK-2: whether a webhook that was gone still is, or was enabled. Throws while D1 does not answer. */
  async isGone(): Promise<boolean> {
    if (!this.#held.hasTables || !isGone(this.#held.standing().health)) return false;
    this.#configuration.forget();
    await this.#read();
    return this.#held.hasTables && isGone(this.#held.standing().health);
  }

  /** Who enables a webhook, or sends one that is enabled elsewhere, wants it to begin anew. */
  #notice({ url, enabled, updatedAt }: WebhookRow): void {
    const { seen } = this.#held.standing();
    if (seen?.url === url && seen.enabled === enabled) return;
    if (seen !== null && seen.url !== url) this.#moved({ url, enabled }, updatedAt);
    else {
      this.#held.change((standing) => ({
        ...(seen !== null && enabled ? begun(this.#held, standing, null) : {}),
        seen: { ...seen, url, enabled },
      }));
    }
    void this.#announcer.tell();
  }

  #moved(to: Pick<WebhookRow, "url" | "enabled">, movedAt: number): void {
    this.#held.change((standing) => ({
      ...(to.enabled ? { health: resumed(standing.health) } : {}),
      ...{ missedFrom: null, again: null, replay: null },
      seen: { ...to, kept: kept(this.#held, standing, movedAt) },
    }));
  }

  /** True if this event is on its way. */
  isFlying(seq: number): boolean {
    return this.#flights.has(seq);
  }

  /** True if others have their turn now, because some were no longer wanted. */
  #launch(row: WebhookRow): boolean {
    const due = chosen(this.#held, this.#flights, Math.min(1, this.#tests));
    const going = wanted(this.#held, row.events, due, (seq) => this.isFlying(seq));
    for (const sent of going) {
      const flight = { launch: sent.launch, isAside: sent.queued.place === "aside" };
      this.#flights.set(sent.queued.seq, flight);
      void this.#airborne(this.#deliver(row, sent, flight));
    }
    return going.length < due.length;
  }

  async #deliver(row: WebhookRow, sent: Sent, flight: Flight): Promise<void> {
    const { incarnation } = this.#held;
    const { event, isRedacted, seq } = sent.queued;
    try {
      const number = this.#held.log.count(event.id) + 1;
      const delivered = await deliver(this.#held.host, row, { event, isRedacted, number });
      if (this.#held.incarnation === incarnation) settled(this.#held, row, sent, delivered);
      this.#outages.passed();
    } catch (error) {
      this.#pause("an event could not be made ready for delivery", error, { eventId: event.id });
      if (this.#held.incarnation === incarnation) unready(this.#held, sent.queued);
    } finally {
      if (this.#flights.get(seq) === flight) this.#flights.delete(seq);
      void this.#announcer.tell();
      this.go();
    }
  }

  #airborne<T>(work: Promise<T>): Promise<T> {
    const landing = work.then(
      () => "landed",
      () => "landed",
    );
    this.#air.add(landing);
    void landing.finally(() => this.#air.delete(landing));
    return work;
  }

  #pause(what: Message, error: unknown, about: About): void {
    // What is on its way at once fails at once: that is one outage.
    const now = this.#held.host.clock();
    if (this.#outages.mayTry(now)) this.#outages.failed(now);
    this.#held.host.report(what, error, about);
    if (this.#held.hasTables) this.#held.alarm.armBy(this.#outages.retryAt);
  }

  #logged(attempt: Attempt): Readonly<Record<string, never>> {
    this.#held.log.add(attempt);
    return {};
  }

  #flying(): ReadonlySet<number> {
    return new Set(this.#flights.keys());
  }
}
