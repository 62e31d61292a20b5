/** LEASE-7, played again: a refresh is early by a share, which has to be the same whenever one is told. */

import { must, same } from "./invariants.ts";
import type { SessionSeat, Share } from "./session-seat.ts";

/** Of the interval. */
const MOST = 0.1;
/** What sums of fractions may be off by. */
const SLACK = 1e-9;

export function unknownShare(generation: number): Share {
  return { generation, above: -SLACK, most: 1 };
}

/** Both in epoch ms: what was told at `now`, and the latest that TOK-6 allows. */
export function refreshTold(seat: SessionSeat, told: number | null, latest: number | null, now: number): void {
  if (told === null || latest === null) return same("TOK-6", "the refresh", told, latest);
  must("LEASE-7", told % 1000 === 0, () => `a refresh at ${told}, which is no whole second`);
  const early = latest - told;
  const tenth = (latest - now) * MOST;
  must("LEASE-7", early >= 0 && early < tenth + 1000, () => `a refresh ${early} ms early, of ${tenth} at most`);
  if (tenth === 0) return;
  const before = seat.share.generation === seat.generation ? seat.share : unknownShare(seat.generation);
  const above = Math.max(before.above, (early - 1000) / tenth - SLACK);
  const most = Math.min(before.most, early / tenth + SLACK);
  must(
    "LEASE-7",
    above < most,
    () => `a refresh ${early} ms early of ${tenth}, and before by ${JSON.stringify(before)}`,
  );
  seat.share = { generation: seat.generation, above, most };
}

/** The same from the seconds that a check-in tells, which are one at least. */
export function secondsTold(seat: SessionSeat, told: number | null, latest: number | null, now: number): void {
  if (told === null || latest === null) return same("TOK-6", "nextCheckInSeconds", told, latest);
  const least = latest - (latest - now) * MOST - 1000;
  if (told === 1) return must("LEASE-7", least <= now + 1000, () => `a second, and ${latest - now} ms at most`);
  must("TOK-6", now + told * 1000 <= latest, () => `${told} seconds, and ${latest - now} ms at most`);
  // Rounded down, since up would be too late: the refresh may be before or after.
  if (now + (told + 1) * 1000 > latest)
    return must("LEASE-7", least < now + (told + 1) * 1000, () => `${told} seconds`);
  // On a second, and not after what was told: there is one such in the second before.
  refreshTold(seat, Math.floor(now / 1000 + told) * 1000, latest, now);
}
