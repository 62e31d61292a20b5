/** Tells D1 how the receiver is doing, after the fact: at once if it can, else again with the alarm (HOOK-2). */

import type { WebhookHealth } from "../domain/license/webhook.ts";
import { BackOff } from "../durable/back-off.ts";
import { announceWebhookStatus, writeWebhookStatus, type StatusChange } from "../registry/rows/webhook-status.ts";
import type { Configuration } from "./configuration.ts";
import { isGone, statusOf } from "./health.ts";
import { ITSELF, type Held, type Standing } from "./held.ts";

/** Suspensions of one batch; each takes somebody who begins anew in between. */
const MOST_TOLD = 10;

export class Announcer {
  readonly #held: Held;
  readonly #configuration: Configuration;
  #running: Promise<void> | null = null;
  readonly #backOff = new BackOff();

  constructor(held: Held, configuration: Configuration) {
    this.#held = held;
    this.#configuration = configuration;
  }

  /** When D1 is to be told next; null = it knows. */
  get dueAt(): number | null {
    return this.#isKnown() ? null : (this.#backOff.retryAt ?? 0);
  }

  /** Never throws. One runs at a time. */
  tell(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#held.hasTables && this.#mayTry()) await this.#step();
    } catch (error) {
      this.#held.host.report("whether D1 knows a webhook's status could not be told", error, ITSELF);
    } finally {
      this.#running = null;
    }
  }

  #isKnown(): boolean {
    return isKnown(this.#held.standing()) && this.#held.outbox.isEmpty();
  }

  #mayTry(): boolean {
    return !this.#isKnown() && this.#backOff.mayTry(this.#held.host.clock());
  }

  async #step(): Promise<void> {
    const { host, incarnation } = this.#held;
    const standing = this.#held.standing();
    const health = statusOf(standing.health);
    const goneUrl = health.reason === "gone" ? (standing.seen?.url ?? null) : null;
    const waiting = this.#held.outbox.oldest(MOST_TOLD);
    const suspensions = waiting.map(({ event }) => event);
    const change = { webhookId: standing.id, health, goneUrl, suspensions, eventId: host.newId(), now: host.clock() };
    try {
      const done = await write(host.db, standing.told, change);
      if (this.#held.incarnation !== incarnation) return;
      // Its row changed meanwhile.
      if (!done) return this.#later();
      this.#backOff.passed();
      // HOOK-2: a row that was read before says "enabled", and must not be taken for somebody's who enables it now.
      if (goneUrl !== null) this.#configuration.forget();
      this.#held.change(({ seen }) => {
        this.#held.outbox.handedOver(waiting);
        return { told: health, seen: seen !== null && seen.url === goneUrl ? { ...seen, enabled: false } : seen };
      });
    } catch (error) {
      if (this.#held.incarnation !== incarnation) return;
      this.#later();
      host.report("a webhook's status could not be written", error, {
        eventId: suspensions.at(-1)?.id ?? change.eventId,
      });
    }
  }

  #later(): void {
    this.#held.alarm.armBy(this.#backOff.failed(this.#held.host.clock()));
  }
}

async function write(db: D1Database, told: WebhookHealth, change: StatusChange): Promise<boolean> {
  // Whether it sends or not is a change of the webhook; how its receiver fares is none.
  const isChange = told.status === "suspended" || change.health.status === "suspended";
  if (isChange || change.suspensions.length > 0) {
    return await announceWebhookStatus(db, change);
  }
  await writeWebhookStatus(db, change);
  return true;
}

/** One that is gone is known when it is disabled, too: it may have been told to be gone before, and enabled since. */
function isKnown({ told, health, seen }: Standing): boolean {
  const { status, reason } = statusOf(health);
  if (isGone(health) && seen?.enabled === true) return false;
  return told.status === status && told.reason === reason;
}
