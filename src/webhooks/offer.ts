/**
 * The one offer of events to webhooks (EVT-3): to each those that it wants, whole and in their order, and to all
 * webhooks at once. Idempotent by the events' ids, so that whoever hands over may offer them again.
 */

import type { EventType, LeaseholdEvent } from "../domain/license/event.ts";
import { atMost, type StartTimer } from "../durable/patience.ts";
import type { LiveWebhook } from "../registry/object/live-webhooks.ts";
import type { WebhookDirectory } from "./stub.ts";

/** A webhook's object stores and answers; one that takes longer than this (ms) does not answer. */
const TAKES_WITHIN = 10_000;

export interface Offering {
  readonly webhooks: WebhookDirectory;
  readonly timer: StartTimer;
  /** Hears of each call that failed, also of one that does so long after nobody waits for it any more. */
  failed?(webhookId: string, error: unknown): void;
}

/** A webhook that has not taken what it wants, and why. */
export interface Untaken {
  readonly webhookId: string;
  readonly error: unknown;
}

/** True if one of these webhooks wants events of this type. */
export function isWanted(webhooks: readonly LiveWebhook[], type: EventType): boolean {
  return webhooks.some(({ events }) => wantsEvent(events, type));
}

/** True if this webhook is to get this event. That it is suspended is told to others, never to itself (OBS-2). */
export function wants({ id, events: patterns }: LiveWebhook, { type, subjectId }: LeaseholdEvent): boolean {
  return wantsEvent(patterns, type) && !(type === "webhook.suspended" && subjectId === id);
}

/** True if a webhook that lists these patterns does: exact, `license.*` by prefix, `*` for all. */
export function wantsEvent(patterns: readonly string[], type: EventType): boolean {
  return patterns.some((pattern) => (pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type));
}

/** The webhooks that have not taken theirs, in the order of `live`. Never rejects. */
export async function offerEvents(
  offering: Offering,
  live: readonly LiveWebhook[],
  events: readonly LeaseholdEvent[],
): Promise<readonly Untaken[]> {
  const offers = live
    .map((webhook) => ({ id: webhook.id, wanted: events.filter((event) => wants(webhook, event)) }))
    .filter(({ wanted }) => wanted.length > 0);
  return (await Promise.all(offers.map(({ id, wanted }) => offer(offering, id, wanted)))).flat();
}

async function offer(offering: Offering, webhookId: string, events: readonly LeaseholdEvent[]): Promise<Untaken[]> {
  const taken = await atMost(TAKES_WITHIN, offering.timer, async () => {
    try {
      await offering.webhooks.at(webhookId).take(webhookId, events);
      return [];
    } catch (error) {
      offering.failed?.(webhookId, error);
      return [{ webhookId, error }];
    }
  });
  return taken === "late" ? [{ webhookId, error: new Error("the webhook's object does not answer") }] : taken;
}
