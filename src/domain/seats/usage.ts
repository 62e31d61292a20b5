/** How a license is used: seats now, the most of each day, and what was refused (src/domain/turn/denials.ts). */

import { dayOf, USAGE_DAYS, writeDenials } from "../turn/denials.ts";
import type { UsageDay } from "../turn/ledger.ts";
import { inUse } from "./seats.ts";
import { move, type Turn } from "../turn/turn.ts";

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

/**
 * Moves the tally, so that a day's peak is no row of its own until the day is over. `soon`: in the relay's turn after a
 * grant, at most one count a minute. `late`: nobody waits, or the day is read.
 */
export function settlePeak(turn: Turn, when: "soon" | "late"): void {
  const { usage } = turn.memory;
  if (usage.candidate === null) return;
  const day = dayOf(turn.now);
  const { peakDay, peakUsed } = turn.tally;
  const isSettled = peakDay === day && usage.settledAt !== null && turn.now - usage.settledAt < MINUTE;
  if (when === "soon" && isSettled) return;
  // Lapsed seats that nobody has swept were counted into the candidate, too.
  const used = usage.candidate - (turn.tally.seatsTaken - inUse(turn).seats);
  turn.memory.usage = { ...usage, candidate: null, settledAt: turn.now };
  if (peakDay === day && used <= peakUsed) return;
  if (peakDay !== day) closeDay(turn, day);
  move(turn, { peakDay: day, peakUsed: used });
}

/** The day before had its last grant. */
function closeDay({ ledger, tally }: Turn, today: number): void {
  ledger.forgetUsage(today - USAGE_DAYS);
  if (tally.peakDay > today - USAGE_DAYS && tally.peakUsed > 0) ledger.keepPeak(tally.peakDay, tally.peakUsed);
}

/** Those from this one on of which there is something to tell, newest first. */
function daysFrom({ ledger, tally }: Turn, fromDay: number): readonly UsageDay[] {
  const kept = ledger.usage(fromDay);
  if (tally.peakDay < fromDay) return kept;
  const last = kept.find(({ day }) => day === tally.peakDay) ?? { day: tally.peakDay, denials: {} };
  const others = kept.filter(({ day }) => day !== tally.peakDay);
  return [{ ...last, peak: tally.peakUsed }, ...others].toSorted((one, other) => other.day - one.day);
}

/** The last `days` days, today included. */
export function usageOf(turn: Turn, days: number): Usage {
  writeDenials(turn);
  settlePeak(turn, "late");
  const used = inUse(turn).seats;
  const today = dayOf(turn.now);
  const stored = daysFrom(turn, today - days + 1);
  const now = stored.find(({ day }) => day === today) ?? { day: today, peak: 0, denials: {} };
  return {
    used,
    limit: turn.license.terms.allowedActivations,
    // Seats that are held today, though nobody activated.
    days: [{ ...now, peak: Math.max(now.peak, used) }, ...stored.filter(({ day }) => day !== today)],
  };
}
