/** What comes into the queue: new events, and on request those missed, given up or moved aside (HOOK-4). */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import { idBefore, loggedEvents } from "../registry/events/event-replay.ts";
import { isGone, resumed, suspended } from "./health.ts";
import type { Held, LogReplay, Seen, Standing } from "./held.ts";

/** Bytes of a redacted event with everything around its body, at most (EVT-4). */
const LOGGED_BYTES = 4096;

/** Stores an event, or remembers that it was missed. Idempotent by its id. */
export function taken(held: Held, standing: Standing, event: LeaseholdEvent): Standing {
  if (held.queue.has(event.id) || held.log.wasDelivered(event.id, 0)) return standing;
  const stopped = standing.health.phase === "suspended" && standing.missedFrom !== null;
  return (stopped ? null : held.added(standing, event, false)) ?? missed(standing, event);
}

function missed(standing: Standing, event: LeaseholdEvent): Standing {
  const at = Math.min(event.at, instantOf(event.id));
  const missedFrom = Math.min(standing.missedFrom ?? at, at);
  if (standing.replay !== null) {
    // A replay is on its way through the log and will come by, from here at the latest.
    const after = [standing.replay.after, idBefore(at)].toSorted()[0] ?? "";
    return { ...standing, missedFrom, replay: { ...standing.replay, after } };
  }
  // Who is gone stays so: that is the more that is known.
  const reason = isGone(standing.health) ? "gone" : "backlog-full";
  return { ...standing, missedFrom, health: suspended(standing.health, reason) };
}

/** The time in a UUIDv7, epoch ms. */
function instantOf(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

/** Everything that waits is due; what was missed, or `from` an instant on, is read from D1's log. */
export function begun(held: Held, standing: Standing, from: number | null): Standing {
  const earliest = Math.min(from ?? Infinity, standing.missedFrom ?? Infinity);
  // Who names an instant wants it all once more; what was missed is wanted once.
  const notSince = from === null ? 0 : held.host.clock() + 1;
  const asked = earliest === Infinity ? null : { after: idBefore(earliest), notSince };
  return {
    ...standing,
    health: resumed(standing.health),
    again: { after: 0, upto: held.queue.last() },
    replay: both(standing.replay, asked),
  };
}

/** HOOK-5: another receiver gets what comes from now on; all that is older than its URL is kept for a replay. */
export function kept(held: Held, { seen, missedFrom }: Standing, movedAt: number): NonNullable<Seen["kept"]> {
  const upto = Math.max(seen?.kept?.upto ?? 0, held.queue.lastBefore(idBefore(movedAt)));
  return { upto, missedFrom: earlier(seen?.kept?.missedFrom ?? null, missedFrom) };
}

/** Nothing is kept any more: what was waits, or is missed, like the rest. */
export function released(standing: Standing): Standing {
  const { seen, missedFrom } = standing;
  if (seen === null || seen.kept === undefined || seen.kept === null) return standing;
  return { ...standing, seen: { ...seen, kept: null }, missedFrom: earlier(seen.kept.missedFrom, missedFrom) };
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** A replay that is on its way goes on from where it is, and takes a later one along. */
function both(running: LogReplay | null, asked: LogReplay | null): LogReplay | null {
  if (running === null || asked === null) return running ?? asked;
  return {
    after: running.after < asked.after ? running.after : asked.after,
    notSince: Math.max(running.notSince, asked.notSince),
  };
}

/** One step of bringing back in line what is aside or given up. True if there is more. */
export function bringBack(held: Held): boolean {
  const { again } = held.standing();
  if (again === null) return false;
  const rows = held.queue.outOfLine(again.after, again.upto, held.host.limits.replayStep);
  const last = rows.length < held.host.limits.replayStep ? undefined : rows.at(-1);
  held.change((standing) => {
    for (const { seq } of rows) held.queue.backInLine(seq);
    return {
      givenUp: standing.givenUp - rows.filter(({ place }) => place === "given-up").length,
      again: last === undefined ? null : { after: last.seq, upto: again.upto },
    };
  });
  return last !== undefined;
}

/** True if the log is being replayed and the queue has room for one more step of it. */
export function mayReadLog(held: Held, { replay, waiting, waitingBytes }: Standing): boolean {
  const { replayStep, waitingEvents, waitingBytes: mostBytes } = held.host.limits;
  return (
    replay !== null && waiting + replayStep <= waitingEvents && waitingBytes + replayStep * LOGGED_BYTES <= mostBytes
  );
}

/** One step through D1's log. Throws while D1 does not answer. */
export async function readLog(held: Held): Promise<void> {
  const { incarnation } = held;
  const { id, replay } = held.standing();
  if (replay === null) return;
  const logged = await loggedEvents(held.host.db, id, replay.after, held.host.limits.replayStep);
  if (held.incarnation !== incarnation) return;
  held.change((standing) => {
    // Begun anew meanwhile: this step is of no use to that one.
    if (standing.replay === null || standing.replay.after !== replay.after) return {};
    let next = standing;
    for (const event of logged.wanted) {
      if (held.queue.has(event.id) || held.log.wasDelivered(event.id, replay.notSince)) continue;
      const added = held.added(next, event, true);
      // Others came meanwhile and took the room: this step is made again.
      if (added === null) return next;
      next = added;
    }
    return logged.upto === null
      ? { ...next, replay: null, missedFrom: null }
      : { ...next, replay: { ...replay, after: logged.upto } };
  });
}
