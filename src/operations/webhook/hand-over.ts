/**
 * Hands waiting events of creations and of the catalogue over (EVT-3): to the log and to every webhook that wants them.
 * An event that D1 refuses, or that a webhook does not take, holds up no other.
 */

import type { LeaseholdEvent } from "../../domain/license/event.ts";
import { startTimer } from "../../durable/patience.ts";
import type { LiveWebhook } from "../../registry/object/live-webhooks.ts";
import {
  countFailure,
  dueEvents,
  endEvents,
  logEvents,
  putOffEvents,
  type WaitingEvent,
} from "../../registry/events/outbox.ts";
import { blamesContent } from "../../registry/object/commit.ts";
import { offerEvents, wants } from "../../webhooks/offer.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

type Stores = Pick<Deployment, "db" | "webhooks">;

/** Events of one batch: a license's whole metadata may be in each, up to 300 KB. */
const BATCH = 20;
/** Batches of one run; the cron comes again. */
const BATCHES = 50;
/** After a failure (ms). */
const PAUSE = 60_000;
/** Failures of an event alone, after which it is tried daily and health counts it. */
const FAILURES = 5;
const DAY = 86_400_000;

/** What one run has learned. */
interface Run {
  /** Epoch ms. */
  readonly now: number;
  /** Webhooks that did not answer: this run waits for each but once. */
  readonly silent: Set<string>;
}

/** Never rejects: what is left waits for the next change or the cron. `now` in epoch ms. */
export async function handOver(stores: Stores, now: number): Promise<void> {
  const run: Run = { now, silent: new Set() };
  try {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const waiting = await dueEvents(stores.db, now, BATCH);
      if (waiting.length > 0) await settle(stores, waiting, run);
      if (waiting.length < BATCH) return;
    }
  } catch (error) {
    say("events wait to be handed over", {}, error);
  }
}

/** What D1 refuses for its content is halved, down to the one that is to blame. */
async function settle(stores: Stores, waiting: readonly WaitingEvent[], run: Run): Promise<void> {
  const events = waiting.flatMap(({ event }) => event ?? []);
  const [first] = waiting;
  if (first === undefined) return;
  try {
    // To blame like one that D1 refuses.
    if (events.length < waiting.length) throw new TypeError("malformed event");
    await deliver(stores, events, run);
  } catch (error) {
    if (!blamesContent(error)) throw error;
    if (waiting.length === 1) return await refuse(stores, first, run, error);
    const half = Math.ceil(waiting.length / 2);
    await settle(stores, waiting.slice(0, half), run);
    await settle(stores, waiting.slice(half), run);
  }
}

/** The log first. Events that a webhook has not taken come again, whole: log and webhooks know them by their ids. */
async function deliver({ db, webhooks }: Stores, events: readonly LeaseholdEvent[], run: Run): Promise<void> {
  const live = await logEvents(db, events);
  const untaken = await offer(webhooks, live, events, run.silent);
  const taken = events.map(({ id }) => id).filter((id) => !untaken.has(id));
  if (taken.length > 0) await endEvents(db, taken);
  if (untaken.size > 0) await putOffEvents(db, [...untaken], run.now + PAUSE);
}

/** Ids of the events that a webhook wants and has not taken. One that did not answer before is not asked again. */
async function offer(
  webhooks: Stores["webhooks"],
  live: readonly LiveWebhook[],
  events: readonly LeaseholdEvent[],
  silent: Set<string>,
): Promise<ReadonlySet<string>> {
  const asked = live.filter(({ id }) => !silent.has(id));
  const untaken = await offerEvents({ webhooks, timer: startTimer, failed: warn }, asked, events);
  for (const { webhookId } of untaken) silent.add(webhookId);
  const unanswered = live.filter(({ id }) => silent.has(id));
  return new Set(events.filter((event) => unanswered.some((one) => wants(one, event))).map(({ id }) => id));
}

function warn(webhookId: string, error: unknown): void {
  say("a webhook's object took no events", { webhook: webhookId }, error);
}

async function refuse({ db }: Stores, waiting: WaitingEvent, { now }: Run, error: unknown): Promise<void> {
  const isStuck = waiting.tries + 1 >= FAILURES;
  await countFailure(db, waiting, now + (isStuck ? DAY : PAUSE));
  say("an event cannot be logged", { eventId: waiting.id }, error);
}
