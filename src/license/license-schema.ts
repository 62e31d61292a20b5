/**
 * The tables of a license's object, each with numbered versions that are only ever added: objects sleep for years, and
 * every version must stay reachable. Instants are epoch milliseconds. docs/storage.md tells what each column is for.
 */

import type { Schema, Tables } from "../durable/tables.ts";

export const LICENSE_TABLES = {
  common: {
    license: [
      [
        `CREATE TABLE license (
          one INTEGER PRIMARY KEY CHECK (one = 1),
          id TEXT NOT NULL, key TEXT NOT NULL, birth_key TEXT NOT NULL, revision INTEGER NOT NULL, terms TEXT NOT NULL
        ) STRICT`,
      ],
    ],
    tally: [
      [
        `CREATE TABLE tally (
          one INTEGER PRIMARY KEY CHECK (one = 1),
          clock INTEGER NOT NULL, fence INTEGER NOT NULL, fence_confirmed INTEGER NOT NULL, reproject_from INTEGER,
          next_seq INTEGER NOT NULL, dead_upto INTEGER NOT NULL,
          seats_taken INTEGER NOT NULL, activations_taken INTEGER NOT NULL, deactivations INTEGER NOT NULL,
          owner_epoch INTEGER NOT NULL, owned_dead_upto INTEGER NOT NULL, owned_tidied_upto INTEGER NOT NULL,
          owned_seats_taken INTEGER NOT NULL, owned_activations_taken INTEGER NOT NULL,
          event_seq INTEGER NOT NULL, limit_event_at INTEGER NOT NULL, last_used_at INTEGER,
          release_version TEXT, expired_end INTEGER, expiring_end INTEGER, peak_day INTEGER NOT NULL, peak_used INTEGER NOT NULL
        ) STRICT`,
      ],
    ],
    // The rowid is the order of birth. lease_end has no index: a renewal is one row written (0025-count-by-reading.md).
    activation: [
      [
        `CREATE TABLE activation (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL, lease_end INTEGER, released INTEGER NOT NULL, token_end INTEGER,
          contact_at INTEGER NOT NULL, lease INTEGER NOT NULL, requested_lease INTEGER,
          token_refresh_at INTEGER, token_revision INTEGER NOT NULL,
          gen INTEGER NOT NULL, projected_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
          renewals_before INTEGER NOT NULL, period_months INTEGER, period_seconds INTEGER, anchor_at INTEGER,
          device BLOB, holder BLOB, owner TEXT, owner_epoch INTEGER NOT NULL, facts TEXT NOT NULL
        ) STRICT`,
        `CREATE UNIQUE INDEX activation_id ON activation (id)`,
        `CREATE INDEX activation_device ON activation (device) WHERE device IS NOT NULL`,
      ],
    ],
    outbox: [
      [
        `CREATE TABLE outbox (seq INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL) STRICT`,
      ],
    ],
  },
  rare: {
    fingerprint_part: [
      [
        `CREATE TABLE fingerprint_part (
          part BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (part, seq)
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    shared_seat: [
      [
        `CREATE TABLE shared_seat (
          holder BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (holder, seq)
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    lease_block: [
      [
        `CREATE TABLE lease_block (block INTEGER PRIMARY KEY, floor INTEGER NOT NULL) STRICT`,
        `CREATE INDEX lease_block_floor ON lease_block (floor)`,
      ],
    ],
    rolling_end: [
      [
        `CREATE TABLE rolling_end (
          device BLOB PRIMARY KEY, anchor_at INTEGER NOT NULL, period_months INTEGER NOT NULL,
          period_seconds INTEGER NOT NULL, renewals_before INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    renewal: [
      [`CREATE TABLE renewal (n INTEGER PRIMARY KEY, months INTEGER NOT NULL, seconds INTEGER NOT NULL) STRICT`],
    ],
    renewal_reference: [
      [
        `CREATE TABLE renewal_reference (
          renewable TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (renewable, reference)
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    meter: [
      [
        `CREATE TABLE meter (
          id TEXT PRIMARY KEY, total INTEGER NOT NULL, owned INTEGER NOT NULL, gross INTEGER NOT NULL,
          round INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    denial: [
      [
        `CREATE TABLE denial (
          day INTEGER NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, reason)
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
    peak: [[`CREATE TABLE peak (day INTEGER PRIMARY KEY, used INTEGER NOT NULL) STRICT`]],
    stuck: [
      [
        `CREATE TABLE stuck (
          seq INTEGER PRIMARY KEY, next_at INTEGER NOT NULL,
          id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, error TEXT NOT NULL
        ) STRICT`,
      ],
    ],
    tombstone: [
      [
        `CREATE TABLE tombstone (license_id TEXT PRIMARY KEY, at INTEGER NOT NULL, handed_over INTEGER NOT NULL) STRICT`,
      ],
    ],
    idempotency_record: [
      [
        `CREATE TABLE idempotency_record (
          day INTEGER NOT NULL, key BLOB NOT NULL, at INTEGER NOT NULL, body_hash BLOB NOT NULL, outcome TEXT NOT NULL,
          PRIMARY KEY (day, key)
        ) STRICT, WITHOUT ROWID`,
      ],
    ],
  },
} as const satisfies Schema;

/** The tables of one object, as its memory knows them. */
export type LicenseTables = Tables<typeof LICENSE_TABLES>;
