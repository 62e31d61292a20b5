/**
 * What D1 holds of the licenses, and how a batch changes it: the conditions of src/registry/object
 * without their SQL. It can be down, and it can be set back to its last snapshot.
 */

import type { OwnClock, Period } from "../../../src/domain/terms/expiry.ts";
import type { OutboxRow } from "../../../src/domain/turn/ledger.ts";
import type { License } from "../../../src/domain/terms/license.ts";
import type { RelayBatch } from "../../../src/registry/object/commit.ts";
import { Journal, UndoMap } from "../../support/journal.ts";

/** The license's row, as lists show it. */
export interface LicenseRow {
  readonly key: string;
  readonly birthKey: string;
  readonly revision: number;
  readonly totalActivations: number;
  readonly totalDeactivations: number;
  readonly expiresAt: number | null;
  readonly renewed: Period;
  readonly userId: string | null;
}

/** An activation's row. */
export interface ActivationRow {
  readonly id: string;
  readonly leaseExpiresAt: number | null;
  readonly ownClock: OwnClock | null;
}

export interface Batch extends Pick<RelayBatch, "fence" | "fenceConfirmed" | "restore"> {
  readonly licenseId: string;
  readonly row: LicenseRow;
  readonly events: readonly OutboxRow[];
  readonly activations: readonly ActivationRow[];
  readonly ended: readonly string[];
}

interface Stored {
  readonly fence: number;
  readonly row: LicenseRow;
  /** What the object takes over at its birth; null = it has, before D1 was set back. */
  readonly unborn: License | null;
}

export class SimD1 {
  readonly #journal = new Journal();
  readonly #licenses = new UndoMap<string, Stored>(this.#journal);
  readonly #activations = new UndoMap<string, ReadonlyMap<string, ActivationRow>>(this.#journal);
  readonly #keys = new UndoMap<string, string>(this.#journal);
  readonly #keysOf = new UndoMap<string, readonly string[]>(this.#journal);
  readonly #deleted = new UndoMap<string, true>(this.#journal);
  readonly #arrived: (licenseId: string, events: readonly OutboxRow[]) => void;
  down = false;

  /** `arrived` reads the event log as it grows. */
  constructor(arrived: (licenseId: string, events: readonly OutboxRow[]) => void) {
    this.#arrived = arrived;
  }

  /** False: the key is taken. */
  create(license: License): boolean {
    if (this.#keys.has(license.key)) return false;
    const { id, key, revision, terms } = license;
    const row: LicenseRow = {
      key,
      birthKey: key,
      revision,
      totalActivations: 0,
      totalDeactivations: 0,
      expiresAt: null,
      renewed: { months: 0, seconds: 0 },
      userId: terms.user?.id ?? null,
    };
    this.#take(key, id);
    this.#licenses.set(id, { fence: 0, row, unborn: license });
    return true;
  }

  /** ID-5: the license to take over; null = unknown, or projected before. */
  claim(licenseId: string): License | null {
    const stored = this.#licenses.get(licenseId);
    return stored === undefined || stored.fence > 0 ? null : stored.unborn;
  }

  keyHolder(key: string): string | null {
    return this.#keys.get(key) ?? null;
  }

  keysOf(licenseId: string): readonly string[] {
    return this.#keysOf.get(licenseId) ?? [];
  }

  row(licenseId: string): LicenseRow | null {
    return this.#licenses.get(licenseId)?.row ?? null;
  }

  activations(licenseId: string): ReadonlyMap<string, ActivationRow> {
    return this.#activations.get(licenseId) ?? new Map();
  }

  /** The fence that D1 had before; null = it does not know the license. */
  commit(batch: Batch): number | null {
    const { licenseId, fence, restore, fenceConfirmed, events, row } = batch;
    const before = this.#licenses.get(licenseId)?.fence ?? null;
    this.#arrived(licenseId, events);
    if (restore === "from-start") this.#insert(licenseId, row);
    const stored = this.#licenses.get(licenseId);
    const from = restore === "from-start" ? 0 : fenceConfirmed;
    if (stored === undefined || stored.fence >= fence || stored.fence < from) return before;
    const rows = new Map(restore === "from-start" ? [] : this.activations(licenseId));
    for (const activation of batch.activations) rows.set(activation.id, activation);
    for (const id of batch.ended) rows.delete(id);
    this.#activations.set(licenseId, rows);
    this.#take(row.key, licenseId);
    // KEY-2: it keeps its key and the one that it was born with.
    this.#keepKeys(licenseId, [row.key, row.birthKey]);
    this.#licenses.set(licenseId, { ...stored, fence, row });
    return before;
  }

  /** OPS-1: a row that D1 has lost, unless the license was deleted. */
  #insert(licenseId: string, row: LicenseRow): void {
    if (this.#deleted.has(licenseId)) return;
    for (const key of [row.key, row.birthKey]) this.#take(key, licenseId);
    if (!this.#licenses.has(licenseId)) this.#licenses.set(licenseId, { fence: 0, row, unborn: null });
  }

  #take(key: string, licenseId: string): void {
    if (this.#keys.has(key)) return;
    this.#keys.set(key, licenseId);
    this.#keysOf.set(licenseId, [...this.keysOf(licenseId), key]);
  }

  /** KEY-2: takes a key for a license, under a fence of its own. */
  reserve(licenseId: string, key: string, { fence, fenceConfirmed }: Pick<Batch, "fence" | "fenceConfirmed">) {
    const stored = this.#licenses.get(licenseId);
    const fenceBefore = stored?.fence ?? null;
    if (stored === undefined || stored.fence >= fence || stored.fence < fenceConfirmed) {
      return { result: "license-missing", fenceBefore } as const;
    }
    this.#take(key, licenseId);
    this.#licenses.set(licenseId, { ...stored, fence });
    return { result: this.#keys.get(key) === licenseId ? "reserved" : "taken", fenceBefore } as const;
  }

  /** Lets go of all the license's keys but these. */
  #keepKeys(licenseId: string, kept: readonly string[]): void {
    const keys = this.keysOf(licenseId);
    if (keys.every((key) => kept.includes(key))) return;
    for (const key of keys) if (!kept.includes(key)) this.#keys.delete(key);
    this.#keysOf.set(
      licenseId,
      keys.filter((key) => kept.includes(key)),
    );
  }

  /** DEL-1: the last batch of a deleted license. */
  remove(licenseId: string): void {
    this.#deleted.set(licenseId, true);
    this.#activations.delete(licenseId);
    this.#keepKeys(licenseId, []);
    this.#licenses.delete(licenseId);
  }

  snapshot(): void {
    this.#journal.commit();
    this.#journal.begin();
  }

  get hasSnapshot(): boolean {
    return this.#journal.isOpen;
  }

  /** OPS-1: it is as it was at the snapshot. */
  setBack(): void {
    this.#journal.rollback();
  }
}
