/** Offers events to the webhooks that want them (EVT-3): idempotent by id, in order, all webhooks at once. */

import type { LeaseholdEvent } from "../domain/event.ts";
import { wantsEvent } from "../domain/webhook.ts";
import type { LiveWebhook } from "../registry/live-webhooks.ts";
import { causeOf } from "../tokens/cause.ts";
import type { WebhookDirectory } from "../webhooks/stub.ts";

/** How long a webhook's object has to store them (ms). */
const PATIENCE = 10_000;

/**
 * Ids of the events that a webhook wants and has not taken. Never rejects. `silent`: webhooks that are not asked, since
 * they did not answer before; those that do not answer now are added.
 */
export async function offerEvents(
  directory: WebhookDirectory,
  live: readonly LiveWebhook[],
  events: readonly LeaseholdEvent[],
  silent: Set<string>,
): Promise<ReadonlySet<string>> {
  const offers = live
    .map(({ id, events: patterns }) => ({ id, wanted: events.filter(({ type }) => wantsEvent(patterns, type)) }))
    .filter(({ wanted }) => wanted.length > 0);
  const untaken = await Promise.all(
    offers.map(async ({ id, wanted }) => {
      if (!silent.has(id) && (await take(directory, id, wanted))) return [];
      silent.add(id);
      return wanted.map((event) => event.id);
    }),
  );
  return new Set(untaken.flat());
}

async function take(directory: WebhookDirectory, id: string, events: readonly LeaseholdEvent[]): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE);
  });
  try {
    return await Promise.race([taken(directory, id, events), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Never rejects, also long after nobody waits for it any more. */
async function taken(directory: WebhookDirectory, id: string, events: readonly LeaseholdEvent[]): Promise<boolean> {
  try {
    await directory.at(id).take(id, events);
    return true;
  } catch (error) {
    console.warn("a webhook's object took no events", id, causeOf(error));
    return false;
  }
}
