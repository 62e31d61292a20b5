/**
 * Tables of both objects, by numbered versions: applied one by one, in one transaction, newer ones left alone; the rare
 * ones made when they are first written to, and what memory knows of them.
 */

import { describe, expect, it } from "vitest";
import { Tables, type Schema } from "../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { WEBHOOK_TABLES } from "../../src/webhooks/webhook-schema.ts";
import { nodeSql, type NodeSql } from "../support/node-sql.ts";

const THING = [
  ["CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"],
  ["ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7", "CREATE INDEX thing_size ON thing (size)"],
  ["CREATE INDEX thing_name ON thing (name)"],
] as const;
const SEEN = [
  ["CREATE TABLE seen (id INTEGER PRIMARY KEY) STRICT"],
  ["ALTER TABLE seen ADD COLUMN times INTEGER NOT NULL DEFAULT 1"],
] as const;

/** Made up: a common table of three versions and a rare one of two, as the code knew them after so many versions. */
function schemaOf(versions: number): Schema {
  const common =
    versions < 3
      ? { thing: THING.slice(0, versions) }
      : { thing: THING, part: [["CREATE TABLE part (id INTEGER PRIMARY KEY) STRICT"]] };
  return { common, rare: { seen: SEEN.slice(0, versions) } };
}

interface Storage {
  readonly sql: NodeSql;
  /** What was asked of storage, since this was last emptied. */
  readonly statements: string[];
}

function storage(): Storage {
  const sql = nodeSql();
  const statements: string[] = [];
  const rows: NodeSql["rows"] = (query, ...bindings) => {
    statements.push(query);
    return sql.rows(query, ...bindings);
  };
  return { sql: { ...sql, rows }, statements };
}

function made({ sql }: Storage): readonly unknown[] {
  return sql.rows("SELECT sql FROM sqlite_master WHERE name <> 'schema_version' ORDER BY name");
}

function opened({ sql }: Storage, schema: Schema): Tables<Schema> {
  const tables = new Tables(sql, schema);
  tables.transact(sql, () => tables.migrate());
  return tables;
}

const put = (tables: Tables<Schema>, id: number) => tables.rare("seen").write("INSERT INTO seen (id) VALUES (?)", id);
const seen = (tables: Tables<Schema>) => tables.rare("seen").rows("SELECT * FROM seen ORDER BY id");

describe("the tables of an object", () => {
  it.each([0, 1, 2, 3])("come up from version %i of three, with their rows", (version) => {
    const [store, fresh] = [storage(), storage()];
    expect(new Tables(store.sql, schemaOf(3)).areMade).toBe(false);
    if (version > 0) {
      const before = opened(store, schemaOf(version));
      put(before, 1);
      store.sql.rows("INSERT INTO thing (id, name) VALUES (1, 'kept')");
    }
    for (let wake = 0; wake < 2; wake += 1) {
      const tables = opened(store, schemaOf(3));
      expect(tables.areMade).toBe(true);
      expect(seen(tables)).toEqual(version > 0 ? [{ id: 1, times: 1 }] : []);
    }
    if (version > 0) expect(store.sql.rows("SELECT name, size FROM thing")).toEqual([{ name: "kept", size: 7 }]);
    put(opened(store, schemaOf(3)), 2);
    put(opened(fresh, schemaOf(3)), 2);
    expect(made(store)).toEqual(made(fresh));
  });

  it("are as they were where a version fails half-way", () => {
    const store = storage();
    opened(store, schemaOf(1));
    const before = made(store);
    const broken = {
      common: { thing: [...THING.slice(0, 2), ["ALTER TABLE missing ADD COLUMN size INTEGER"]] },
      rare: {},
    };
    expect(() => opened(store, broken)).toThrow("no such table: missing");
    expect(made(store)).toEqual(before);
    opened(store, schemaOf(2));
    expect(store.sql.rows("SELECT * FROM schema_version")).toEqual([{ name: "thing", version: 2 }]);
  });

  it("are left alone where they are newer than the code", () => {
    const store = storage();
    put(opened(store, schemaOf(3)), 1);
    const before = made(store);
    const tables = opened(store, schemaOf(1));
    put(tables, 2);
    expect(made(store)).toEqual(before);
    expect(seen(tables)).toEqual([1, 2].map((id) => ({ id, times: 1 })));
  });

  it("that older code made in between come up later", () => {
    const store = storage();
    opened(store, schemaOf(3));
    put(opened(store, schemaOf(1)), 1);
    expect(seen(opened(store, schemaOf(2)))).toEqual([{ id: 1, times: 1 }]);
  });

  it.each([
    { its: "license", schema: LICENSE_TABLES },
    { its: "webhook", schema: WEBHOOK_TABLES },
  ])("of a $its: each statement of a table says its name, and the common ones come first", ({ schema }) => {
    const store = storage();
    const tables = new Tables<Schema>(store.sql, schema);
    tables.migrate();
    const names = () => store.sql.rows("SELECT DISTINCT tbl_name AS name FROM sqlite_master").map(({ name }) => name);
    expect(names().toSorted()).toEqual(Object.keys(schema.common).toSorted());
    // A write that is refused leaves the table that was made for it.
    for (const name of Object.keys(schema.rare)) tables.rare(name).write(`SELECT * FROM ${name}`);
    expect(names().toSorted()).toEqual(Object.keys({ ...schema.common, ...schema.rare }).toSorted());
  });
});

