/**
 * The ledger as maps: what the rules mean, without SQL, held to the same contract as the object's own. Indexed like the
 * object's tables, because the simulator plays millions of turns over it, and able to take a turn's writes back.
 */

import { createHash } from "node:crypto";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import {
  EMPTY_TALLY,
  type Activation,
  type LeaseBlock,
  type Ledger,
  type OutboxRow,
  type RenewalSum,
  type RollingMemory,
  type Renewable,
  type Tally,
  type UsageDay,
} from "../../src/domain/turn/ledger.ts";
import { blockOf } from "../../src/domain/seats/seats.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { MapIdempotency } from "./map-idempotency.ts";
import { MapMeters } from "./map-meters.ts";
import { MapParts } from "./map-parts.ts";
import { Ids } from "./ids.ts";
import { Journal, UndoMap } from "./journal.ts";

const NO_RENEWAL: RenewalSum = { n: 0, months: 0, seconds: 0 };

/** The few thousand devices of a simulation, each hashed once. */
const digests = new Map<string, string>();

/** What the simulator shares between licenses, and the tally that a license is born with. */
interface Beginning {
  readonly tally?: Tally;
  readonly ids?: Ids;
  readonly journal?: Journal;
}

export class MapLedger implements Ledger {
  readonly #ids: Ids;
  readonly #journal: Journal;
  readonly #locator: string;
  #license: License;
  #tally: Tally;
  /** Neighbours by seq. */
  readonly #blocks: UndoMap<number, readonly Activation[]>;
  readonly #seqs: UndoMap<string, number>;
  readonly #devices: UndoMap<string, readonly number[]>;
  readonly #holders: UndoMap<string, readonly number[]>;
  readonly #floors: UndoMap<number, number>;
  readonly #rolling: UndoMap<string, RollingMemory>;
  readonly #renewals: UndoMap<number, RenewalSum>;
  readonly #references: UndoMap<string, number>;
  readonly #tombstones: UndoMap<string, number>;
  readonly #peaks: UndoMap<number, number>;
  readonly #denials: UndoMap<number, Readonly<Record<string, number>>>;
  readonly idempotency: MapIdempotency;
  readonly parts: MapParts;
  readonly meters: MapMeters;
  /** By sequence; what was handed over is gone. */
  readonly waiting: UndoMap<number, OutboxRow>;

  constructor(license: License, { tally = EMPTY_TALLY, ids = new Ids(), journal = new Journal() }: Beginning = {}) {
    this.#license = license;
    this.#tally = tally;
    this.#ids = ids;
    this.#journal = journal;
    this.#locator = locatorOf(license.id) ?? "";
    this.#blocks = new UndoMap(journal);
    this.#seqs = new UndoMap(journal);
    this.#devices = new UndoMap(journal);
    this.#holders = new UndoMap(journal);
    this.#floors = new UndoMap(journal);
    this.#rolling = new UndoMap(journal);
    this.#renewals = new UndoMap(journal);
    this.#references = new UndoMap(journal);
    this.#tombstones = new UndoMap(journal);
    this.#peaks = new UndoMap(journal);
    this.#denials = new UndoMap(journal);
    this.idempotency = new MapIdempotency(new UndoMap(journal));
    this.parts = new MapParts(new UndoMap(journal));
    this.meters = new MapMeters(new UndoMap(journal));
    this.waiting = new UndoMap(journal);
  }

  license(): License {
    return this.#license;
  }

  saveLicense({ key, revision, terms }: License): void {
    const before = this.#license;
    this.#journal.note(() => (this.#license = before));
    this.#license = { id: before.id, key, revision, terms };
  }

  tally(): Tally {
    return this.#tally;
  }

  saveTally(tally: Tally): void {
    const before = this.#tally;
    this.#journal.note(() => (this.#tally = before));
    this.#tally = tally;
  }

  activation(id: string): Activation | null {
    const seq = this.#seqs.get(id);
    return seq === undefined ? null : this.#row(seq);
  }

  activationsNamed(ids: readonly string[]): readonly Activation[] {
    return [...new Set(ids)].flatMap((id) => this.activation(id) ?? []).toSorted((one, other) => one.seq - other.seq);
  }

