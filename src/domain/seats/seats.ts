/**
 * Who holds a seat, and whether one is free: counted by the clock, never by an alarm (SEAT-1, SEAT-6, LEASE-4).
 * A maintained counter minus lapsed seats found by reading due blocks; no call pays for more than a few.
 */

import { activationData } from "./activation-data.ts";
import { count, ENDED, HOLD_ENDED, PUT_ON_HOLD } from "../turn/counters.ts";
import type { EventType } from "../license/event.ts";
import { hasAtMost } from "../turn/holders.ts";
import { BLOCK_SIZE, type Activation } from "../turn/ledger.ts";
import { viewWith, type Beside } from "../turn/license-view.ts";
import { usesKey } from "../turn/meter-counts.ts";
import type { Look } from "../turn/look.ts";
import type { RefusalOf } from "../refusal.ts";
import { hasLease } from "../terms/license.ts";
import { seatReleaseAt } from "../license/seat-release.ts";
import { remove } from "./stored.ts";
import { ALARM, emit, move, type LapseCount, type Turn } from "../turn/turn.ts";

/** SEAT-6: lapses, and blocks with a stale bound, that one call pays for. */
const SWEEP_FOR_CALL = 8;
/** SEAT-4: the limit event comes at most this often (ms). */
const LIMIT_EVENT_EVERY = 60_000;

export function blockOf(seq: number): number {
  return Math.floor(seq / BLOCK_SIZE);
}

/** Ended by a watermark: revoke and delete by the order of birth, another user by the owner's epoch. */
export function isDead({ tally }: Pick<Turn, "tally">, { seq, owner, ownerEpoch }: Activation): boolean {
  return seq <= tally.deadUpto || (owner !== null && ownerEpoch < tally.ownerEpoch);
}

/** LEASE-4: a lease is over because its end is at or before `now`. */
export function hasLapsed(turn: Look, activation: Activation): boolean {
  return activation.leaseEnd !== null && activation.leaseEnd <= turn.now;
}

export function isLive(turn: Look, activation: Activation): boolean {
  return !activation.released && !isDead(turn, activation) && !hasLapsed(turn, activation);
}

/**
 * When the seat is free by the clock; null = not by the clock. SEAT-10: of a lapsed lease, too, not before the latest
 * token has ended; it may be older and longer than the lease, when the device had taken its own hold over. The rule at
 * the lapse decides, swept or not.
 */
export function seatEnd(turn: Look, { released, leaseEnd, tokenEnd }: Activation): number | null {
  if (released || leaseEnd === null || seatReleaseAt(turn.license.terms, leaseEnd) === "at-once") return leaseEnd;
  return Math.max(leaseEnd, tokenEnd ?? 0);
}

/**
 * SEAT-10: an activation that has ended while its seat still counts. It was released, or its lease is over, swept or
 * not.
 */
export function isHeld(turn: Look, activation: Activation): boolean {
  if (isDead(turn, activation) || isLive(turn, activation)) return false;
  return isFuture(turn, seatEnd(turn, activation));
}

/** Seats in use (holds included) and live activations, by the clock. */
export function inUse(turn: Look): { readonly seats: number; readonly activations: number } {
  const lapses = countLapses(turn);
  return {
    seats: turn.tally.seatsTaken - lapses.seats,
    activations: turn.tally.activationsTaken - lapses.activations,
  };
}

/** METER-1: what activations have used that the clock has ended and nobody has swept, by `usesKey`. */
export function lapsedUses(look: Look): LapseCount["uses"] {
  return countLapses(look).uses;
}

/** SEAT-1, SEAT-4, SEAT-9: why there is no seat for one activation more; null = there is one. */
export function seatRefusal(turn: Look): SeatRefusal | null {
  const { allowedActivations: limit, allowedOverage } = turn.license.terms;
  if (limit <= 0 || hasRoom(turn, limit + allowedOverage)) return null;
  const { seats, activations } = inUse(turn);
  // A block's bound may outlive its rows: without leases and holds there is nothing to wait for. Where people share
  // seats, the two counts do not tell of holds.
  const isShared = turn.license.terms.leasingStrategy === "per-user";
  const mayEnd = hasLease(turn.license.terms) || isShared || seats > activations;
  const nextEnd = mayEnd ? countLapses(turn).nextEnd : null;
  const retryAfterSeconds = nextEnd === null ? null : Math.max(1, Math.ceil((nextEnd - turn.now) / 1000));
  return { code: "seats-exhausted", limit, used: seats, retryAfterSeconds };
}

