/** The license that an object holds: its rows, its turns and its one alarm. No rule and no D1 here. */

import type { Caller } from "../domain/license/calls.ts";
import { EMPTY_TALLY, type Tally } from "../domain/turn/ledger.ts";
import type { License } from "../domain/terms/license.ts";
import { blockOf, isDead } from "../domain/seats/seats.ts";
import { noticeAt, toldUpto } from "../domain/seats/notices.ts";
import { takeTurn } from "../domain/commands/take-turn.ts";
import type { Look } from "../domain/turn/look.ts";
import { ALARM, freshMemory, openTurn, type Memory, type Turn } from "../domain/turn/turn.ts";
import { nextWake } from "../domain/turn/wake.ts";
import { Alarm } from "../durable/alarm.ts";
import { Tables } from "../durable/tables.ts";
import type { Host } from "./host.ts";
import { Outbox } from "./outbox.ts";
import { LICENSE_TABLES, type LicenseTables } from "./license-schema.ts";
import { SqlLedger } from "./sql-ledger.ts";

/** A direct relay is normally faster; the alarm is the net (EVT-3). */
export const RELAY_NET = 60_000;
/** An alarm that is this late (ms) is done by the next call. */
const OVERDUE = 60_000;

export class Held {
  readonly host: Host;
  readonly ledger: SqlLedger;
  readonly outbox: Outbox;
  readonly alarm: Alarm;
  /**
   * Raised by birth and wipe: after an await, the same number means the same license
   * (0028-births-and-batches-take-turns.md).
   */
  incarnation = 0;
  /** Whether the last turn left events for D1. */
  hasToldInLastTurn = false;
  #memory: Memory = freshMemory();
  #license: License | null;
  readonly #tables: LicenseTables;

  /** `armedAt`: the alarm that storage holds already. Only reads (0027-an-empty-object-writes-nothing.md). */
  constructor(host: Host, armedAt: number | null) {
    const tables = new Tables(host.sql, LICENSE_TABLES);
    this.#tables = tables;
    this.ledger = new SqlLedger(host.sql, tables);
    this.host = { ...host, transact: (work) => this.#transact(host, work) };
    this.outbox = new Outbox(host.sql, tables);
    this.alarm = new Alarm(this.host, armedAt);
    if (tables.areMade) this.host.transact(() => tables.migrate());
    this.#license = tables.areMade && this.outbox.holdsLicense() ? this.ledger.license() : null;
  }

  /** The one way to a transaction: what rolls back takes along all that memory knows of it. */
  #transact<T>(host: Host, work: () => T): T {
    try {
      return this.#tables.transact(host, work);
    } catch (error) {
      this.ledger.forget();
      throw error;
    }
  }

  get hasTables(): boolean {
    return this.#tables.areMade;
  }

  /** As last committed: a call needs no row read to know it (0025-count-by-reading.md). Null = none is held. */
  get license(): License | null {
    return this.#license;
  }

  holdsLicense(): boolean {
    return this.#license !== null;
  }

  isDeleted(licenseId: string): boolean {
    return this.ledger.isDeleted(licenseId);
  }

