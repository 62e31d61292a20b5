/** The ledger on SQLite: all SQL of one license's rules. The relay's own statements are in src/license/outbox.ts. */

import { hash } from "node:crypto";
import { v7 } from "uuid";
import { idWithLocator, locatorOf } from "../domain/terms/identifier.ts";
import {
  BLOCK_SIZE,
  type Activation,
  type LeaseBlock,
  type Ledger,
  type OutboxRow,
  type RenewalSum,
  type RollingMemory,
  type Renewable,
  type Tally,
  type UsageDay,
} from "../domain/turn/ledger.ts";
import type { License } from "../domain/terms/license.ts";
import { storedTerms } from "../domain/terms/stored-terms.ts";
import { integer, text, type Row, type Sql } from "../durable/sql.ts";
import type { RareTable } from "../durable/tables.ts";
import type { LicenseTables } from "./license-schema.ts";
import {
  ACTIVATION_COLUMNS,
  activationOf,
  activationValues,
  changedValues,
  INSERT_ACTIVATION,
  renewalSumOf,
  rollingMemoryOf,
  SAVE_TALLY,
  tallyOf,
  tallyValues,
  termsOf,
  UPDATE_ACTIVATION,
  usageDays,
} from "./rows.ts";
import { SqlParts, SqlSharedSeats } from "./sql-devices.ts";
import { SqlIdempotency } from "./sql-idempotency.ts";
import { SqlMeters } from "./sql-meters.ts";

const DIGEST_BYTES = 16;

/** What only this object changes, and therefore knows: as the transaction that runs has it, else as committed. */
interface Known {
  readonly license: License | null;
  readonly tally: Tally | null;
  readonly renewals: RenewalSum | null;
  /** Whether that license has a tombstone. */
  readonly isDeleted: boolean | null;
}

const NOTHING: Known = { license: null, tally: null, renewals: null, isDeleted: null };

export class SqlLedger implements Ledger {
  readonly idempotency: SqlIdempotency;
  readonly parts: SqlParts;
  readonly meters: SqlMeters;
  readonly #shared: SqlSharedSeats;
  readonly #sql: Sql;
  readonly #leaseBlocks: RareTable;
  readonly #rollingEnds: RareTable;
  readonly #renewals: RareTable;
  readonly #references: RareTable;
  readonly #denials: RareTable;
  readonly #peaks: RareTable;
  readonly #tombstones: RareTable;
  #known = NOTHING;

  constructor(sql: Sql, tables: LicenseTables) {
    this.#sql = sql;
    this.#leaseBlocks = tables.rare("lease_block");
    this.#rollingEnds = tables.rare("rolling_end");
    this.#renewals = tables.rare("renewal");
    this.#references = tables.rare("renewal_reference");
    this.#denials = tables.rare("denial");
    this.#peaks = tables.rare("peak");
    this.#tombstones = tables.rare("tombstone");
    this.idempotency = new SqlIdempotency(tables.rare("idempotency_record"));
    this.parts = new SqlParts(tables.rare("fingerprint_part"));
    this.meters = new SqlMeters(tables.rare("meter"));
    this.#shared = new SqlSharedSeats(tables.rare("shared_seat"));
  }

  /**
   * From now on storage is asked again. Call whenever a transaction rolls back, and when rows of these tables change in
   * any other way than through this ledger.
   */
  forget(): void {
    this.#known = NOTHING;
  }

  license(): License {
    return this.#known.license ?? this.#learn("license", this.#storedLicense());
  }

