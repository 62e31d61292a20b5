/**
 * The life of one webhook's object: who may call it, and its alarm. It awaits nothing between reading and writing
 * (0028-births-and-batches-take-turns.md).
 */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import type { About } from "../durable/platform.ts";
import type { Message } from "../log/messages.ts";
import { loggedEvent } from "../registry/events/event-replay.ts";
import { Announcer } from "./announcer.ts";
import { begun, released, taken } from "./backlog.ts";
import { Configuration } from "./configuration.ts";
import { Courier } from "./courier.ts";
import { resumed, statusOf } from "./health.ts";
import { Held, ITSELF, NET } from "./held.ts";
import type { Host } from "./host.ts";
import type { Attempt, AttemptQuery, Gone, Replay, Unavailable, WebhookRpc, WebhookState } from "./rpc.ts";

/** Between two alarms, whatever waits (ms). */
const BETWEEN_ALARMS = 1000;

const EMPTY: WebhookState = {
  status: "healthy",
  reason: null,
  waiting: 0,
  waitingBytes: 0,
  givenUp: 0,
  failures: 0,
  nextAttemptAt: null,
  lastSuccessAt: null,
  missedFrom: null,
};

export class Keeper implements WebhookRpc {
  readonly #held: Held;
  readonly #announcer: Announcer;
  readonly #courier: Courier;

  constructor(host: Host, armedAt: number | null) {
    this.#held = new Held(host, armedAt);
    const configuration = new Configuration(host);
    this.#announcer = new Announcer(this.#held, configuration);
    this.#courier = new Courier(this.#held, configuration, this.#announcer);
  }

  async take(webhookId: string, events: readonly LeaseholdEvent[]): Promise<{ readonly taken: number }> {
    // HOOK-2: nothing is queued for who is gone. Where that cannot be told at the moment, the events are not lost.
    const [first] = events;
    if (first === undefined || (await this.#stopped({ eventId: first.id })) === "gone") return { taken: 0 };
    let before = 0;
    this.#held.begin(webhookId, (standing) => {
      before = standing.waiting;
      const after = events.reduce((sum, event) => taken(this.#held, sum, event), standing);
      // A webhook that may not send has an alarm of its own.
      if (standing.health.phase !== "suspended") this.#held.alarm.armBy(this.#held.host.clock() + NET);
      return after;
    });
    const { waiting } = this.#held.standing();
    this.#goOn();
    return { taken: waiting - before };
  }

  async reconfigured(_webhookId: string): Promise<null> {
    if (!this.#held.hasTables) {
      this.#courier.forget();
      return null;
    }
    // The net under the reading.
    this.#held.alarm.armBy(this.#held.host.clock() + NET);
    this.#courier.goAnew();
    return null;
  }

  async testFire(webhookId: string, event: LeaseholdEvent): Promise<Attempt | Unavailable | Gone | null> {
    const stopped = await this.#stopped(event);
    if (stopped !== null) return stopped;
    const row = await this.#answered("a webhook's row could not be read", event, () =>
      this.#held.host.configuration(webhookId),
    );
    return row === "unavailable" || row === null ? row : await this.#courier.test(row, event);
  }

  async replay(
    webhookId: string,
    { from, eventId, requestId = ITSELF.requestId }: Replay,
  ): Promise<{ readonly replayed: number } | Unavailable | Gone> {
    const stopped = await this.#stopped({ requestId });
    if (stopped !== null) return stopped;
    const replayed =
      eventId === null
        ? this.#replayAll(webhookId, from)
        : await this.#answered("D1's log could not be read", { requestId }, () =>
            this.#replayOne(webhookId, eventId, from),
          );
    if (replayed === "unavailable") return replayed;
    if (this.#held.hasTables) {
      this.#held.alarm.armBy(this.#held.host.clock() + NET);
      this.#courier.goAnew();
      void this.#announcer.tell();
    }
    return { replayed };
  }

