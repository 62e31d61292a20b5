/** What the alarm does to rows: bounded work that decides nothing (SEAT-6, LEASE-4, 0026-what-one-alarm-does.md). */

import { activationData } from "../seats/activation-data.ts";
import type { Activation } from "../turn/ledger.ts";
import { forgetRecords } from "./idempotency.ts";
import { rememberClock } from "../seats/rolling.ts";
import { isDead, sweep } from "../seats/seats.ts";
import { remove } from "../seats/stored.ts";
import { emit, move, type Turn } from "../turn/turn.ts";
import { settlePeak } from "../seats/usage.ts";

const LAPSES_PER_RUN = 100;
const BLOCKS_PER_RUN = 64;
const ROWS_PER_RUN = 200;

/** Ends lapsed leases, then removes rows below the revoke watermark, each with its event. */
export function tidy(turn: Turn): void {
  settlePeak(turn, "late");
  sweep(turn, LAPSES_PER_RUN, BLOCKS_PER_RUN);
  clearDead(turn);
  forgetRecords(turn);
}

/** STAND-2, DEL-1: rows of ended activations, oldest first. */
function clearDead(turn: Turn): void {
  removeDead(turn, turn.ledger.range(0, turn.tally.deadUpto, ROWS_PER_RUN));
  const { ownedTidiedUpto, ownedDeadUpto } = turn.tally;
  if (ownedTidiedUpto >= ownedDeadUpto) return;
  // AUTH-6: a cursor, since anonymous activations between the owned ones live on.
  const rows = turn.ledger.range(ownedTidiedUpto, ownedDeadUpto, ROWS_PER_RUN);
  removeDead(turn, rows);
  move(turn, { ownedTidiedUpto: rows.at(-1)?.seq ?? ownedDeadUpto });
}

/** A hold's device was told at its release, so its row goes without an event. */
function removeDead(turn: Turn, rows: readonly Activation[]): void {
  for (const row of rows) {
    if (!isDead(turn, row)) continue;
    rememberClock(turn, row);
    remove(turn, row);
    if (!row.released) emit(turn, "activation.deleted", {}, activationData(turn, row));
  }
}