  activationsOf(device: string): readonly Activation[] {
    return (this.#devices.get(device) ?? []).flatMap((seq) => this.#row(seq) ?? []);
  }

  insertActivation(activation: Activation): void {
    const { seq, id, device, holder } = activation;
    if (this.#row(seq) !== null || this.#seqs.has(id)) throw new Error("an activation's seq and id are unique");
    this.#blocks.set(blockOf(seq), [...this.block(blockOf(seq)), activation].toSorted(bySeq));
    this.#seqs.set(id, seq);
    if (device !== null) addTo(this.#devices, device, seq);
    if (holder !== null) addTo(this.#holders, holder, seq);
  }

  updateActivation(activation: Activation): void {
    const block = this.block(blockOf(activation.seq));
    const at = block.findIndex(({ seq }) => seq === activation.seq);
    const before = block[at];
    if (before === undefined) return;
    const { id, device, holder, createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt } = before;
    const born = { id, device, holder, createdAt, renewalsBefore, periodMonths, periodSeconds, anchorAt };
    this.#blocks.set(blockOf(activation.seq), block.with(at, { ...activation, ...born }));
  }

  deleteActivation({ seq }: Activation): void {
    const row = this.#row(seq);
    if (row === null) return;
    const left = this.block(blockOf(seq)).filter((other) => other.seq !== seq);
    if (left.length === 0) this.#blocks.delete(blockOf(seq));
    else this.#blocks.set(blockOf(seq), left);
    this.#seqs.delete(row.id);
    if (row.device !== null) takeFrom(this.#devices, row.device, seq);
    if (row.holder !== null) takeFrom(this.#holders, row.holder, seq);
  }

  heldBy(holder: string, after: number, most: number): readonly number[] {
    return (this.#holders.get(holder) ?? []).filter((seq) => seq > after).slice(0, most);
  }

  /** Every seq that something is found by. */
  indexed(): readonly number[] {
    const seqs = [...this.#devices.values(), ...this.#holders.values(), ...this.parts.all()];
    return [...new Set([...this.#seqs.values(), ...seqs.flat()])];
  }

  block(block: number): readonly Activation[] {
    return this.#blocks.get(block) ?? [];
  }

  range(after: number, upto: number, most: number): readonly Activation[] {
    const blocks = [...this.#blocks.keys()].filter((block) => block >= blockOf(after + 1) && block <= blockOf(upto));
    const found: Activation[] = [];
    for (const block of blocks.toSorted(byNumber)) {
      for (const row of this.block(block)) {
        if (found.length >= most) return found;
        if (row.seq > after && row.seq <= upto) found.push(row);
      }
    }
    return found;
  }

  dueBlocks(now: number, most: number): readonly LeaseBlock[] {
    const due: LeaseBlock[] = [];
    for (const [block, floor] of this.#floors) if (floor <= now) due.push({ block, floor });
    return due.toSorted((one, other) => one.floor - other.floor || one.block - other.block).slice(0, most);
  }

  nextFloor(now: number): number | null {
    let next: number | null = null;
    for (const floor of this.#floors.values()) if (floor > now && (next === null || floor < next)) next = floor;
    return next;
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
    return this.#renewals.get(this.#renewals.size) ?? NO_RENEWAL;
  }

  renewalsUpto(n: number): RenewalSum {
    return this.#renewals.get(n) ?? NO_RENEWAL;
  }

  addRenewal(sum: RenewalSum): void {
    this.#renewals.set(sum.n, sum);
  }

  renewalReferenceUsed(of: Renewable, reference: string): boolean {
    return this.#references.has(`${of} ${reference}`);
  }

  recordRenewalReference(of: Renewable, reference: string, at: number): void {
    this.#references.set(`${of} ${reference}`, at);
  }

  addDenials(day: number, reason: string, count: number): void {
    const known = this.#denials.get(day) ?? {};
    this.#denials.set(day, { ...known, [reason]: (known[reason] ?? 0) + count });
  }

  keepPeak(day: number, used: number): void {
    this.#peaks.set(day, used);
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

  enqueue(row: OutboxRow): void {
    this.waiting.set(row.seq, row);
  }

  outbox(): readonly OutboxRow[] {
    return [...this.waiting.values()];
  }

  isDeleted(licenseId: string): boolean {
    return this.#tombstones.has(licenseId);
  }

  entomb(licenseId: string, at: number): void {
    this.#tombstones.set(licenseId, at);
  }

  digest(identity: string): string {
    const known = digests.get(identity);
    if (known !== undefined) return known;
    const digest = createHash("sha256").update(identity, "utf8").digest("hex").slice(0, 32);
    digests.set(identity, digest);
    return digest;
  }

  newId(): string {
    return this.#ids.uuid();
  }

  newLocatedId(_licenseId: string): string {
    return this.#ids.located(this.#locator);
  }

  #row(seq: number): Activation | null {
    return this.block(blockOf(seq)).find((row) => row.seq === seq) ?? null;
  }
}

function bySeq(one: Activation, other: Activation): number {
  return one.seq - other.seq;
}

function byNumber(one: number, other: number): number {
  return one - other;
}

function addTo(seqs: Map<string, readonly number[]>, key: string, seq: number): void {
  seqs.set(key, [...(seqs.get(key) ?? []), seq].toSorted(byNumber));
}

function takeFrom(seqs: Map<string, readonly number[]>, key: string, seq: number): void {
  const others = (seqs.get(key) ?? []).filter((other) => other !== seq);
  if (others.length === 0) seqs.delete(key);
  else seqs.set(key, others);
}
