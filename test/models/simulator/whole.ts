/** The whole state of a license against its history: every row, every counter, every bound. Too dear for every step. */

import { activationEnd } from "../../../src/domain/seats/rolling.ts";
import { blockOf, hasLapsed, inUse, isDead, isHeld, isLive as isLiveRow } from "../../../src/domain/seats/seats.ts";
import { licenseEnd } from "../../../src/domain/terms/expiry.ts";
import type { Turn } from "../../../src/domain/turn/turn.ts";
import { deviceKey } from "../../support/device-oracle.ts";
import { isLive } from "../../support/seat-oracle.ts";
import { must, same } from "./invariants.ts";
import type { SimObject } from "./object.ts";
import type { LicenseOracle } from "./oracle.ts";

/** `clock`: the machine's. Nothing remembers this look. */
export function checkWhole(object: SimObject, oracle: LicenseOracle, clock: number): void {
  if (object.ledger === null) return;
  must("EVT-3", object.hasNet, () => "a crash would leave events that nobody hands over");
  const { now } = oracle;
  oracle.now = Math.max(now, clock);
  compare(object, oracle);
  oracle.now = now;
}

function compare(object: SimObject, oracle: LicenseOracle): void {
  object.glimpse(oracle.now, (turn) => {
    checkCounts(turn, oracle);
    checkRows(turn, oracle);
    checkFloors(turn);
    same("EVT-1", "the number of the last event", turn.tally.eventSeq, oracle.events.written);
    same("EXP-1", "expiresAt", licenseEnd(turn.license.terms.end), oracle.expiry.licenseEnd);
  });
}

function checkCounts(turn: Turn, oracle: LicenseOracle): void {
  const { seats, activations } = inUse(turn);
  same("SEAT-1", "the count of seats in use", seats, oracle.seats.inUse(oracle.now));
  same("CNT-1", "the count of live activations", activations, oracle.seats.live(oracle.now));
  const holders = oracle.seats.all().filter((seat) => oracle.seats.counts(seat, oracle.now));
  same(
    "SEAT-2",
    "the number of devices in their seats",
    new Set(holders.map((seat) => (seat.isInstance ? seat.session : deviceKey(seat)))).size,
    holders.length,
  );
}

/** Each seat has its row and each living row its seat, with the same ends. */
function checkRows(turn: Turn, oracle: LicenseOracle): void {
  const rows = turn.ledger.range(0, turn.tally.nextSeq, Number.MAX_SAFE_INTEGER).filter((row) => !isDead(turn, row));
  const living = new Map(
    rows.filter((row) => isLiveRow(turn, row) || (row.released && isHeld(turn, row))).map((row) => [row.id, row]),
  );
  const lapsed = rows.filter((row) => !row.released && hasLapsed(turn, row));
  for (const row of lapsed) must("LEASE-5", oracle.seats.bySession(row.id) !== undefined, () => `${row.id} has ended`);
  for (const seat of oracle.seats.all()) {
    const row = living.get(seat.session);
    const isIn = isLive(seat, oracle.now) || (seat.held && oracle.seats.counts(seat, oracle.now));
    same("LEDGER", `whether ${seat.session} is stored`, row !== undefined, isIn);
    if (row === undefined) continue;
    living.delete(seat.session);
    same("LEDGER", "a stored end", row.leaseEnd, seat.end);
    same("LEDGER", "a stored hold", row.released, seat.held);
    same("SEAT-10", "a stored token's end", row.tokenEnd, seat.tokenEnd);
    same("EXP-1", "an activation's end", activationEnd(turn, row), oracle.endOf(seat));
  }
  must("LEDGER", living.size === 0, () => `${[...living.keys()].join(", ")} is stored, and nobody has it`);
}

/** 0025-count-by-reading.md: a block but the youngest has a bound at or below the ends of its living rows. */
function checkFloors(turn: Turn): void {
  const { nextSeq, deadUpto } = turn.tally;
  for (let block = blockOf(deadUpto + 1); block < blockOf(nextSeq - 1); block += 1) {
    const ends = turn.ledger.block(block).flatMap((row) => (isDead(turn, row) ? [] : (row.leaseEnd ?? [])));
    const floor = turn.ledger.floor(block);
    if (ends.length > 0)
      must("LEDGER", floor !== null && floor <= Math.min(...ends), () => `block ${block}'s bound is ${floor}`);
  }
}
