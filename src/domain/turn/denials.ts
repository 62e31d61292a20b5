/**
 * Refusals of clients' calls, by day and reason: counted in memory and written along with what is written anyway, or at
 * the first refusal of a later minute. A flood of refusals is no flood of writes.
 */

import type { Ledger } from "./ledger.ts";
import type { RefusalCode } from "../refusal.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Days that are kept. */
export const USAGE_DAYS = 366;

/** Immutable, so that a turn that is rolled back leaves none of its counts behind. */
export interface UsageMemory {
  /** Refusals that are not written yet, by `day reason`. */
  readonly denials: ReadonlyMap<string, number>;
  /** When the first of them came (epoch ms). */
  readonly since: number | null;
  /**
   * The most seats taken since the peak was last looked at, lapsed ones included; null = no grant since
   * (src/domain/seats/usage.ts).
   */
  readonly candidate: number | null;
  /** The day on which old days were last forgotten. */
  readonly forgottenOn: number | null;
  /** When the peak was last looked at (epoch ms); null = not yet. */
  readonly settledAt: number | null;
}

export const NO_USAGE: UsageMemory = {
  denials: new Map(),
  since: null,
  candidate: null,
  settledAt: null,
  forgottenOn: null,
};

/** As much of a turn as counting needs: it stands below the turn, which writes the counts when it ends. */
interface Counting {
  readonly ledger: Pick<Ledger, "addDenials" | "forgetUsage">;
  readonly memory: { usage: UsageMemory };
  readonly now: number;
}

/** Days since 1970, UTC. */
export function dayOf(at: number): number {
  return Math.floor(at / DAY);
}

/** A call of a client was refused. */
export function noteDenial(turn: Counting, reason: RefusalCode): void {
  const { usage } = turn.memory;
  const key = `${dayOf(turn.now)} ${reason}`;
  const denials = new Map(usage.denials).set(key, (usage.denials.get(key) ?? 0) + 1);
  const since = usage.since ?? turn.now;
  turn.memory.usage = { ...usage, denials, since };
  if (turn.now - since >= MINUTE) writeDenials(turn);
}

/** Along with a turn that writes anyway. */
export function writeDenials(turn: Counting): void {
  const { usage } = turn.memory;
  if (usage.denials.size === 0) return;
  // The first of a day makes room: a dead license that is refused daily has no grants that would.
  if (usage.forgottenOn !== dayOf(turn.now)) turn.ledger.forgetUsage(dayOf(turn.now) - USAGE_DAYS);
  for (const [key, count] of usage.denials) {
    const [day = "", reason = ""] = key.split(" ");
    turn.ledger.addDenials(Number(day), reason, count);
  }
  turn.memory.usage = { ...usage, denials: new Map(), since: null, forgottenOn: dayOf(turn.now) };
}
