/**
 * What stands around the rules of one license: storage that commits or does not, a memory that is lost, one alarm, and
 * the hand-over to D1. A thin stand-in for src/license, whose fence arithmetic and wake instants it uses.
 */

import type { Caller } from "../../../src/domain/license/calls.ts";
import { EMPTY_TALLY, type OutboxRow, type Tally } from "../../../src/domain/turn/ledger.ts";
import type { License } from "../../../src/domain/terms/license.ts";
import { noticeAt, toldUpto } from "../../../src/domain/seats/notices.ts";
import { blockOf, isDead } from "../../../src/domain/seats/seats.ts";
import { takeTurn } from "../../../src/domain/commands/take-turn.ts";
import { closeTurn, freshMemory, openTurn, type Memory, type Turn } from "../../../src/domain/turn/turn.ts";
import { nextWake } from "../../../src/domain/turn/wake.ts";
import { isBehind, notedFence } from "../../../src/license/fence.ts";
import { momentLeft } from "../../../src/license/relay/pace.ts";
import { batchFor, type Sent } from "./batch.ts";
import type { Batch } from "./d1.ts";
import type { Ids } from "../../support/ids.ts";
import { Journal } from "../../support/journal.ts";
import { MapLedger } from "../../support/map-ledger.ts";

/** As the product's: events per batch, the alarm's net, the first wait after a failure (ms). */
const MOST_EVENTS = 50;
const RELAY_NET = 60_000;
const BACK_OFF = 5000;

export const RELAY: Caller = { actor: { type: "system", id: "relay" }, requestId: "sim" };

/** A turn that has committed, or what it would have been answered. */
export interface Done<T> {
  readonly committed: boolean;
  readonly answer: T;
  readonly now: number;
  readonly events: readonly OutboxRow[];
}

/** Who holds the object to its clock (CLOCK-1). */
export interface Watch {
  /** A turn began: the machine's clock, and the instant that decides. */
  opened(clock: number, now: number): void;
  /** The memory is lost; storage remembers this instant. */
  forgot(storedClock: number): void;
}

export class SimObject {
  readonly id: string;
  readonly birthKey: string;
  readonly #ids: Ids;
  readonly #watch: Watch;
  readonly #journal = new Journal();
  #memory: Memory = freshMemory();
  /** LEASE-6: lost with the memory. */
  #touched = new Set<string>();
  #retryAt: number | null = null;
  /** When the last hand-over began, and when the wait for the next one ends, by the wall's clock: memory, too. */
  #beganAt: number | null = null;
  #waitsUntil: number | null = null;
  /** More waits than what was sent. */
  #goesOn = false;
  /** The platform forgot an alarm, and none was set since. */
  #isAlarmLost = false;
  /** Null before its birth, and when nothing but a tombstone is left. */
  ledger: MapLedger | null = null;
  alarmAt: number | null = null;
  sent: Sent | null = null;
  /** DEL-1: `leaving` until D1 has forgotten it, `gone` afterwards. */
  life: "unborn" | "held" | "leaving" | "gone" = "unborn";
  /** How far this machine's clock is off (ms). */
  skew = 0;

  constructor(id: string, birthKey: string, ids: Ids, watch: Watch) {
    this.id = id;
    this.birthKey = birthKey;
    this.#ids = ids;
    this.#watch = watch;
  }

  /** Birth: the license and its first tally in one commit. */
  take(license: License, clock: number): void {
    const now = Math.max(clock, license.terms.createdAt);
    const told = toldUpto(license.terms, license.terms.updatedAt);
    this.ledger = new MapLedger(license, {
      tally: { ...EMPTY_TALLY, clock: now, ...told },
      ids: this.#ids,
      journal: this.#journal,
    });
    this.life = "held";
    this.#watch.opened(clock, now);
  }

