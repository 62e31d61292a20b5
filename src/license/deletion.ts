/**
 * The end of a license (DEL-1): D1 forgets it when rows and events are handed over, the object keeps a tombstone for 35
 * days.
 */

import { BackOff } from "../durable/back-off.ts";
import { ALARM } from "../domain/turn/turn.ts";
import type { Lock } from "../durable/lock.ts";
import { removeLicense } from "../registry/object/commit.ts";
import type { Held } from "./held.ts";

export class Deletion {
  readonly #held: Held;
  readonly #lock: Lock;
  readonly #backOff = new BackOff();

  constructor(held: Held, lock: Lock) {
    this.#held = held;
    this.#lock = lock;
  }

  /** The last batch of each deleted license whose rows and events are all handed over. */
  finish(): Promise<void> {
    return this.#lock.hold(async () => {
      const waiting = this.#held.outbox.unfinishedTombstones();
      for (const licenseId of waiting) await this.#finishOne(licenseId);
    });
  }

  /**
   * When a last batch should be tried: null while none is ready, since rows, events and stuck events have alarms of
   * their own.
   */
  wakeAt(): number | null {
    const waiting = this.#held.outbox.unfinishedTombstones();
    if (!waiting.some((licenseId) => this.#isDrained(licenseId))) return null;
    return this.#backOff.retryAt ?? this.#held.host.clock();
  }

  /** OPS-1: D1 was set back and shows a license again that was deleted here. */
  reopen(licenseId: string): void {
    const { host, outbox } = this.#held;
    if (host.transact(() => outbox.reopenTombstone(licenseId))) this.#held.alarm.armBy(host.clock());
  }

  /** Tombstones whose time has come go; without license and tombstone the object is wiped. */
  forgetOld(): void {
    if (!this.#held.hasTables) return;
    const { host, outbox } = this.#held;
    host.transact(() => outbox.forgetOldTombstones(host.clock()));
    if (!this.#held.holdsLicense() && !outbox.hasTombstones()) this.#held.wipe();
  }

  async #finishOne(licenseId: string): Promise<void> {
    if (!this.#isDrained(licenseId)) return;
    const { host, incarnation } = this.#held;
    try {
      await removeLicense(host.db, { id: licenseId, at: host.clock() });
    } catch (error) {
      this.#held.alarm.armBy(this.#backOff.failed(host.clock()));
      host.report("a deleted license could not be removed from D1", error, ALARM);
      return;
    }
    this.#backOff.passed();
    this.#backOff.lift();
    if (this.#held.incarnation === incarnation) this.#held.finishDeletion(licenseId);
  }

  #isDrained(licenseId: string): boolean {
    const { outbox, license } = this.#held;
    if (license?.id !== licenseId) return true;
    return !outbox.hasActivations() && outbox.isEmpty() && outbox.nextStuck() === null;
  }
}
