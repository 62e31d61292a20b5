/** What finding a device costs on SQLite, with seats by the hundred thousand (SEAT-6, FP-1, SEAT-2). */

import { describe, expect, it } from "vitest";

import type { NewLicense } from "../../src/domain/license/creation.ts";
import { EMPTY_TALLY } from "../../src/domain/turn/ledger.ts";
import type { Row, SqlValue } from "../../src/durable/sql.ts";
import { Tables } from "../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { SqlLedger } from "../../src/license/sql-ledger.ts";
import { license, refusal, value } from "../domain/samples.ts";
import { START } from "../domain/worlds.ts";
import { nodeSql, type NodeSql } from "../support/node-sql.ts";
import { person, World } from "../support/world.ts";

interface Counted {
  readonly sql: NodeSql;
  readonly world: World;
  /** Of one call: rows that its reads answered, and the statements. Every read is a seek, so it meets no others. */
  costOf(call: () => unknown): { readonly rows: number; readonly statements: readonly string[] };
}

function counted(members: Partial<NewLicense>): Counted {
  const sql = nodeSql();
  let statements: string[] = [];
  let rows = 0;
  const port = {
    rows: (query: string, ...bindings: SqlValue[]): Row[] => {
      const found = sql.rows(query, ...bindings);
      statements.push(query);
      rows += found.length;
      return found;
    },
  };
  const tables = new Tables(port, LICENSE_TABLES);
  tables.migrate();
  const ledger = new SqlLedger(port, tables);
  ledger.saveLicense(license({ allowedActivations: 0, ...members }));
  ledger.saveTally(EMPTY_TALLY);
  const world = new World(ledger, START);
  return {
    sql,
    world,
    costOf: (call) => {
      [statements, rows] = [[], 0];
      call();
      return { rows, statements };
    },
  };
}

/** The first row again and again, under later seqs, with what it is found by. */
function plant({ sql, world }: Counted, seats: number, index: "fingerprint_part" | "shared_seat"): void {
  const [{ next_seq: from } = {}] = sql.rows("SELECT next_seq FROM tally");
  const seqs = `WITH RECURSIVE later (seq) AS (SELECT ${Number(from)} UNION ALL SELECT seq + 1 FROM later LIMIT ${seats})`;
  const columns = sql.rows("SELECT name FROM pragma_table_info('activation')").map(({ name }) => String(name));
  const of = { seq: "later.seq", id: "'planted ' || later.seq", device: "randomblob(16)", holder: "NULL" };
  const values = columns.map((name) => (name in of ? Reflect.get(of, name) : `activation.${name}`));
  sql.rows(
    `${seqs} INSERT INTO activation (${columns.join()}) SELECT ${values.join()} FROM later, activation WHERE activation.seq = 1`,
  );
  const [first = "", ...others] = index === "fingerprint_part" ? ["part"] : ["holder"];
  expect(others).toEqual([]);
  sql.rows(
    `${seqs} INSERT INTO ${index} (${first}, seq) SELECT found.${first}, later.seq FROM later, (SELECT ${first} FROM ${index} LIMIT 1) AS found`,
  );
  const tally = world.tally();
  world.ledger.saveTally({
    ...tally,
    nextSeq: tally.nextSeq + seats,
    seatsTaken: tally.seatsTaken + seats,
    activationsTaken: tally.activationsTaken + seats,
  });
}