describe("a rare table", () => {
  it("is made by the first write, and until then asked nothing", () => {
    const store = storage();
    const tables = opened(store, schemaOf(2));
    store.statements.length = 0;
    expect(seen(tables)).toEqual([]);
    tables.rare("seen").rows("DELETE FROM seen");
    expect(store.statements).toEqual([]);
    put(tables, 1);
    expect(store.statements).toEqual([
      ...SEEN.flat(),
      expect.stringContaining("schema_version"),
      "INSERT INTO seen (id) VALUES (?)",
    ]);
    expect(seen(tables)).toEqual([{ id: 1, times: 1 }]);
  });

  it("is found by an instance that did not make it", () => {
    const store = storage();
    put(opened(store, schemaOf(2)), 1);
    expect(seen(new Tables(store.sql, schemaOf(2)))).toEqual([{ id: 1, times: 1 }]);
  });

  it("is forgotten where a transaction that made it is taken back, the inner of two as well", () => {
    const store = storage();
    const tables = opened(store, schemaOf(2));
    const failing = () =>
      tables.transact(store.sql, () => {
        put(tables, 1);
        throw new Error("taken back");
      });
    expect(failing).toThrow("taken back");
    expect(seen(tables)).toEqual([]);
    tables.transact(store.sql, () => {
      expect(failing).toThrow("taken back");
      expect(seen(tables)).toEqual([]);
      put(tables, 2);
    });
    expect(seen(tables)).toEqual([{ id: 2, times: 1 }]);
  });

  it("is forgotten with all that was stored, and made again in the next life", () => {
    const store = storage();
    const tables = opened(store, schemaOf(2));
    put(tables, 1);
    for (const name of ["thing", "seen", "schema_version"]) store.sql.rows(`DROP TABLE ${name}`);
    tables.gone();
    expect([tables.areMade, seen(tables)]).toEqual([false, []]);
    tables.migrate();
    expect([tables.areMade, seen(tables)]).toEqual([true, []]);
    put(tables, 2);
    expect(seen(tables)).toEqual([{ id: 2, times: 1 }]);
  });

  it("is emptied with the others, or left out", () => {
    const store = storage();
    const tables = opened(store, schemaOf(2));
    store.sql.rows("INSERT INTO thing (id, name) VALUES (1, 'a')");
    tables.empty("seen");
    expect(store.sql.rows("SELECT * FROM thing")).toEqual([]);
    put(tables, 1);
    tables.empty("seen");
    expect(seen(tables)).toHaveLength(1);
  });
});
