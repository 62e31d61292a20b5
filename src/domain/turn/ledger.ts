/**
 * The port between the rules and a license's stored rows: synchronous questions and writes, nothing more.
 * Two adapters stand behind it, SQL in the object and a map in tests, held to one contract.
 */

import type { DeviceFacts } from "../license/device.ts";
import type { License } from "../terms/license.ts";
import type { EventType } from "../license/event.ts";

/** A device's hold on a license. Instants in epoch ms. */
export interface Activation {
  /** Order of birth within the license. */
  readonly seq: number;
  readonly id: string;
  /** End of the lease; of a released row, end of its hold (SEAT-10); null = none. */
  readonly leaseEnd: number | null;
  readonly released: boolean;
  /** Latest `exp` that was let out (SEAT-10); null = a token went out that has none. */
  readonly tokenEnd: number | null;
  readonly contactAt: number;
  /** Granted seconds; 0 = no lease. */
  readonly leaseSeconds: number;
  /** The client's wish, if any (LEASE-1). */
  readonly requestedLeaseSeconds: number | null;
  /** When to refresh the last token, and the license revision that it told of. */
  readonly tokenRefreshAt: number | null;
  readonly tokenRevision: number;
  /** TOK-2 `gen`. */
  readonly generation: number;
  /** When D1 last got lease end and contact (LEASE-6). */
  readonly projectedAt: number;
  readonly createdAt: number;
  /** EXP-6: number of the last renewal at birth. */
  readonly renewalsBefore: number;
  /** Rolling: the period at birth, and the first instant of this device. */
  readonly periodMonths: number | null;
  readonly periodSeconds: number | null;
  readonly anchorAt: number | null;
  /** `Ledger.digest` of the device's identity; null = no device is known by it (`per-instance`). */
  readonly device: string | null;
  /** SEAT-2: `Ledger.digest` of the person whose devices share a seat; null = the seat is this device's alone. */
  readonly holder: string | null;
  /** Issuer and subject of the owner as JSON; null = anonymous. */
  readonly owner: string | null;
  /** `Tally.ownerEpoch` when it got its owner; means nothing while it is anonymous. */
  readonly ownerEpoch: number;
  readonly facts: DeviceFacts;
}

/** The numbers that every grant and event moves. One row. */
export interface Tally {
  /** Greatest `now` ever written (CLOCK-1). */
  readonly clock: number;
  /** Number of the last D1 batch begun, and of the last seen applied (OPS-1). */
  readonly fence: number;
  readonly fenceConfirmed: number;
  /** Activation seq from which re-projection goes on; null = none pending. */
  readonly reprojectFrom: number | null;
  readonly nextSeq: number;
  /** Activations up to this seq were ended by revoke or delete (SEAT-6). */
  readonly deadUpto: number;
  /**
   * Seats and activations with a later seq; lapsed ones that nobody has swept included. They differ by holds, and where
   * a person's devices share a seat.
   */
  readonly seatsTaken: number;
  readonly activationsTaken: number;
  readonly deactivations: number;
  /** AUTH-6: owned activations of an earlier epoch have ended; a change of the license's user begins a new one. */
  readonly ownerEpoch: number;
  /** Their rows have at most this seq, and the tidying has looked at those up to the other. */
  readonly ownedDeadUpto: number;
  readonly ownedTidiedUpto: number;
  readonly ownedSeatsTaken: number;
  readonly ownedActivationsTaken: number;
  readonly eventSeq: number;
  readonly limitEventAt: number;
  readonly lastUsedAt: number | null;
  /** The latest release of any activation, ever; null = none was told. */
  readonly releaseVersion: string | null;
  /** The end (epoch ms) that `license.expired` and `license.expiring-soon` have told of; null = none yet. */
  readonly expiredEnd: number | null;
  readonly expiringEnd: number | null;
  /** The last day on which seats were granted (days since 1970), and the most in use at once on it (USE-1). */
  readonly peakDay: number;
  readonly peakUsed: number;
}

export const EMPTY_TALLY: Tally = {
  clock: 0,
  fence: 0,
  fenceConfirmed: 0,
  reprojectFrom: null,
  nextSeq: 1,
  deadUpto: 0,
  seatsTaken: 0,
  activationsTaken: 0,
  deactivations: 0,
  ownerEpoch: 0,
  ownedDeadUpto: 0,
  ownedTidiedUpto: 0,
  ownedSeatsTaken: 0,
  ownedActivationsTaken: 0,
  eventSeq: 0,
  limitEventAt: 0,
  lastUsedAt: null,
  releaseVersion: null,
  expiredEnd: null,
  expiringEnd: null,
  peakDay: 0,
  peakUsed: 0,
};

/** EXP-3: what is remembered of a rolling activation that has ended. */
export interface RollingMemory {
  readonly anchorAt: number;
  readonly periodMonths: number;
  readonly periodSeconds: number;
  readonly renewalsBefore: number;
}

/** EXP-6: running sums of renewals up to number `n`. */
export interface RenewalSum {
  readonly n: number;
  readonly months: number;
  readonly seconds: number;
}

/** EXP-11, MAINT-2: whose renewals have references; each has names of its own. */
export type Renewable = "license" | "maintenance";

/** An event waiting for the relay. `body` is the event without id, type and sequence, as JSON. */
export interface OutboxRow {
  readonly seq: number;
  readonly id: string;
  readonly type: EventType;
  readonly body: string;
}

/** Activations of neighbouring `seq` that share one lower bound of their lease ends. */
export const BLOCK_SIZE = 64;

/** A lower bound of the lease ends of the activations from seq `block * BLOCK_SIZE` on. */
export interface LeaseBlock {
  readonly block: number;
  readonly floor: number;
}