type SeatRefusal = RefusalOf<"seats-exhausted">;

/** SEAT-9: whether the next seat is one above the limit. */
export function isFull(turn: Look): boolean {
  const limit = turn.license.terms.allowedActivations;
  return limit > 0 && !hasRoom(turn, limit);
}

function hasRoom(turn: Look, seats: number): boolean {
  return turn.tally.seatsTaken < seats || inUse(turn).seats < seats;
}

/** SEAT-6: where the counter is full, a few lapses go first, so that most grants need no count of all. */
export function sweepForRoom(turn: Turn): void {
  const limit = turn.license.terms.allowedActivations;
  if (limit <= 0 || turn.tally.seatsTaken < limit) return;
  const known = freshCount(turn);
  if (known === null || known.seats > 0) sweepFew(turn);
}

/** SEAT-4: that the license is full is told at most once a minute. */
export function tellLimit(turn: Turn, { limit, used }: SeatRefusal): void {
  if (turn.now - turn.tally.limitEventAt < LIMIT_EVENT_EVERY) return;
  move(turn, { limitEventAt: turn.now });
  emitWithSeats(turn, "license.activation.limit-reached", { limit, used });
}

/** SEAT-9: of every seat that is granted above the limit, after it was counted. */
export function tellOverage(turn: Turn): void {
  const limit = turn.license.terms.allowedActivations;
  emitWithSeats(turn, "license.activation.overage", { limit, used: inUse(turn).seats });
}

function emitWithSeats(turn: Turn, type: EventType, beside: Beside): void {
  emit(turn, type, {}, { ...viewWith(turn, inUse(turn).activations, lapsedUses(turn)), ...beside });
}

/** After an insert: an activation in a new block gives the block before it a bound of its own. */
export function noteInserted(turn: Turn, activation: Activation): void {
  turn.memory.lapses = null;
  const block = blockOf(activation.seq);
  if (block > 0 && blockOf(activation.seq - 1) < block) settleFloor(turn, block - 1);
}

/** SEAT-10: a hold may end earlier than its lease did, so the block's bound may have to come down. */
function noteHold(turn: Turn, activation: Activation): void {
  turn.memory.lapses = null;
  const block = blockOf(activation.seq);
  if (block === youngest(turn) || activation.leaseEnd === null) return;
  const floor = turn.ledger.floor(block);
  if (floor === null || activation.leaseEnd < floor) turn.ledger.setFloor(block, activation.leaseEnd);
}

/**
 * Ends lapsed leases and holds, the blocks with the lowest bound first: at most `mostLapses` rows in at most
 * `mostBlocks` blocks. Emits one `activation.lease-expired` per lapse, in the transaction that removes the row.
 */
export function sweep(turn: Turn, mostLapses: number, mostBlocks: number): number {
  let swept = 0;
  const young = youngest(turn);
  const due = turn.ledger.dueBlocks(turn.now, mostBlocks).map((row) => row.block);
  for (const block of [...due, young]) {
    if (swept >= mostLapses) break;
    swept += sweepBlock(turn, block, mostLapses - swept);
    if (block !== young) settleFloor(turn, block);
  }
  return swept;
}

/** Of a call that needs the room. */
export function sweepFew(turn: Turn): void {
  sweep(turn, SWEEP_FOR_CALL, SWEEP_FOR_CALL);
}

/** When the oldest lease ended that is over but not swept; null = none is. */
export function oldestLapse(turn: Turn): number | null {
  return countLapses(turn).oldest;
}

function sweepBlock(turn: Turn, block: number, most: number): number {
  const lapsed = turn.ledger
    .block(block)
    .filter((row) => !isDead(turn, row) && hasLapsed(turn, row))
    .slice(0, most);
  for (const row of lapsed) endLapsed(turn, row);
  return lapsed.length;
}

/**
 * Ends the calling device's own lapses, so that no later terms make a second seat of one (SEAT-2). One whose token goes
 * on becomes a hold, which the device then may take over (SEAT-10). True if there were any.
 */
