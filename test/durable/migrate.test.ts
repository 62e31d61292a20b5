/**
 * Numbered schemas, of both objects: applied one by one with their bookkeeping rows, in one transaction, newer ones
 * left alone.
 */

import { describe, expect, it } from "vitest";
import { hasTables, migrate } from "../../src/durable/migrate.ts";
import { SCHEMA_VERSIONS as LICENSE_VERSIONS } from "../../src/license/license-schema.ts";
import { SCHEMA_VERSIONS as WEBHOOK_VERSIONS } from "../../src/webhooks/webhook-schema.ts";
import { nodeSql, type NodeSql } from "../support/node-sql.ts";

/** Made up: three versions, each adding to the one before. */
const VERSIONS = [
  ["CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"],
  ["ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 7", "CREATE INDEX thing_size ON thing (size)"],
  ["CREATE TABLE part (thing INTEGER PRIMARY KEY) STRICT"],
] as const;
const BROKEN = [...VERSIONS.slice(0, 1), [...VERSIONS[1], "ALTER TABLE missing ADD COLUMN size INTEGER"]];

function appliedIn(sql: NodeSql): readonly unknown[] {
  return sql.rows("SELECT version, applied_at AS at FROM schema_version ORDER BY version");
}

function tablesOf(sql: NodeSql): readonly unknown[] {
  return sql.rows("SELECT sql FROM sqlite_master ORDER BY name");
}

describe("the schema of an object", () => {
  it.each([0, 1, 2, 3])("comes up from version %i of three, with its rows", (version) => {
    const [sql, fresh] = [nodeSql(), nodeSql()];
    expect(hasTables(sql)).toBe(false);
    if (version > 0) {
      sql.transact(() => migrate(sql, VERSIONS.slice(0, version), 10));
      sql.rows("INSERT INTO thing (id, name) VALUES (1, 'kept')");
    }
    sql.transact(() => migrate(sql, VERSIONS, 20));
    sql.transact(() => migrate(sql, VERSIONS, 30));
    expect(appliedIn(sql)).toEqual([1, 2, 3].map((each) => ({ version: each, at: each <= version ? 10 : 20 })));
    if (version > 0) expect(sql.rows("SELECT name, size FROM thing")).toEqual([{ name: "kept", size: 7 }]);
    fresh.transact(() => migrate(fresh, VERSIONS, 0));
    expect(tablesOf(sql)).toEqual(tablesOf(fresh));
  });

  it("is as it was where a version fails half-way", () => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, VERSIONS.slice(0, 1), 10));
    const before = tablesOf(sql);
    expect(() => sql.transact(() => migrate(sql, BROKEN, 20))).toThrow("no such table: missing");
    expect(tablesOf(sql)).toEqual(before);
    expect(appliedIn(sql)).toEqual([{ version: 1, at: 10 }]);
  });

  it("is left alone where it is newer than the code", () => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, VERSIONS, 10));
    const before = tablesOf(sql);
    sql.transact(() => migrate(sql, VERSIONS.slice(0, 1), 20));
    expect(tablesOf(sql)).toEqual(before);
    expect(appliedIn(sql)).toHaveLength(VERSIONS.length);
  });

  it.each([
    { its: "license", newest: LICENSE_VERSIONS },
    { its: "webhook", newest: WEBHOOK_VERSIONS },
  ])("of a $its is made whole, with a row for each version", ({ newest }) => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, newest, 10));
    expect(appliedIn(sql)).toEqual(newest.map((_, index) => ({ version: index + 1, at: 10 })));
    expect(hasTables(sql)).toBe(true);
  });
});