  /** One caller's turn at `clock`, the machine's. If it does not commit, its writes have never been. */
  run<T>(caller: Caller, clock: number, commits: boolean, work: (turn: Turn) => T): Done<T> {
    const ledger = this.#ledger();
    const { alarmAt } = this;
    const isAlarmLost = this.#isAlarmLost;
    const { usage } = this.#memory;
    this.#journal.begin();
    const { answer, turn, before } = takeTurn(ledger, this.#memory, clock, caller, work);
    this.#watch.opened(clock, turn.now);
    this.#armFor(before, turn);
    if (!commits) {
      this.#journal.rollback();
      this.alarmAt = alarmAt;
      this.#isAlarmLost = isAlarmLost;
      this.#memory.lapses = null;
      this.#memory.usage = usage;
      return { committed: false, answer, now: turn.now, events: [] };
    }
    this.#journal.commit();
    for (const id of turn.staleProjections) this.#touched.add(id);
    if (turn.staleProjections.length > 0 || turn.tally.eventSeq !== before.eventSeq) this.#waitFrom(clock);
    if (ledger.isDeleted(this.id)) this.life = "leaving";
    return { committed: true, answer, now: turn.now, events: eventsAfter(ledger, before.eventSeq) };
  }

  /** What is asked leaves no trace, in memory neither. */
  glimpse<T>(clock: number, work: (turn: Turn) => T): T {
    return work(openTurn(this.#ledger(), { ...this.#memory, lapses: null }, clock, RELAY));
  }

  /** The instance is gone, by eviction or a crash; what it sent to D1 may arrive, but its answer meets nobody. */
  forget(): void {
    this.#memory = freshMemory();
    this.#touched = new Set();
    this.#retryAt = null;
    this.#beganAt = null;
    this.#waitsUntil = null;
    this.sent = null;
    if (this.ledger !== null) this.#watch.forgot(this.tally().clock);
  }

  tally(): Tally {
    return this.#ledger().tally();
  }

  hasWork(): boolean {
    return this.ledger !== null && (this.ledger.waiting.size > 0 || this.#touched.size > 0 || isBehind(this.tally()));
  }

  /** Whether a hand-over would begin by itself, or goes on: after a crash none does until somebody calls. */
  isDue(clock: number): boolean {
    return this.sent !== null || (this.#waitsUntil !== null && this.#waitsUntil <= clock - this.skew);
  }

  /** EVT-3: events that D1 has not heard of have an alarm as their net, unless the platform has lost it. */
  get hasNet(): boolean {
    return this.ledger === null || this.ledger.waiting.size === 0 || this.alarmAt !== null || this.#isAlarmLost;
  }

  loseAlarm(): void {
    this.alarmAt = null;
    this.#isAlarmLost = true;
  }

  /** What nobody waits for is handed over at once after some quiet, else together when the moment is over. */
  #waitFrom(clock: number): void {
    if (this.#retryAt !== null && this.#retryAt > clock) return;
    this.#waitsUntil ??= clock - this.skew + momentLeft(this.#beganAt, clock);
  }

  /** The next batch under the next fence, or null if nothing waits; `sent` until it is settled. */
  send(clock: number, most = MOST_EVENTS): Sent | null {
    if (!this.hasWork() || this.sent !== null) return this.sent;
    const ledger = this.#ledger();
    const turn = openTurn(ledger, this.#memory, clock, RELAY);
    this.#watch.opened(clock, turn.now);
    const before = turn.tally;
    turn.tally = { ...before, fence: before.fence + 1 };
    closeTurn(turn, before);
    this.sent = batchFor(turn, firstOf(ledger, most), [...this.#touched], this.birthKey);
    this.#waitsUntil = null;
    this.#beganAt = clock;
    const { events } = this.sent.batch;
    this.#goesOn = events.length > 0 && (events.at(-1)?.seq ?? 0) < before.eventSeq;
    return this.sent;
  }

  /** The answer to what was sent. */
  settle(fenceBefore: number | null): void {
    const { sent } = this;
    this.sent = null;
    this.#retryAt = null;
    if (sent === null) return;
    const noted = notedFence(this.tally(), sent.batch, fenceBefore);
    const advanced = noted.applied && sent.batch.restore !== null ? { reprojectFrom: sent.restoredUpto } : {};
    this.#note({ ...noted.change, ...advanced });
    // At once: D1 has just answered.
    if (!noted.applied || this.#goesOn || sent.restoredUpto !== null) this.#waitsUntil = Number.NEGATIVE_INFINITY;
    if (!noted.applied) return;
    for (const { seq } of sent.batch.events) this.#ledger().waiting.delete(seq);
    for (const id of sent.touched) this.#touched.delete(id);
  }

  /** D1 did not answer; whether it has applied the batch nobody knows. */
  failed(clock: number): void {
    this.sent = null;
    this.#retryAt = clock + BACK_OFF;
    this.#armBy(this.#retryAt);
  }

  /** KEY-2: a fence of its own for a reservation, and what its answer tells. */
  reserving(clock: number): Pick<Batch, "fence" | "fenceConfirmed"> {
    const { fence, fenceConfirmed } = this.tally();
    this.#note({ fence: fence + 1 });
    this.#armBy(clock + RELAY_NET);
    return { fence: fence + 1, fenceConfirmed };
  }

  reserved(fence: number, fenceBefore: number | null, clock: number): void {
    const noted = notedFence(this.tally(), { fence, restore: null }, fenceBefore);
    if (noted.applied) return;
    this.#note(noted.change);
    this.#armBy(clock);
  }

  /** DEL-1: rows and events are all handed over. */
  isDrained(): boolean {
    return (
      this.ledger === null ||
      (this.ledger.waiting.size === 0 && this.ledger.range(0, this.tally().nextSeq, 1).length === 0)
    );
  }

  /** DEL-1: D1 has forgotten the license. */
  finishDeletion(): void {
    this.ledger = null;
    this.life = "gone";
    this.alarmAt = null;
    this.forget();
  }

  /** The alarm has rung; what waits is armed anew. */
  rearm(clock: number): void {
    this.alarmAt = null;
    this.#isAlarmLost = false;
    if (this.ledger === null) return;
    const tally = this.tally();
    const unsent = this.ledger.waiting.size > 0 || isBehind(tally);
    const hasDead = this.ledger.range(0, tally.deadUpto, 1).length > 0 || tally.ownedTidiedUpto < tally.ownedDeadUpto;
    const floor = this.ledger.nextFloor(0);
    const ends = this.ledger
      .block(blockOf(tally.nextSeq - 1))
      .flatMap((row) => (row.leaseEnd === null || isDead({ tally }, row) ? [] : [row.leaseEnd]));
    const all = floor === null ? ends : [...ends, floor];
    this.alarmAt = nextWake(
      {
        noticeAt: this.life === "held" ? noticeAt(this.ledger.license().terms, tally) : null,
        relayAt: unsent ? (this.#retryAt ?? (this.#waitsUntil === null ? clock : clock + RELAY_NET)) : null,
        tidyAt: hasDead ? clock : null,
        deletionAt: this.life === "leaving" && this.isDrained() ? (this.#retryAt ?? clock) : null,
        leaseFloor: all.length === 0 ? null : Math.min(...all),
        manyBlocks: floor !== null,
        stuckAt: null,
        tombstoneAt: null,
      },
      clock,
    );
  }

  #armBy(at: number): void {
    if (this.alarmAt === null || this.alarmAt > at) this.alarmAt = at;
    this.#isAlarmLost = false;
  }

  #armFor(before: Tally, { tally, now, license, ledger }: Turn): void {
    if (tally.deadUpto !== before.deadUpto || tally.ownerEpoch !== before.ownerEpoch) this.#armBy(now);
    else if (tally.eventSeq !== before.eventSeq) this.#armBy(now + RELAY_NET);
    const tellAt = ledger.isDeleted(license.id) ? null : noticeAt(license.terms, tally);
    if (tellAt !== null) this.#armBy(tellAt);
  }

  #note(change: Partial<Tally>): void {
    this.#ledger().saveTally({ ...this.tally(), ...change });
  }

  #ledger(): MapLedger {
    if (this.ledger === null) throw new Error("no license is held here");
    return this.ledger;
  }
}

function eventsAfter(ledger: MapLedger, before: number): readonly OutboxRow[] {
  const events: OutboxRow[] = [];
  for (let seq = before + 1; seq <= ledger.tally().eventSeq; seq += 1) {
    const row = ledger.waiting.get(seq);
    if (row !== undefined) events.push(row);
  }
  return events;
}

/** Enqueued by sequence, so the map's order is theirs. */
function firstOf(ledger: MapLedger, most: number): readonly OutboxRow[] {
  const rows: OutboxRow[] = [];
  for (const row of ledger.waiting.values()) {
    if (rows.length >= most) break;
    rows.push(row);
  }
  return rows;
}