describe("fuzzy matching", () => {
  it("FP-1, SEAT-6: with a part that 100,000 activations share costs what it costs with ten", () => {
    const costs = [10, 100_000].map((seats) => {
      const object = counted({ fingerprintMatchingStrategy: "fuzzy" });
      const { world } = object;
      const fingerprint = (own: string) => `cpu=${own};disk=${own};net=${own};os=linux`;
      value(world.activate("os=linux;never=met"));
      plant(object, seats, "fingerprint_part");
      const first = object.costOf(() => value(world.activate(fingerprint("a"))));
      const alike = object.costOf(() => value(world.activate("cpu=a;disk=a;net=new;os=linux")));
      const other = object.costOf(() => value(world.activate(fingerprint("b"))));
      const ended = object.costOf(() => value(world.checkOut(world.rows().at(-1)?.id ?? "")));
      expect(world.tally().activationsTaken).toBe(seats + 2);
      return { first, alike, other, ended: { ...ended, rows: 0 } };
    });
    const [few, many] = costs.map((cost) => Object.values(cost).map(({ statements }) => statements.length));
    expect(many).toEqual(few);
    // One list of at most 17, and the few that the rare parts name.
    for (const cost of costs) for (const { rows } of Object.values(cost)) expect(rows).toBeLessThanOrEqual(24);
  });

  it("FP-1, SEAT-6: is bounded where every part is common", () => {
    const object = counted({ fingerprintMatchingStrategy: "loose" });
    const { world } = object;
    const parts = Array.from({ length: 32 }, (_, nth) => `p${nth}=x`);
    value(world.activate("never=met;p0=x"));
    plant(object, 300, "fingerprint_part");
    for (const part of parts.slice(1)) {
      const hash = world.ledger.digest(part).slice(0, 16);
      object.sql.rows("INSERT INTO fingerprint_part (part, seq) SELECT unhex(?), seq FROM activation", hash);
    }
    const { rows } = object.costOf(() => value(world.activate(parts.join(";"))));
    expect(rows).toBeLessThanOrEqual(32 * (17 + 257) + 10);
  });
});

describe("seats that people share", () => {
  it("SEAT-2, SEAT-6: a person's hundredth device costs two hundred rows, whoever else has how many", () => {
    const ada = { principal: person("ada") };
    const costs = [10, 100_000].map((seats) => {
      const object = counted({ leasingStrategy: "per-user" });
      const { world } = object;
      value(world.activate("bob's", { principal: person("bob") }));
      plant(object, seats, "shared_seat");
      return Array.from({ length: 100 }, (_, nth) => object.costOf(() => value(world.activate(`d${nth}`, ada))).rows);
    });
    // By an index, an entry of each of their devices: for the seat, and for what it is (SEAT-9). Of a new block of 64
    // its rows.
    for (const cost of costs) expect(Math.max(...cost)).toBeLessThanOrEqual(2 * 99 + 64 + 8);
    expect(costs[1]?.[99]).toBe(costs[0]?.[99]);
  });
});

describe("licenses that use none of it", () => {
  it.each<Partial<NewLicense>>([{}, { type: "hosted-floating" }])(
    "SEAT-6: neither read nor write for it (%j)",
    (members) => {
      const { world, sql, costOf } = counted({ ...members, allowedActivations: 1 });
      const id = value(world.activate("cpu=1;disk=2")).activationId;
      const { statements } = costOf(() => {
        value(world.activate("cpu=1;disk=2"));
        value(world.renew(id, { fingerprint: "cpu=1;disk=2" }));
        expect(refusal(world.activate("cpu=1;disk=3")).code).toBe("seats-exhausted");
        value(world.checkOut(id));
      });
      expect(statements.filter((text) => /fingerprint_part|shared_seat/u.test(text))).toEqual([]);
      const made = sql.rows("SELECT name FROM sqlite_master WHERE name IN ('fingerprint_part', 'shared_seat')");
      expect(made).toEqual([]);
    },
  );
});

describe("statements", () => {
  it("SEAT-6: find by the tables' keys alone", () => {
    const { sql, world, costOf } = counted({ fingerprintMatchingStrategy: "fuzzy", leasingStrategy: "per-user" });
    const ada = { principal: person("ada") };
    const { statements } = costOf(() => {
      const { activationId } = value(world.activate("cpu=1;disk=2", ada));
      value(world.activate("cpu=1;disk=3;net=4", ada));
      value(world.checkOut(activationId, ada));
    });
    const asked = statements.filter((text) => /(FROM|DELETE FROM) (fingerprint_part|shared_seat)/u.test(text));
    expect(asked.length).toBeGreaterThan(3);
    for (const text of new Set(asked)) {
      const plan = sql.rows(
        `EXPLAIN QUERY PLAN ${text}`,
        ...Array.from({ length: text.split("?").length - 1 }, () => 1),
      );
      expect(JSON.stringify(plan)).toMatch(/USING PRIMARY KEY \((part|holder)=\? AND seq[=>]\?\)/u);
    }
  });
});
