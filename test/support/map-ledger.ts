/** The ledger as plain maps: what the rules mean, without SQL. Held to the same contract as the object's own. */

import { createHash, randomBytes } from "node:crypto";
import { v7 } from "uuid";

import { idWithLocator, locatorOf } from "../../src/domain/identifier.ts";
import {
  BLOCK_SIZE,
  EMPTY_TALLY,
  type Activation,
  type LeaseBlock,
  type Ledger,
  type OutboxRow,
  type RenewalSum,
  type RollingMemory,
  type Tally,
  type UsageDay,
} from "../../src/domain/ledger.ts";
import type { License } from "../../src/domain/license.ts";
import { MapReplays } from "./map-replays.ts";

const NO_RENEWAL: RenewalSum = { n: 0, months: 0, seconds: 0 };

export class MapLedger implements Ledger {
  #license: License;
  #tally: Tally;
  readonly #activations = new Map<number, Activation>();
  readonly #seqs = new Map<string, number>();
  readonly #floors = new Map<number, number>();
  readonly #rolling = new Map<string, RollingMemory>();
  readonly #renewals: RenewalSum[] = [];
  readonly #references = new Map<string, number>();
  readonly #tombstones = new Map<string, number>();
  readonly #outbox: OutboxRow[] = [];
  readonly #peaks = new Map<number, number>();
  readonly #denials = new Map<number, Record<string, number>>();
  readonly replays = new MapReplays(new Map());

  constructor(license: License, tally: Tally = EMPTY_TALLY) {
    this.#license = license;
    this.#tally = tally;
  }

  license(): License {
    return this.#license;
  }

  /** The id does not change, as in the object. */
  saveLicense({ key, revision, terms }: License): void {
    this.#license = { ...this.#license, key, revision, terms };
  }

  tally(): Tally {
    return this.#tally;
  }

  saveTally(tally: Tally): void {
    this.#tally = tally;
  }

  activation(id: string): Activation | null {
    return this.#activations.get(this.#seqs.get(id) ?? -1) ?? null;
  }

  activationsOf(device: string): readonly Activation[] {
    return this.#sorted((row) => row.device === device);
  }

  insertActivation(activation: Activation): void {
    if (this.#activations.has(activation.seq) || this.activation(activation.id) !== null) {
      throw new Error("an activation's seq and id are unique");
    }
    this.#activations.set(activation.seq, activation);
    this.#seqs.set(activation.id, activation.seq);
  }

  updateActivation(activation: Activation): void {
    const before = this.#activations.get(activation.seq);
    if (before === undefined) return;
    const { id, device, createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt, overLimit } = before;
    const born = { id, device, createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt, overLimit };
    this.#activations.set(activation.seq, { ...activation, ...born });
  }

  deleteActivation(activation: Activation): void {
    this.#activations.delete(activation.seq);
  }

  block(block: number): readonly Activation[] {
    const seqs = Array.from({ length: BLOCK_SIZE }, (_, offset) => block * BLOCK_SIZE + offset);
    return seqs.flatMap((seq) => this.#activations.get(seq) ?? []);
  }

  range(after: number, upto: number, most: number): readonly Activation[] {
    return this.#sorted((row) => row.seq > after && row.seq <= upto).slice(0, most);
  }

  dueBlocks(now: number, most: number): readonly LeaseBlock[] {
    return this.#floorsBy((floor) => floor <= now).slice(0, most);
  }

  nextFloor(now: number): number | null {
    return this.#floorsBy((floor) => floor > now)[0]?.floor ?? null;
  }

  floor(block: number): number | null {
    return this.#floors.get(block) ?? null;
  }

  setFloor(block: number, floor: number | null): void {
    if (floor === null) this.#floors.delete(block);
    else this.#floors.set(block, floor);
  }

  rollingMemory(device: string): RollingMemory | null {
    return this.#rolling.get(device) ?? null;
  }

  rememberRolling(device: string, memory: RollingMemory): void {
    this.#rolling.set(device, memory);
  }

  renewals(): RenewalSum {
    return this.#renewals.at(-1) ?? NO_RENEWAL;
  }

  renewalsUpto(n: number): RenewalSum {
    return this.#renewals.find((sum) => sum.n === n) ?? NO_RENEWAL;
  }

  addRenewal(sum: RenewalSum): void {
    this.#renewals.push(sum);
  }

  renewalReferenceUsed(reference: string): boolean {
    return this.#references.has(reference);
  }

  recordRenewalReference(reference: string, at: number): void {
    this.#references.set(reference, at);
  }

  enqueue(row: OutboxRow): void {
    this.#outbox.push(row);
  }

  outbox(): readonly OutboxRow[] {
    return this.#outbox;
  }

  addDenials(day: number, reason: string, count: number): void {
    const known = this.#denials.get(day) ?? {};
    this.#denials.set(day, { ...known, [reason]: (known[reason] ?? 0) + count });
  }

  raisePeak(day: number, used: number): void {
    this.#peaks.set(day, Math.max(this.#peaks.get(day) ?? 0, used));
  }

  usage(fromDay: number): readonly UsageDay[] {
    return [...new Set([...this.#peaks.keys(), ...this.#denials.keys()])]
      .filter((day) => day >= fromDay)
      .toSorted((one, other) => other - one)
      .map((day) => ({ day, peak: this.#peaks.get(day) ?? 0, denials: this.#denials.get(day) ?? {} }));
  }

  forgetUsage(beforeDay: number): void {
    for (const days of [this.#peaks, this.#denials])
      for (const day of days.keys()) if (day < beforeDay) days.delete(day);
  }

  isDeleted(licenseId: string): boolean {
    return this.#tombstones.has(licenseId);
  }

  entomb(licenseId: string, at: number): void {
    this.#tombstones.set(licenseId, at);
  }

  digest(identity: string): string {
    return createHash("sha256").update(identity, "utf8").digest("hex").slice(0, 32);
  }

  newId(): string {
    return v7();
  }

  newActivationId(licenseId: string): string {
    return idWithLocator(locatorOf(licenseId) ?? "", randomBytes(8));
  }

  #sorted(wanted: (row: Activation) => boolean): Activation[] {
    return [...this.#activations.values()].filter(wanted).toSorted((one, other) => one.seq - other.seq);
  }

  #floorsBy(wanted: (floor: number) => boolean): LeaseBlock[] {
    return [...this.#floors]
      .map(([block, floor]) => ({ block, floor }))
      .filter(({ floor }) => wanted(floor))
      .toSorted((one, other) => one.floor - other.floor);
  }
}
