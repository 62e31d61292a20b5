/**
 * What the object knows of its own rows (docs/storage.md): as storage has it after every turn, however that ended, and
 * nothing of a turn that was taken back.
 */

import * as fc from "fast-check";
import { expect, it } from "vitest";

import { applyDeletion } from "../../src/domain/commands/change-license.ts";
import { DEVICE } from "../support/world.ts";
import type { Turn } from "../../src/domain/turn/turn.ts";
import { Tables } from "../../src/durable/tables.ts";
import { Held } from "../../src/license/held.ts";
import type { Host } from "../../src/license/host.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { SqlLedger } from "../../src/license/sql-ledger.ts";
import { CREATED, license } from "../domain/samples.ts";
import { nodeSql } from "../support/node-sql.ts";
import { NO_WEBHOOKS } from "../support/webhooks.ts";

const LICENSE = license();
const SUCCESSOR = { ...license(), id: "0a1b2c3d-4e5f-8678-8abc-999999999999" };

/** `fails`: where the next transaction breaks; null = nowhere. */
function objectOf() {
  let sql = nodeSql();
  const machine: { fails: "in the alarm" | "at the commit" | null } = { fails: null };
  const host: Host = {
    sql: { rows: (query, ...bindings) => sql.rows(query, ...bindings) },
    // Nothing here asks it.
    db: undefined as unknown as D1Database,
    webhooks: NO_WEBHOOKS,
    transact: (work) =>
      sql.transact(() => {
        const answer = work();
        if (machine.fails === "at the commit") throw new Error("SQLITE_FULL");
        return answer;
      }),
    setAlarm: () => {
      if (machine.fails === "in the alarm") throw new Error("no alarm");
    },
    wipe: () => {
      sql = nodeSql();
    },
    clock: () => CREATED + 1000,
    timer: () => ({ over: Promise.resolve(), cancel: () => undefined }),
    report: () => undefined,
  };
  const held = new Held(host, null);
  /** An instance that knows nothing yet. */
  const stored = () => new SqlLedger(host.sql, new Tables(host.sql, LICENSE_TABLES));
  return { held, machine, stored };
}

const CHANGES: Readonly<Record<string, (turn: Turn) => void>> = {
  license: ({ ledger, license: { id, key, revision, terms } }) =>
    ledger.saveLicense({ id, key: `${key}x`, revision: revision + 1, terms: { ...terms, notes: `${revision}` } }),
  tally: (turn) => {
    turn.tally = { ...turn.tally, deactivations: turn.tally.deactivations + 1 };
  },
  event: (turn) => {
    turn.tally = { ...turn.tally, eventSeq: turn.tally.eventSeq + 1 };
  },
  renewal: ({ ledger }) => {
    const { n, months, seconds } = ledger.renewals();
    ledger.addRenewal({ n: n + 1, months: months + 1, seconds });
  },
  deletion: (turn) => void (turn.ledger.isDeleted(turn.license.id) || applyDeletion(turn)),
  nothing: (turn) => void turn.ledger.isDeleted(turn.license.id),
};

const changes = fc.constantFrom(...Object.keys(CHANGES));
const endings = fc.constantFrom(
  "well",
  "well",
  "a throw",
  "in the alarm",
  "at the commit",
  "the deletion is finished",
  "a wipe",
);

function same(ledger: SqlLedger, stored: SqlLedger, id: string): void {
  expect(ledger.license()).toEqual(stored.license());
  expect(ledger.tally()).toEqual(stored.tally());
  expect(ledger.renewals()).toEqual(stored.renewals());
  expect([ledger.isDeleted(id), ledger.isDeleted("another")]).toEqual([
    stored.isDeleted(id),
    stored.isDeleted("another"),
  ]);
}

it("CLOCK-1, SEAT-1, DEL-1: what is known is what is stored, whatever throws, and nothing is known of a predecessor", () => {
  const turns = fc.array(fc.record({ does: fc.array(changes, { maxLength: 3 }), ends: endings }), { maxLength: 12 });
  fc.assert(
    fc.property(turns, (life) => {
      const { held, machine, stored } = objectOf();
      let lives = LICENSE;
      held.take(lives);
      for (const { does, ends } of life) {
        machine.fails = ends === "in the alarm" || ends === "at the commit" ? ends : null;
        const turn = () =>
          held.run(DEVICE, (taken) => {
            for (const change of does) CHANGES[change]?.(taken);
            if (ends === "a throw") throw new Error("a bug");
          });
        if (ends === "a throw" || ends === "at the commit") expect(turn).toThrow();
        else if (ends === "in the alarm") attempt(turn);
        else turn();
        machine.fails = null;
        same(held.ledger, stored(), lives.id);
        if (ends !== "a wipe" && ends !== "the deletion is finished") continue;
        if (ends === "a wipe") held.wipe();
        else held.finishDeletion(lives.id);
        lives = lives === LICENSE ? { ...SUCCESSOR, key: "NEXT" } : LICENSE;
        held.take(lives);
        same(held.ledger, stored(), lives.id);
      }
    }),
    { numRuns: 150 },
  );
});

/** It throws only if it arms. */
function attempt(turn: () => void): void {
  try {
    turn();
  } catch {
    // The transaction was taken back.
  }
}

it("CLOCK-1: a warm turn asks for none of it", () => {
  const { held } = objectOf();
  held.take(LICENSE);
  const asked: string[] = [];
  held.run(DEVICE, () => null);
  const { sql } = held.host;
  const rows = sql.rows.bind(sql);
  sql.rows = (query, ...bindings) => {
    asked.push(query);
    return rows(query, ...bindings);
  };
  held.run(DEVICE, (turn) => [turn.license, turn.tally, turn.ledger.isDeleted(LICENSE.id), turn.ledger.renewals()]);
  expect(asked).toEqual([]);
});
