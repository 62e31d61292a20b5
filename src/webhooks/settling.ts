/** What a delivery leaves behind, in one transaction: the attempt, the event's place, the health (HOOK-2). */

import type { Delivered } from "./delivery.ts";
import { asideUntil, failed, isStrike, passed, suspended, type Failure, type Health } from "./health.ts";
import type { Held, Standing } from "./held.ts";
import type { WebhookRow } from "./host.ts";
import type { Place, QueuedEvent } from "./queue.ts";
import type { Sent } from "./selection.ts";

export function settled(held: Held, row: WebhookRow, sent: Sent, { attempt, answer }: Delivered): void {
  const { clock, chance } = held.host;
  held.change((standing) => {
    held.log.add(attempt);
    // It went to a receiver that is no longer the webhook's, or before somebody began anew: nothing is known about now.
    const isStale = row.url !== standing.seen?.url || sent.begun !== standing.health.begun;
    const answered = { sentAt: attempt.at, now: clock() };
    if (attempt.delivered) {
      return {
        ...held.removed(standing, sent.queued),
        health: isStale ? standing.health : passed(standing.health, answered),
      };
    }
    const { event } = sent.queued;
    if (isStale) return {};
    // The one that it answered with 410 is not wanted either, should it be enabled again.
    if (answer.status === 410) {
      return { ...held.removed(standing, sent.queued), health: suspended(standing.health, "gone") };
    }
    const { heldUntil } = answer;
    const failure = { ...answered, heldUntil, eventId: event.id, launch: sent.launch, chance: chance() };
    return afterFailure(held, standing, sent.queued, failure);
  });
}

/**
 * Nothing was sent, since what to send could not be read. The event alone waits, so that it does not hold up others for
 * ever.
 */
export function unready(held: Held, queued: QueuedEvent): void {
  const { clock, chance } = held.host;
  held.change(({ givenUp, health }) => {
    const strikes = queued.strikes + 1;
    const { place, dueAt } = placeOf(queued, strikes, health, { now: clock(), chance: chance() });
    held.queue.keep(queued.seq, { place, dueAt, strikes, tries: queued.tries });
    return { givenUp: givenUp + (place === "given-up" ? 1 : 0) };
  });
}

function afterFailure(held: Held, standing: Standing, queued: QueuedEvent, failure: Failure): Partial<Standing> {
  const health = failed(standing.health, failure);
  const strikes = queued.strikes + (isStrike(standing.health, failure) ? 1 : 0);
  const { place, dueAt } = placeOf(queued, strikes, health, failure);
  held.queue.keep(queued.seq, { place, dueAt, strikes, tries: queued.tries + 1 });
  return { health, givenUp: standing.givenUp + (place === "given-up" ? 1 : 0) };
}

/** An event gives up only where its receiver goes on: one whose webhook is suspended waits with the others. */
function placeOf(
  queued: QueuedEvent,
  strikes: number,
  health: Health,
  { now, chance }: Pick<Failure, "now" | "chance">,
): { readonly place: Place; readonly dueAt: number } {
  if (strikes === queued.strikes) return { place: queued.place, dueAt: now };
  const dueAt = asideUntil(strikes, now, chance);
  if (dueAt !== null) return { place: "aside", dueAt };
  return { place: health.phase === "suspended" ? "aside" : "given-up", dueAt: now };
}