  #storedLicense(): License {
    const row = this.#one("SELECT id, key, revision, terms FROM license");
    if (row === null) throw new Error("no license is held here");
    return { id: text(row, "id"), key: text(row, "key"), revision: integer(row, "revision"), terms: termsOf(row) };
  }

  saveLicense(license: License): void {
    const { id, key, revision, terms } = license;
    const before = this.#known.license;
    this.#sql.rows(
      `INSERT INTO license (one, id, key, birth_key, revision, terms) VALUES (1, ?, ?, ?, ?, ?)
       ON CONFLICT (one) DO UPDATE SET key = excluded.key, revision = excluded.revision, terms = excluded.terms`,
      id,
      key,
      key,
      revision,
      storedTerms(terms),
    );
    // The id stays what it was.
    if (before !== null) this.#learn("license", { ...license, id: before.id });
  }

  tally(): Tally {
    return this.#known.tally ?? this.#learn("tally", this.#storedTally());
  }

  #storedTally(): Tally {
    const row = this.#one("SELECT * FROM tally");
    if (row === null) throw new Error("no license is held here");
    return tallyOf(row);
  }

  saveTally(tally: Tally): void {
    this.#sql.rows(SAVE_TALLY, ...tallyValues(tally));
    this.#learn("tally", tally);
  }

  activation(id: string): Activation | null {
    const row = this.#one(`SELECT ${ACTIVATION_COLUMNS} FROM activation WHERE id = ?`, id);
    return row === null ? null : activationOf(row);
  }

  activationsNamed(ids: readonly string[]): readonly Activation[] {
    // One by one: the rows of a list that SQLite reads are billed like any.
    return [...new Set(ids)].flatMap((id) => this.activation(id) ?? []).toSorted((one, other) => one.seq - other.seq);
  }

  activationsOf(device: string): readonly Activation[] {
    return this.#activations("WHERE device = unhex(?) ORDER BY seq", device);
  }

  heldBy(holder: string, after: number, most: number): readonly number[] {
    return this.#shared.seqs(holder, after, most);
  }

  insertActivation(a: Activation): void {
    if (a.holder !== null) this.#shared.add(a.holder, a.seq);
    this.#sql.rows(INSERT_ACTIVATION, ...activationValues(a));
  }

  /** One row written: no column of an index is among these. */
  updateActivation(a: Activation): void {
    this.#sql.rows(UPDATE_ACTIVATION, ...changedValues(a), a.seq);
  }

  deleteActivation(a: Activation): void {
    this.#sql.rows("DELETE FROM activation WHERE seq = ?", a.seq);
    if (a.holder !== null) this.#shared.remove(a.holder, a.seq);
  }

  block(block: number): readonly Activation[] {
    return this.#activations("WHERE seq >= ? AND seq < ? ORDER BY seq", block * BLOCK_SIZE, (block + 1) * BLOCK_SIZE);
  }

  range(after: number, upto: number, most: number): readonly Activation[] {
    return this.#activations("WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", after, upto, most);
  }

  dueBlocks(now: number, most: number): readonly LeaseBlock[] {
    return this.#leaseBlocks
      .rows("SELECT block, floor FROM lease_block WHERE floor <= ? ORDER BY floor LIMIT ?", now, most)
      .map((row) => ({ block: integer(row, "block"), floor: integer(row, "floor") }));
  }

  nextFloor(now: number): number | null {
    const [row] = this.#leaseBlocks.rows("SELECT floor FROM lease_block WHERE floor > ? ORDER BY floor LIMIT 1", now);
    return row === undefined ? null : integer(row, "floor");
  }

  floor(block: number): number | null {
    const [row] = this.#leaseBlocks.rows("SELECT floor FROM lease_block WHERE block = ?", block);
    return row === undefined ? null : integer(row, "floor");
  }

  setFloor(block: number, floor: number | null): void {
    if (floor === null) this.#leaseBlocks.rows("DELETE FROM lease_block WHERE block = ?", block);
    else this.#leaseBlocks.write("INSERT OR REPLACE INTO lease_block (block, floor) VALUES (?, ?)", block, floor);
  }

  rollingMemory(device: string): RollingMemory | null {
    const [row] = this.#rollingEnds.rows("SELECT * FROM rolling_end WHERE device = unhex(?)", device);
    return row === undefined ? null : rollingMemoryOf(row);
  }

  rememberRolling(device: string, memory: RollingMemory): void {
    const { anchorAt, periodMonths, periodSeconds, renewalsBefore } = memory;
    const query = `INSERT OR REPLACE INTO rolling_end (device, anchor_at, period_months, period_seconds, renewals_before)
       VALUES (unhex(?), ?, ?, ?, ?)`;
    this.#rollingEnds.write(query, device, anchorAt, periodMonths, periodSeconds, renewalsBefore);
  }

  renewals(): RenewalSum {
    const query = "SELECT n, months, seconds FROM renewal ORDER BY n DESC LIMIT 1";
    return this.#known.renewals ?? this.#learn("renewals", this.#sum(query));
  }

  renewalsUpto(n: number): RenewalSum {
    return this.#sum("SELECT n, months, seconds FROM renewal WHERE n = ?", n);
  }

  addRenewal(sum: RenewalSum): void {
    this.#renewals.write("INSERT INTO renewal VALUES (?, ?, ?)", sum.n, sum.months, sum.seconds);
    this.#learn("renewals", sum);
  }

  renewalReferenceUsed(of: Renewable, reference: string): boolean {
    const used = "SELECT 1 FROM renewal_reference WHERE renewable = ? AND reference = ?";
    return this.#references.rows(used, of, reference).length > 0;
  }

  recordRenewalReference(of: Renewable, reference: string, at: number): void {
    this.#references.write("INSERT INTO renewal_reference VALUES (?, ?, ?)", of, reference, at);
  }

  enqueue({ seq, id, type, body }: OutboxRow): void {
    this.#sql.rows("INSERT INTO outbox (seq, id, type, body) VALUES (?, ?, ?, ?)", seq, id, type, body);
  }

  addDenials(day: number, reason: string, count: number): void {
    const query = `INSERT INTO denial (day, reason, count) VALUES (?, ?, ?)
       ON CONFLICT (day, reason) DO UPDATE SET count = count + excluded.count`;
    this.#denials.write(query, day, reason, count);
  }

  keepPeak(day: number, used: number): void {
    this.#peaks.write("INSERT OR REPLACE INTO peak (day, used) VALUES (?, ?)", day, used);
  }

  usage(fromDay: number): readonly UsageDay[] {
    const peaks = this.#peaks.rows("SELECT day, used FROM peak WHERE day >= ?", fromDay);
    const denials = this.#denials.rows("SELECT day, reason, count FROM denial WHERE day >= ? ORDER BY reason", fromDay);
    return usageDays(peaks, denials);
  }

  forgetUsage(beforeDay: number): void {
    this.#peaks.rows("DELETE FROM peak WHERE day < ?", beforeDay);
    this.#denials.rows("DELETE FROM denial WHERE day < ?", beforeDay);
  }

  isDeleted(licenseId: string): boolean {
    if (this.#known.license?.id !== licenseId) return this.#hasTombstone(licenseId);
    return this.#known.isDeleted ?? this.#learn("isDeleted", this.#hasTombstone(licenseId));
  }

  #hasTombstone(licenseId: string): boolean {
    return this.#tombstones.rows("SELECT 1 FROM tombstone WHERE license_id = ?", licenseId).length > 0;
  }

  entomb(licenseId: string, at: number): void {
    this.#tombstones.write("INSERT INTO tombstone (license_id, at, handed_over) VALUES (?, ?, 0)", licenseId, at);
    if (this.#known.license?.id === licenseId) this.#learn("isDeleted", true);
  }

  digest(identity: string): string {
    return hash("sha256", identity, "hex").slice(0, DIGEST_BYTES * 2);
  }

  newId(): string {
    return v7();
  }

  newLocatedId(licenseId: string): string {
    const locator = locatorOf(licenseId);
    if (locator === null) throw new Error("a license id carries a locator");
    return idWithLocator(locator, crypto.getRandomValues(new Uint8Array(8)));
  }

  #activations(where: string, ...bindings: (string | number)[]): readonly Activation[] {
    return this.#sql.rows(`SELECT ${ACTIVATION_COLUMNS} FROM activation ${where}`, ...bindings).map(activationOf);
  }

  #sum(query: string, ...bindings: number[]): RenewalSum {
    return renewalSumOf(this.#renewals.rows(query, ...bindings)[0]);
  }

  #learn<M extends keyof Known>(member: M, value: NonNullable<Known[M]>): NonNullable<Known[M]> {
    this.#known = { ...this.#known, [member]: value };
    return value;
  }

  #one(query: string, ...bindings: (string | number)[]): Row | null {
    return this.#sql.rows(query, ...bindings)[0] ?? null;
  }
}
