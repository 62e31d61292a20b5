/** How a license is used: seats now, the most of each day, and what was refused (src/domain/turn/denials.ts). */

import { dayOf, USAGE_DAYS, writeDenials } from "../turn/denials.ts";
import type { UsageDay } from "../turn/ledger.ts";
import { inUse } from "./seats.ts";
import type { Turn } from "../turn/turn.ts";

const MINUTE = 60_000;

/** What `GET /v3/licenses/{id}/usage` tells. */
export interface Usage {
  /** Seats in use by the clock, holds included. */
  readonly used: number;
  /** `allowedActivations`; 0 or -1 = unlimited. */
  readonly limit: number;
  /** Newest first, from today on; other days without anything are left out. */
  readonly days: readonly UsageDay[];
}

/** A seat was granted. The seats by the clock are counted later, off the caller's way. */
export function noteGrant(turn: Turn): void {
  const { usage } = turn.memory;
  turn.memory.usage = { ...usage, candidate: Math.max(usage.candidate ?? 0, turn.tally.seatsTaken) };
}

/** `soon`: in the relay's turn after a grant, at most one row a minute. `late`: nobody waits, or the day is read. */
export function settlePeak(turn: Turn, when: "soon" | "late"): void {
  const { usage } = turn.memory;
  if (usage.candidate === null) return;
  const day = dayOf(turn.now);
  const known = usage.peak?.day === day ? usage.peak : null;
  if (when === "soon" && known !== null && turn.now - known.writtenAt < MINUTE) return;
  // Lapsed seats that nobody has swept were counted into the candidate, too.
  const used = usage.candidate - (turn.tally.seatsTaken - inUse(turn).seats);
  const peak = { day, used: Math.max(used, known?.used ?? 0), writtenAt: turn.now };
  turn.memory.usage = { ...usage, candidate: null, peak };
  if (known !== null && used <= known.used) return;
  if (known === null) turn.ledger.forgetUsage(day - USAGE_DAYS);
  turn.ledger.raisePeak(day, used);
}

/** The last `days` days, today included. */
export function usageOf(turn: Turn, days: number): Usage {
  writeDenials(turn);
  settlePeak(turn, "late");
  const used = inUse(turn).seats;
  const today = dayOf(turn.now);
  const stored = turn.ledger.usage(today - days + 1);
  const now = stored.find(({ day }) => day === today) ?? { day: today, peak: 0, denials: {} };
  return {
    used,
    limit: turn.license.terms.allowedActivations,
    // Seats that are held today, though nobody activated.
    days: [{ ...now, peak: Math.max(now.peak, used) }, ...stored.filter(({ day }) => day !== today)],
  };
}