export function settleDevice(turn: Turn, rows: readonly Activation[]): boolean {
  const lapsed = rows.filter((row) => !row.released && !isDead(turn, row) && hasLapsed(turn, row));
  for (const row of lapsed) endLapsed(turn, row);
  return lapsed.length > 0;
}

function isFuture(turn: Look, at: number | null): at is number {
  return at !== null && at > turn.now;
}

/** LEASE-4, LEASE-5: a call that meets its own lapse ends it there and then, so that no clock can bring it back. */
export function sweepOne(turn: Turn, activationId: string): void {
  const row = turn.ledger.activation(activationId);
  if (row !== null && !isDead(turn, row) && hasLapsed(turn, row)) endLapsed(turn, row);
}

/** Of a lease, or of a hold. */
export function endLapsed(turn: Turn, activation: Activation): void {
  turn.memory.lapses = null;
  const heldUntil = seatEnd(turn, activation);
  if (isFuture(turn, heldUntil)) {
    hold(turn, activation, heldUntil);
  } else {
    remove(turn, activation);
    count(turn, activation, activation.released ? HOLD_ENDED : ENDED);
  }
  // A hold's device was told at its release; only a running lease can lapse.
  if (!activation.released) emit(turn, "activation.lease-expired", {}, activationData(turn, activation), ALARM);
}

/** SEAT-10: the activation has ended, its seat counts until then. */
export function hold(turn: Turn, activation: Activation, until: number): void {
  const held: Activation = { ...activation, released: true, leaseEnd: until };
  turn.ledger.updateActivation(held);
  count(turn, activation, PUT_ON_HOLD);
  noteHold(turn, held);
}

/** Writes the bound that the block's living rows give, or removes it when none of them ends. */
function settleFloor(turn: Turn, block: number): void {
  const ends = turn.ledger
    .block(block)
    .filter((row) => !isDead(turn, row))
    .flatMap((row) => (row.leaseEnd === null ? [] : [row.leaseEnd]));
  const floor = ends.length === 0 ? null : Math.min(...ends);
  if (floor !== turn.ledger.floor(block)) turn.ledger.setFloor(block, floor);
}

/** Counted seats that are over by the clock but not swept; read-only, remembered until the next one may end. */
function countLapses(turn: Look): LapseCount {
  const known = freshCount(turn);
  if (known !== null) return known;
  const young = youngest(turn);
  const firstAlive = blockOf(turn.tally.deadUpto + 1);
  const due = turn.ledger
    .dueBlocks(turn.now, Number.MAX_SAFE_INTEGER)
    .flatMap((row) => (row.block < firstAlive ? [] : row.block));
  let nextEnd = turn.ledger.nextFloor(turn.now);
  let seats = 0;
  const shared = new Map<string, number>();
  let activations = 0;
  let oldest: number | null = null;
  const uses = new Map<string, number>();
  for (const row of [...due.filter((block) => block !== young), young].flatMap((block) => turn.ledger.block(block))) {
    if (isDead(turn, row) || row.leaseEnd === null) continue;
    const end = row.leaseEnd > turn.now ? row.leaseEnd : seatEnd(turn, row);
    if (isFuture(turn, end)) nextEnd = Math.min(nextEnd ?? end, end);
    else if (row.holder === null) seats += 1;
    else shared.set(row.holder, (shared.get(row.holder) ?? 0) + 1);
    if (row.released || row.leaseEnd > turn.now) continue;
    activations += 1;
    oldest = Math.min(oldest ?? row.leaseEnd, row.leaseEnd);
    for (const used of row.facts.uses ?? []) {
      const key = usesKey(used.meterId, used.round);
      uses.set(key, (uses.get(key) ?? 0) + used.uses);
    }
  }
  seats += [...shared].filter(([holder, over]) => hasAtMost(turn, holder, over)).length;
  turn.memory.lapses = { seats, activations, nextEnd, oldest, uses };
  return turn.memory.lapses;
}

function freshCount(turn: Look): LapseCount | null {
  const known = turn.memory.lapses;
  return known !== null && (known.nextEnd === null || turn.now < known.nextEnd) ? known : null;
}

function youngest(turn: Look): number {
  return blockOf(turn.tally.nextSeq - 1);
}
