/** Which events go out now, given the receiver's health, what is on its way and what is wanted (HOOK-2, HOOK-5). */

import type { EventType } from "../domain/license/event.ts";
import { allowance, type Launch } from "./health.ts";
import type { Held } from "./held.ts";
import { wantsEvent } from "./offer.ts";
import type { Place, QueuedEvent } from "./queue.ts";

export interface Sent {
  readonly queued: QueuedEvent;
  readonly launch: Launch;
  /** `Health.begun` when it went out. */
  readonly begun: number;
}

export interface Flight {
  readonly launch: Launch;
  readonly isAside: boolean;
}

/** `flights` by the events' places in the queue; `reserved`: lanes that others have. */
export function chosen(held: Held, flights: ReadonlyMap<number, Flight>, reserved: number): readonly Sent[] {
  const { lanes } = held.host.limits;
  const free = lanes - flights.size - reserved;
  if (free <= 0) return [];
  const { health } = held.standing();
  const { begun } = health;
  const allowed = allowance(health, held.host.clock());
  switch (allowed.send) {
    case "nothing":
      return [];
    case "several":
      return several(held, flights, free).map((queued) => ({ queued, launch: "open", begun }));
    case "one-untried":
      return isProbing(flights) ? [] : untried(held, flights).map((queued) => ({ queued, launch: "early", begun }));
    case "one": {
      if (isProbing(flights)) return [];
      const upto = allowed.which === "any" ? Number.MAX_SAFE_INTEGER : held.host.clock();
      return probe(held, flights, upto).map((queued) => ({ queued, launch: "scheduled", begun }));
    }
  }
}

/** The oldest, and of those that moved aside as many as have lanes of their own. */
function several(held: Held, flights: ReadonlyMap<number, Flight>, free: number): readonly QueuedEvent[] {
  const flying = new Set(flights.keys());
  const asideFlying = [...flights.values()].filter(({ isAside }) => isAside).length;
  const asideFree = Math.min(free, held.host.limits.asideLanes - asideFlying);
  const aside = held.queue.aside(asideFree, flying, held.host.clock());
  return [...aside, ...held.queue.line(free - aside.length, flying)];
}

function untried({ queue }: Held, flights: ReadonlyMap<number, Flight>): readonly QueuedEvent[] {
  const least = queue.leastTried(new Set(flights.keys()));
  return least?.tries === 0 ? [least] : [];
}

/** One in line, else the longest due of those aside, if it is due by `upto`. */
function probe({ queue }: Held, flights: ReadonlyMap<number, Flight>, upto: number): readonly QueuedEvent[] {
  const flying = new Set(flights.keys());
  const least = queue.leastTried(flying);
  return least === null ? queue.aside(1, flying, upto) : [least];
}

function isProbing(flights: ReadonlyMap<number, Flight>): boolean {
  return [...flights.values()].some(({ launch }) => launch !== "open");
}

interface Row {
  readonly seq: number;
  readonly bytes: number;
  readonly place: Place;
  readonly type: EventType;
}

/**
 * HOOK-5: what no pattern covers any more is not sent. Of those whose turn it is, the wanted ones; the others are gone,
 * and with them a step of what else at the queue's beginning is unwanted. `isFlying`: on its way, where its delivery
 * settles what becomes of it.
 */
export function wanted(
  held: Held,
  patterns: readonly string[],
  due: readonly Sent[],
  isFlying: (seq: number) => boolean,
): readonly Sent[] {
  const isWanted = ({ type }: { readonly type: EventType }) => wantsEvent(patterns, type);
  const going = due.filter(({ queued }) => !isWanted(queued.event)).map(({ queued }) => queued);
  if (going.length === 0) return due;
  held.change((standing) => {
    const met = going.map(({ seq, bytes, place, event }): Row => ({ seq, bytes, place, type: event.type }));
    const others = held.queue.oldest(held.host.limits.replayStep).filter((row) => !isWanted(row) && !isFlying(row.seq));
    const rows = new Map([...met, ...others].map((row) => [row.seq, row]));
    const counts = { givenUp: standing.givenUp, waiting: standing.waiting, waitingBytes: standing.waitingBytes };
    for (const { seq, bytes, place } of rows.values()) {
      held.queue.remove(seq);
      counts.waiting -= 1;
      counts.waitingBytes -= bytes;
      counts.givenUp -= place === "given-up" ? 1 : 0;
    }
    return counts;
  });
  return due.filter(({ queued }) => isWanted(queued.event));
}
