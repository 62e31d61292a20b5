/**
 * The object compares D1 with itself and makes D1 agree (OPS-1), without waiting for something to hand over: what an
 * operator asks of every object after D1 was set back. It never gives birth, and an object that is level writes
 * nothing.
 */

import { licenseWords } from "../domain/terms/facets.ts";
import { storedTerms } from "../domain/terms/stored-terms.ts";
import type { Tally } from "../domain/turn/ledger.ts";
import { no, yes, type Outcome } from "../domain/outcome.ts";
import type { Resynced, Shown } from "../domain/commands/comparison.ts";
import type { Lock } from "../durable/lock.ts";
import { lookAtLicense, lookForDeleted, type LicenseSeen } from "../registry/object/look.ts";
import { ALARM } from "../domain/turn/turn.ts";
import type { Deletion } from "./deletion.ts";
import { isBehind, isOlder } from "./fence.ts";
import type { Held } from "./held.ts";
import type { Relay } from "./relay/relay.ts";

/** An object without tables has never been, and D1 is not asked about it (0027-an-empty-object-writes-nothing.md). */
const EMPTY: Resynced = { licenseId: null, deletedIds: [], isLevel: true, found: null, left: null, revived: [] };

export class Resync {
  readonly #held: Held;
  readonly #lock: Lock;
  readonly #relay: Relay;
  readonly #deletion: Deletion;

  constructor(held: Held, lock: Lock, relay: Relay, deletion: Deletion) {
    this.#held = held;
    this.#lock = lock;
    this.#relay = relay;
    this.#deletion = deletion;
  }

  /** Bounded: one direct hand-over, one round of deletions. Refusal: `storage-unavailable`, when D1 cannot be read. */
  async run(requestId: string): Promise<Outcome<Resynced>> {
    if (!this.#held.hasTables) return yes(EMPTY);
    try {
      // A turn, so that what is due is told, and the alarm of the license's end is set.
      if (this.#held.holdsLicense()) this.#held.run(ALARM, () => null);
      const found = await this.#look();
      await this.#handOver();
      const revived = await this.#reopen();
      await this.#deletion.finish();
      const left = found === null ? null : await this.#look();
      return yes(this.#told(found, left, revived));
    } catch (error) {
      this.#held.host.report("D1 could not be compared with a license", error, { requestId });
      return no({ code: "storage-unavailable" });
    }
  }

  /** Where D1 is older, or lacks rows, a re-projection begins. One that is being deleted is `finish`'s. */
  #look(): Promise<LicenseSeen | null> {
    return this.#lock.hold(async () => {
      const { host, incarnation, license } = this.#held;
      if (license === null || this.#held.isDeleted(license.id)) return null;
      const keys = [...new Set([license.key, this.#held.outbox.birthKey()])];
      const before = this.#held.isQuiet(this.#relay.loggedUpto()) ? this.#held.ledger.tally().eventSeq : null;
      const words = licenseWords(license.key, license.terms.metadata);
      const held = { id: license.id, keys, terms: storedTerms(license.terms), words };
      const seen = await lookAtLicense(host.db, held);
      if (this.#held.incarnation !== incarnation) return null;
      this.#held.alarm.atomically(() => this.#note(seen, keys.length, before));
      return seen;
    });
  }

  /** `before`: the last event when nothing waited; null = something did, and rows cannot be compared. */
  #note(seen: LicenseSeen, keys: number, before: number | null): void {
    const { host, ledger } = this.#held;
    const tally = ledger.tally();
    const { fence } = seen;
    if (fence !== null && fence > tally.fence) {
      // The object is behind D1: take a fence beyond, and send again.
      this.#held.note(() => ({ fence }));
    } else if (isOlder(tally, seen.fence) || (before === tally.eventSeq && lacksRows(seen, keys, tally))) {
      this.#held.note(() => ({ reprojectFrom: 0 }));
    }
    if (!this.#isLevel()) this.#held.alarm.armBy(host.clock());
  }

  /** D1 has just answered, so that a relay that waits after a failure need not wait any longer. */
  async #handOver(): Promise<void> {
    if (this.#held.holdsLicense()) await this.#relay.handOver(this.#held.ledger.tally().eventSeq);
  }

  /** DEL-1: what D1 shows again of licenses that were deleted here goes once more. */
  async #reopen(): Promise<readonly string[]> {
    const ids = this.#held.outbox.finishedTombstones();
    if (ids.length === 0) return [];
    const forgotten = await lookForDeleted(this.#held.host.db, ids);
    for (const { id } of forgotten) this.#deletion.reopen(id);
    return forgotten.filter(({ isShown }) => isShown).map(({ id }) => id);
  }

  #told(found: LicenseSeen | null, left: LicenseSeen | null, revived: readonly string[]): Resynced {
    const { license, outbox } = this.#held;
    return {
      licenseId: license === null || this.#held.isDeleted(license.id) ? null : license.id,
      deletedIds: outbox.tombstones(),
      isLevel: this.#isLevel() && outbox.unfinishedTombstones().length === 0,
      found: shown(found),
      left: shown(left),
      revived,
    };
  }

  #isLevel(): boolean {
    return (
      !this.#held.holdsLicense() ||
      (this.#held.isQuiet(this.#relay.loggedUpto()) && !isBehind(this.#held.ledger.tally()))
    );
  }
}

/**
 * Or has facets that it should not. A key that leads to another license is not missing: that license has it by now, and
 * no re-projection takes it back.
 */
function lacksRows(seen: LicenseSeen, keys: number, { reprojectFrom, activationsTaken }: Tally): boolean {
  if (reprojectFrom !== null) return false;
  return seen.hasOtherFacets || seen.keys + seen.keysElsewhere < keys || seen.activations !== activationsTaken;
}

function shown(seen: LicenseSeen | null): Shown | null {
  return seen === null ? null : { fence: seen.fence, keys: seen.keys, activations: seen.activations };
}
