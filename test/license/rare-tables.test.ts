/** What memory knows of tables that are made when first used (0068-rare-tables-are-made-when-first-used.md). */

import { expect, it } from "vitest";

import { ALARM, type Turn } from "../../src/domain/turn/turn.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { Held } from "../../src/license/held.ts";
import type { Host } from "../../src/license/host.ts";
import { CREATED, license } from "../domain/samples.ts";
import { activationRow } from "../support/activation-row.ts";
import { nodeSql } from "../support/node-sql.ts";
import { NO_WEBHOOKS } from "../support/webhooks.ts";

/** An object's storage; `awake` is an instance that has just read it. */
function objectOf(): { awake(): Held; tables(): readonly string[] } {
  let sql = nodeSql();
  const host: Host = {
    sql: { rows: (query, ...bindings) => sql.rows(query, ...bindings) },
    // Nothing here asks it.
    db: undefined as unknown as D1Database,
    webhooks: NO_WEBHOOKS,
    transact: (work) => sql.transact(work),
    setAlarm: () => undefined,
    wipe: () => {
      sql = nodeSql();
    },
    clock: () => CREATED + 1000,
    timer: () => ({ over: Promise.resolve(), cancel: () => undefined }),
    report: () => undefined,
  };
  return {
    awake: () => new Held(host, null),
    tables: () => sql.rows("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => String(name)),
  };
}

/** A row in every one of them. */
function fill({ ledger }: Turn, held: Held): void {
  ledger.setFloor(0, 1);
  ledger.rememberRolling(ledger.digest("device"), {
    anchorAt: 1,
    periodMonths: 1,
    periodSeconds: 0,
    renewalsBefore: 0,
  });
  ledger.addRenewal({ n: 1, months: 1, seconds: 0 });
  ledger.recordRenewalReference("license", "invoice", 1);
  ledger.addDenials(1, "seats-exhausted", 1);
  ledger.keepPeak(1, 1);
  ledger.entomb("another", 1);
  ledger.parts.add(1, ["00"]);
  ledger.meters.save({ id: "pages", total: 1, owned: 1, gross: 1, round: 1 });
  ledger.insertActivation(activationRow(1, { holder: "00" }));
  ledger.idempotency.save({ day: 1, key: "00", at: 1, bodyHash: "00", outcome: "{}" });
  held.outbox.setAside({ seq: 1, id: "e", type: "license.updated", body: "{}" }, "refused", 1);
}

function read({ ledger, outbox }: Held): readonly unknown[] {
  return [
    ledger.floor(0),
    ledger.dueBlocks(9, 9),
    ledger.nextFloor(0),
    ledger.rollingMemory(ledger.digest("device")),
    ledger.renewals(),
    ledger.renewalReferenceUsed("license", "invoice"),
    ledger.usage(0),
    ledger.isDeleted("another"),
    ledger.parts.carriers("00", 0, 9),
    ledger.parts.areUsed(),
    ledger.meters.all(),
    ledger.heldBy("00", 0, 9),
    ledger.idempotency.find(1, "00"),
    ledger.idempotency.since(0),
    outbox.stuckCount(),
    outbox.nextStuck(),
    outbox.hasTombstones(),
    outbox.tombstonesBeside("this"),
  ];
}

const COMMON = Object.keys(LICENSE_TABLES.common).toSorted();
const ALL = Object.keys({ ...LICENSE_TABLES.common, ...LICENSE_TABLES.rare }).toSorted();

function bornHeld(object: ReturnType<typeof objectOf>): Held {
  const held = object.awake();
  held.take(license());
  return held;
}

it("a birth makes the common tables alone, and the others answer as if they were empty", () => {
  const object = objectOf();
  const held = bornHeld(object);
  const none = read(held);
  held.ledger.forgetUsage(9);
  held.ledger.setFloor(0, null);
  held.ledger.idempotency.forget(9, 9);
  held.ledger.idempotency.remove({ day: 1, key: "00" });
  held.outbox.forgetOldTombstones(9);
  held.ledger.parts.remove(1, ["00"]);
  held.ledger.meters.remove("pages");
  held.ledger.deleteActivation(activationRow(1, { holder: "00" }));
  expect([held.outbox.retryStuck(9), held.outbox.reopenTombstone("another")]).toEqual([false, false]);
  expect(object.tables().toSorted()).toEqual(COMMON);
  held.run(ALARM, (turn) => fill(turn, held));
  expect(object.tables().toSorted()).toEqual(ALL);
  const filled = read(held);
  // Each of the answers tells an empty table from one that is not.
  expect(filled.filter((answer, index) => JSON.stringify(answer) === JSON.stringify(none[index]))).toEqual([]);
  expect(read(object.awake())).toEqual(filled);
  held.finishDeletion(license().id);
  expect([object.tables().toSorted(), held.outbox.hasTombstones()]).toEqual([ALL, true]);
});

it("a turn that is taken back takes the tables that it made, in memory too", () => {
  const object = objectOf();
  const held = bornHeld(object);
  const none = read(held);
  for (let time = 0; time < 2; time += 1) {
    const failing = () =>
      held.run(ALARM, (turn) => {
        fill(turn, held);
        throw new Error("taken back");
      });
    expect(failing).toThrow("taken back");
    expect(object.tables().toSorted()).toEqual(COMMON);
    expect(read(held)).toEqual(none);
  }
  held.run(ALARM, (turn) => fill(turn, held));
  expect(read(held)).toEqual(read(object.awake()));
});

it("DEL-1: a wipe forgets them all, and another life begins without any", () => {
  const object = objectOf();
  const held = bornHeld(object);
  const none = read(held);
  held.run(ALARM, (turn) => fill(turn, held));
  held.wipe();
  expect([held.hasTables, held.isDeleted("another"), object.tables()]).toEqual([false, false, []]);
  held.take(license());
  expect(read(held)).toEqual(none);
  expect(object.tables().toSorted()).toEqual(COMMON);
  held.run(ALARM, (turn) => fill(turn, held));
  expect(object.tables().toSorted()).toEqual(ALL);
});

it("a birth that is taken back leaves an empty object", () => {
  const object = objectOf();
  const held = object.awake();
  const unwritable = { ...license(), key: null as unknown as string };
  expect(() => held.take(unwritable)).toThrow();
  expect([held.hasTables, object.tables()]).toEqual([false, []]);
  held.take(license());
  expect([held.hasTables, object.tables().toSorted()]).toEqual([true, COMMON]);
});