  /** One caller's turn, in one transaction. A throw leaves nothing behind, in memory neither. */
  run<T>(caller: Caller, work: (turn: Turn) => T): T {
    const { usage, lastUsedAt } = this.#memory;
    try {
      const { answer, turn, before } = this.alarm.atomically(() => {
        const taken = takeTurn(this.ledger, this.#memory, this.host.clock(), caller, work);
        this.#armFor(taken.before, taken.turn);
        return taken;
      });
      this.#license = turn.license;
      this.hasToldInLastTurn = turn.tally.eventSeq !== before.eventSeq;
      return answer;
    } catch (error) {
      this.#memory.lapses = null;
      this.#memory.usage = usage;
      this.#memory.lastUsedAt = lastUsedAt;
      this.#memory.idempotency = null;
      throw error;
    }
  }

  /** One look, which changes nothing: what is due is not told, nothing is armed. Time does not go back (CLOCK-1). */
  look<T>(work: (look: Look) => T): T {
    return work(openTurn(this.ledger, this.#memory, this.host.clock(), ALARM));
  }

  /** Moves the tally outside of a caller's turn: the relay's own numbers. */
  note(change: (tally: Tally) => Partial<Tally>): void {
    const tally = this.ledger.tally();
    this.ledger.saveTally({ ...tally, ...change(tally) });
  }

  /** Birth: the tables and the license in one commit. The caller has checked that the object is still empty. */
  take(license: License): void {
    this.host.transact(() => {
      const now = Math.max(this.host.clock(), license.terms.createdAt);
      this.#tables.migrate();
      this.ledger.saveLicense(license);
      this.ledger.saveTally({ ...EMPTY_TALLY, ...toldUpto(license.terms, license.terms.updatedAt), clock: now });
    });
    this.#begin(license);
  }

  /** DEL-1: D1 has forgotten this license. */
  finishDeletion(licenseId: string): void {
    const held = this.#license?.id === licenseId;
    this.host.transact(() => this.outbox.finishDeletion(licenseId));
    if (held) this.#begin(null);
  }

  /** DEL-1: an object without license and tombstone is as if it had never been. */
  wipe(): void {
    this.host.wipe();
    this.#tables.gone();
    this.alarm.gone();
    this.#begin(null);
  }

  #begin(license: License | null): void {
    this.#license = license;
    this.incarnation += 1;
    this.#memory = freshMemory();
    this.ledger.forget();
  }

  /** True if the alarm should have rung a while ago: the platform runs it late, or never (LEASE-4). */
  isOverdue(): boolean {
    const { armedAt } = this.alarm;
    return armedAt !== null && this.host.clock() >= armedAt + OVERDUE;
  }

  /**
   * Everything that waits, from storage (0026-what-one-alarm-does.md); what the relay and the next deletion wait for is
   * the caller's.
   */
  wakeAt(relayAt: number | null, deletionAt: number | null): number | null {
    const now = this.host.clock();
    const waiting = { ...NOTHING_WAITS, deletionAt, tombstoneAt: this.outbox.nextTombstoneEnd() };
    if (!this.holdsLicense()) return nextWake(waiting, now);
    const tally = this.ledger.tally();
    return nextWake(
      {
        ...waiting,
        relayAt,
        tidyAt: this.#hasDead(tally) ? now : null,
        ...this.#leases(tally),
        noticeAt: this.#noticeAt(tally),
        stuckAt: this.outbox.nextStuck(),
      },
      now,
    );
  }

  /** A license that is being deleted has nothing more to tell. */
  #noticeAt(tally: Tally): number | null {
    const license = this.#license;
    return license === null || this.isDeleted(license.id) ? null : noticeAt(license.terms, tally);
  }

  /**
   * Nothing waits that would still change D1's rows: no event beyond those that it has logged, and no row that has
   * ended.
   */
  isQuiet(loggedUpto: number): boolean {
    return (
      !this.outbox.hasBeyond(loggedUpto) && this.outbox.nextStuck() === null && !this.#hasDead(this.ledger.tally())
    );
  }

  #hasDead(tally: Tally): boolean {
    return this.ledger.range(0, tally.deadUpto, 1).length > 0 || tally.ownedTidiedUpto < tally.ownedDeadUpto;
  }

  #leases(tally: Tally): { readonly leaseFloor: number | null; readonly manyBlocks: boolean } {
    const floor = this.ledger.nextFloor(0);
    const ends = this.ledger
      .block(blockOf(tally.nextSeq - 1))
      .flatMap((row) => (row.leaseEnd === null || isDead({ tally }, row) ? [] : [row.leaseEnd]));
    const all = floor === null ? ends : [...ends, floor];
    return { leaseFloor: all.length === 0 ? null : Math.min(...all), manyBlocks: floor !== null };
  }

  #armFor(before: Tally, turn: Turn): void {
    if (turn.tally.deadUpto !== before.deadUpto || turn.tally.ownerEpoch !== before.ownerEpoch)
      this.alarm.armBy(turn.now);
    else if (turn.tally.eventSeq !== before.eventSeq) this.alarm.armBy(turn.now + RELAY_NET);
    const told = noticeAt(turn.license.terms, turn.tally);
    const isNearer = told !== null && (this.alarm.armedAt === null || told < this.alarm.armedAt);
    if (isNearer && !turn.ledger.isDeleted(turn.license.id)) this.alarm.armBy(told);
  }
}

const NOTHING_WAITS = {
  relayAt: null,
  tidyAt: null,
  deletionAt: null,
  noticeAt: null,
  leaseFloor: null,
  manyBlocks: false,
  stuckAt: null,
  tombstoneAt: null,
} as const;
