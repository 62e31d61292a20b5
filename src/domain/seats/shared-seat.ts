/** The seat that a person's devices share, and what it says to one device more (SEAT-2, per user). */

import { deadHoldersUpto } from "../turn/holders.ts";
import type { Activation } from "../turn/ledger.ts";
import type { Look } from "../turn/look.ts";
import type { RefusalOf } from "../refusal.ts";
import { isHeld, isLive, seatEnd } from "./seats.ts";

/** Devices of one person that share their seat, holds included. */
const MOST_DEVICES = 100;
/** SEAT-6: rows that are over and go, so that one call pays for no more. */
const SWEEP_FOR_DEVICE = 8;

/** `none`: none of theirs counts, so that it takes a seat; a refusal is that of a full license. */
export interface SharedSeat {
  readonly says: "none" | "room" | RefusalOf<"seats-exhausted">;
  /** Rows of theirs that are over, where so many are stored that they have to go first: there are never more. */
  readonly over: readonly Activation[];
  /** One whose seat it is, where there is any. */
  readonly sharer: Activation | null;
}

/** By the clock. Mostly it reads the youngest row alone. */
export function sharedSeat(look: Look, holder: string): SharedSeat {
  const seqs = look.ledger.heldBy(holder, deadHoldersUpto(look.tally), MOST_DEVICES);
  const rowAt = (seq: number) => look.ledger.range(seq - 1, seq, 1);
  if (seqs.length < MOST_DEVICES) {
    const sharer = firstOf(seqs.toReversed(), (seq) => rowAt(seq).find((row) => counts(look, row)));
    return { says: sharer === null ? "none" : "room", over: [], sharer };
  }
  const rows = seqs.flatMap(rowAt);
  const counted = rows.filter((row) => counts(look, row));
  const over = rows.filter((row) => !counts(look, row)).slice(0, SWEEP_FOR_DEVICE);
  const sharer = counted[0] ?? null;
  if (counted.length === MOST_DEVICES) return { says: fullRefusal(look, counted), over, sharer };
  return { says: sharer === null ? "none" : "room", over, sharer };
}

function firstOf<T, Found>(items: readonly T[], find: (item: T) => Found | undefined): Found | null {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return null;
}

function fullRefusal(look: Look, rows: readonly Activation[]): RefusalOf<"seats-exhausted"> {
  const ends = rows.flatMap((row) => seatEnd(look, row) ?? []);
  const retryAfterSeconds = ends.length === 0 ? null : Math.ceil((Math.min(...ends) - look.now) / 1000);
  return { code: "seats-exhausted", limit: MOST_DEVICES, used: rows.length, retryAfterSeconds };
}

function counts(look: Look, row: Activation): boolean {
  return isLive(look, row) || isHeld(look, row);
}