  async state(_webhookId: string): Promise<WebhookState> {
    if (!this.#held.hasTables) return EMPTY;
    const { health, waiting, waitingBytes, givenUp, missedFrom } = released(this.#held.standing());
    const { failures, lastSuccessAt } = health;
    const nextAttemptAt = this.#courier.nextAttemptAt();
    return { ...statusOf(health), waiting, waitingBytes, givenUp, failures, nextAttemptAt, lastSuccessAt, missedFrom };
  }

  async attempts(webhookId: string, query: AttemptQuery): Promise<readonly Attempt[]> {
    return this.#held.hasTables ? this.#held.log.page(webhookId, query) : [];
  }

  async attempt(webhookId: string, id: string): Promise<Attempt | null> {
    return this.#held.hasTables ? this.#held.log.one(webhookId, id) : null;
  }

  async remove(): Promise<null> {
    this.#held.wipe();
    this.#courier.forget();
    return null;
  }

  /**
   * Bounded work, then the next alarm, in every path; an empty object never arms one
   * (0027-an-empty-object-writes-nothing.md).
   */
  async alarm(): Promise<void> {
    this.#held.alarm.gone();
    if (!this.#held.hasTables) return;
    const { host } = this.#held;
    try {
      await this.#announcer.tell();
      this.#courier.go();
      await this.#courier.landed(host.limits.alarmMs);
      await this.#announcer.tell();
    } catch (error) {
      host.report("an alarm did not finish", error, ITSELF);
    }
    if (this.#held.hasTables) this.#held.alarm.armBy(this.#wakeAt());
  }

  #wakeAt(): number | null {
    const now = this.#held.host.clock();
    try {
      const instants = [this.#courier.wakeAt(), this.#announcer.dueAt].filter((at) => at !== null);
      return instants.length === 0 ? null : Math.max(now + BETWEEN_ALARMS, Math.min(...instants));
    } catch (error) {
      this.#held.host.report("the next alarm could not be told", error, ITSELF);
      return now + NET;
    }
  }

  /** Null: what is asked for may be sent. */
  async #stopped(about: About): Promise<Unavailable | Gone | null> {
    const gone = await this.#answered("a webhook's row could not be read", about, () => this.#courier.isGone());
    if (gone === "unavailable") return gone;
    return gone ? "gone" : null;
  }

  /** For calls that wait for D1: its outage is an answer. */
  async #answered<T>(what: Message, about: About, ask: () => Promise<T>): Promise<T | Unavailable> {
    try {
      return await ask();
    } catch (error) {
      this.#held.host.report(what, error, about);
      return "unavailable";
    }
  }

  #goOn(): void {
    this.#courier.go();
    void this.#announcer.tell();
  }

  #replayAll(webhookId: string, from: number | null): number {
    if (!this.#held.hasTables && from === null) return 0;
    let replayed = 0;
    this.#held.begin(webhookId, (standing) => {
      replayed = standing.waiting;
      return begun(this.#held, released(standing), from);
    });
    return replayed;
  }

  /** An event that waits comes back in line; another is taken from the log, if `from` allows. */
  async #replayOne(webhookId: string, eventId: string, from: number | null): Promise<number> {
    const logged = from === null ? [] : await loggedEvent(this.#held.host.db, eventId);
    const queued = this.#held.hasTables ? this.#held.queue.one(eventId) : null;
    const event = logged.find(({ at }) => from !== null && at >= from);
    if (queued === null && event === undefined) return 0;
    let replayed = 1;
    this.#held.begin(webhookId, (standing) => {
      const started = standing.health.phase === "suspended" ? { health: resumed(standing.health) } : {};
      if (queued !== null) {
        const isKept = queued.seq <= (standing.seen?.kept?.upto ?? 0) && !this.#courier.isFlying(queued.seq);
        if (isKept) this.#held.queue.toEnd(queued.seq);
        else this.#held.queue.backInLine(queued.seq);
        return { ...started, givenUp: standing.givenUp - (queued.place === "given-up" ? 1 : 0) };
      }
      const added = event === undefined ? null : this.#held.added(standing, event, true);
      replayed = added === null ? 0 : 1;
      return added === null ? {} : { ...added, ...started };
    });
    return replayed;
  }
}
