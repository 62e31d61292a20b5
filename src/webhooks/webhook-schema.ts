/**
 * The tables of a webhook's object, each with numbered versions that are only ever added: objects sleep for years, and
 * every version must stay reachable. Instants are epoch milliseconds. docs/storage.md tells what each column is for.
 */

import type { Schema } from "../durable/tables.ts";

export const WEBHOOK_TABLES = {
  common: {
    webhook: [
      [
        `CREATE TABLE webhook (
          one INTEGER PRIMARY KEY CHECK (one = 1),
          id TEXT NOT NULL, health TEXT NOT NULL, told TEXT NOT NULL, seen TEXT, missed_from INTEGER,
          again TEXT, replay TEXT,
          waiting INTEGER NOT NULL, waiting_bytes INTEGER NOT NULL, given_up INTEGER NOT NULL
        ) STRICT`,
      ],
    ],
    outbox: [[`CREATE TABLE outbox (seq INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT`]],
    // place: 0 in line, 1 aside, 2 given up. The rowid is the order of arrival.
    queue: [
      [
        `CREATE TABLE queue (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL, place INTEGER NOT NULL, tries INTEGER NOT NULL, strikes INTEGER NOT NULL, due_at INTEGER NOT NULL,
          redacted INTEGER NOT NULL, bytes INTEGER NOT NULL, event TEXT NOT NULL
        ) STRICT`,
        `CREATE UNIQUE INDEX queue_id ON queue (id)`,
        `CREATE INDEX queue_line ON queue (seq) WHERE place = 0`,
        `CREATE INDEX queue_aside ON queue (due_at) WHERE place = 1`,
        `CREATE INDEX queue_out_of_line ON queue (seq) WHERE place > 0`,
      ],
    ],
    attempt: [
      [
        `CREATE TABLE attempt (
          seq INTEGER PRIMARY KEY,
          id TEXT NOT NULL, at INTEGER NOT NULL, event_id TEXT NOT NULL, event_type TEXT NOT NULL, sequence INTEGER NOT NULL,
          number INTEGER NOT NULL, url TEXT NOT NULL, request TEXT NOT NULL, status INTEGER, delivered INTEGER NOT NULL,
          response TEXT NOT NULL, error TEXT, duration_ms INTEGER NOT NULL
        ) STRICT`,
        `CREATE UNIQUE INDEX attempt_id ON attempt (id)`,
        `CREATE INDEX attempt_event ON attempt (event_id, id)`,
      ],
    ],
  },
  rare: {},
} as const satisfies Schema;