/** MGMT-4: the outcome of a call that carried an idempotency key. Key and hash are SHA-256 as hex, `at` is epoch ms. */
export interface IdempotencyRecord {
  /** Of `at`, in days since 1970. */
  readonly day: number;
  readonly key: string;
  readonly at: number;
  readonly bodyHash: string;
  /** JSON; its form belongs to the call. */
  readonly outcome: string;
}

/** MGMT-4: whose records they are: activations are the devices', everything else is the vendor's. */
export type IdempotencyBudget = "devices" | "vendor";

/** How the outcomes begin that are the devices'. */
export const OF_DEVICES = '{"activationId":';

/** Of either budget: how many records there are, and when the first of them came (epoch ms; null = there is none). */
export type IdempotencyCounts = Readonly<
  Record<IdempotencyBudget, { readonly live: number; readonly oldestAt: number | null }>
>;

export interface IdempotencyRecords {
  /** Null = there is none of that day. */
  find(day: number, key: string): IdempotencyRecord | null;
  /** In place of that day's record of the key, if there is one. */
  save(record: IdempotencyRecord): void;
  remove(record: Pick<IdempotencyRecord, "day" | "key">): void;
  /** Those that are later than `after` (epoch ms), by how their outcome begins. */
  since(after: number): IdempotencyCounts;
  /** Removes records of earlier days, at most that many. */
  forget(beforeDay: number, most: number): void;
}

/** FP-1: the activations with structured fingerprints, by the parts of these: 8 bytes each, as hex. */
export interface FingerprintParts {
  /** Seqs of the activations that carry a part, later than `after`, oldest first. */
  carriers(part: string, after: number, most: number): readonly number[];
  add(seq: number, parts: readonly string[]): void;
  /** Of those that were not added nothing is removed. */
  remove(seq: number, parts: readonly string[]): void;
  /** False: nothing was ever added, so that nobody needs to look. */
  areUsed(): boolean;
}

/** METER-1: what is counted of one meter attribute. */
export interface MeterCount {
  /** The attribute's. */
  readonly id: string;
  /** Uses; of a floating one with those of lapses that nobody has swept. */
  readonly total: number;
  /** Of `total`, where it is floating: of activations that somebody owns (AUTH-6). */
  readonly owned: number;
  /** Ever. */
  readonly gross: number;
  /** A reset begins another: what activations have used in one before counts no more. */
  readonly round: number;
}

/** Rows are there of what was ever counted. */
export interface MeterCounts {
  all(): readonly MeterCount[];
  save(count: MeterCount): void;
  remove(id: string): void;
}

/** One day of a license (UTC, days since 1970). */
export interface UsageDay {
  readonly day: number;
  /** The most seats in use at once. */
  readonly peak: number;
  /** Refusals by reason. */
  readonly denials: Readonly<Record<string, number>>;
}

export interface Ledger {
  license(): License;
  saveLicense(license: License): void;
  tally(): Tally;
  saveTally(tally: Tally): void;

  activation(id: string): Activation | null;
  /** Those of these ids that are stored, ended and held ones too, oldest first. */
  activationsNamed(ids: readonly string[]): readonly Activation[];
  /** All stored rows of a device, ended and held ones too, oldest first. */
  activationsOf(device: string): readonly Activation[];
  /** Seqs of the stored rows of a holder, ended ones too, later than `after`, oldest first. */
  heldBy(holder: string, after: number, most: number): readonly number[];
  insertActivation(activation: Activation): void;
  /** Writes the row again; `seq`, `id`, `device`, `holder` and what belongs to its birth do not change here. */
  updateActivation(activation: Activation): void;
  deleteActivation(activation: Activation): void;
  /** Rows of one block, by seq. */
  block(block: number): readonly Activation[];
  /** Rows with seq in (after, upto], by seq. */
  range(after: number, upto: number, most: number): readonly Activation[];

  /** Blocks whose floor is at or before `now`, lowest floor first. */
  dueBlocks(now: number, most: number): readonly LeaseBlock[];
  /** The lowest floor after `now`; null = none. */
  nextFloor(now: number): number | null;
  floor(block: number): number | null;
  /** Null removes the block's row. */
  setFloor(block: number, floor: number | null): void;

  rollingMemory(device: string): RollingMemory | null;
  rememberRolling(device: string, memory: RollingMemory): void;
  /** The latest sum; number 0 with zeros when there was no renewal yet. */
  renewals(): RenewalSum;
  renewalsUpto(n: number): RenewalSum;
  addRenewal(sum: RenewalSum): void;
  renewalReferenceUsed(of: Renewable, reference: string): boolean;
  recordRenewalReference(of: Renewable, reference: string, at: number): void;

  readonly idempotency: IdempotencyRecords;
  readonly parts: FingerprintParts;
  readonly meters: MeterCounts;

  enqueue(row: OutboxRow): void;

  /** Refusals of a day (days since 1970), added to those that are there. */
  addDenials(day: number, reason: string, count: number): void;
  /** The most seats of a day that is over. */
  keepPeak(day: number, used: number): void;
  /** Days from this one on that have a kept peak or refusals, newest first. */
  usage(fromDay: number): readonly UsageDay[];
  forgetUsage(beforeDay: number): void;

  /** DEL-1: whether a tombstone names this id. */
  isDeleted(licenseId: string): boolean;
  entomb(licenseId: string, at: number): void;

  /** 16 bytes of SHA-256, as hex: what stands for a device, so that fingerprints are no index. */
  digest(identity: string): string;
  /** A fresh UUIDv7 (ID-6). */
  newId(): string;
  /** A fresh id with the locator of its license: of an activation (ID-2), or of a meter attribute. */
  newLocatedId(licenseId: string): string;
}
