/**
 * Numbered schemas, of both objects: applied one by one with their bookkeeping rows, in one transaction, newer ones
 * left alone.
 */

import { describe, expect, it } from "vitest";
import { SCHEMA_VERSIONS as LICENSE_VERSIONS } from "../../src/license/schema.ts";
import * as license from "../../src/license/sql.ts";
import { SCHEMA_VERSIONS as WEBHOOK_VERSIONS } from "../../src/webhooks/schema.ts";
import * as webhook from "../../src/webhooks/sql.ts";
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

describe.each([
  { its: "a license", ...license, newest: LICENSE_VERSIONS },
  { its: "a webhook", ...webhook, newest: WEBHOOK_VERSIONS },
])("the schema of the object of $its", ({ migrate, hasTables, newest }) => {
  it.each([0, 1, 2, 3])("comes up from version %i of three, with its rows", (version) => {
    const [sql, fresh] = [nodeSql(), nodeSql()];
    expect(hasTables(sql)).toBe(false);
    if (version > 0) {
      sql.transact(() => migrate(sql, 10, VERSIONS.slice(0, version)));
      sql.rows("INSERT INTO thing (id, name) VALUES (1, 'kept')");
    }
    sql.transact(() => migrate(sql, 20, VERSIONS));
    sql.transact(() => migrate(sql, 30, VERSIONS));
    expect(appliedIn(sql)).toEqual([1, 2, 3].map((each) => ({ version: each, at: each <= version ? 10 : 20 })));
    if (version > 0) expect(sql.rows("SELECT name, size FROM thing")).toEqual([{ name: "kept", size: 7 }]);
    fresh.transact(() => migrate(fresh, 0, VERSIONS));
    expect(tablesOf(sql)).toEqual(tablesOf(fresh));
  });

  it("is as it was where a version fails half-way", () => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, 10, VERSIONS.slice(0, 1)));
    const before = tablesOf(sql);
    expect(() => sql.transact(() => migrate(sql, 20, BROKEN))).toThrow("no such table: missing");
    expect(tablesOf(sql)).toEqual(before);
    expect(appliedIn(sql)).toEqual([{ version: 1, at: 10 }]);
  });

  it("is left alone where it is newer than the code", () => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, 10, VERSIONS));
    const before = tablesOf(sql);
    sql.transact(() => migrate(sql, 20, VERSIONS.slice(0, 1)));
    expect(tablesOf(sql)).toEqual(before);
    expect(appliedIn(sql)).toHaveLength(VERSIONS.length);
  });

  it("is, where nobody says otherwise, the newest", () => {
    const sql = nodeSql();
    sql.transact(() => migrate(sql, 10));
    expect(appliedIn(sql)).toEqual(newest.map((_, index) => ({ version: index + 1, at: 10 })));
    expect(hasTables(sql)).toBe(true);
  });
});
