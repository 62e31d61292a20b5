/** Which events go out now, given the receiver's health and what is on its way (HOOK-2). */

import { allowance, type Launch } from "./health.ts";
import type { Held } from "./held.ts";
import type { QueuedEvent } from "./queue.ts";

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
