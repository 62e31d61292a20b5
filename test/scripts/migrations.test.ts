/** Schemas only grow, D1's and the objects': those that are here, and what the rule makes of what would not. */

import { describe, expect, it } from "vitest";
import { faultsOf, migrationFaults, migrationFiles } from "../../scripts/migrations.ts";
import { SCHEMA_VERSIONS } from "../../src/license/schema.ts";

const FOLDER = "migrations";

describe("the migrations of D1", () => {
  it("are numbered without a gap, so that their order by name is the order in which they were made", () => {
    const numbers = migrationFiles(FOLDER).map((name) => Number(/^(\d{4})_\w+\.sql$/.exec(name)?.[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(0);
  });

  it("only add, from the second on", () => {
    expect(migrationFaults(FOLDER)).toEqual([]);
  });
});

describe("the versions of an object's schema", () => {
  it("only add, from the second on: a rollback meets objects that have moved on already", () => {
    expect(SCHEMA_VERSIONS.slice(1).flatMap((statements) => faultsOf(statements.join(";")))).toEqual([]);
  });
});

describe("the rule", () => {
  it.each([
    "CREATE TABLE `users` (`id` text PRIMARY KEY NOT NULL, `email` text NOT NULL);",
    "CREATE TABLE users (id text);--> statement-breakpoint\nCREATE UNIQUE INDEX `users_id` ON `users` (`id`);",
    "CREATE INDEX `licenses_user` ON `licenses` (`user_id`);",
    "ALTER TABLE `licenses` ADD `user_id` text;",
    "alter table licenses add column retries integer default 0 not null",
    "ALTER TABLE `licenses` ADD `note` text DEFAULT 'DROP TABLE x; it''s a text' NOT NULL;",
    "-- DROP TABLE licenses;\n/* RENAME */ ALTER TABLE licenses ADD note text;",
    "",
  ])("takes an addition: %s", (sql) => {
    expect(faultsOf(sql)).toEqual([]);
  });

  it.each([
    ["DROP TABLE `licenses`;", "not an addition"],
    ["drop index licenses_user", "not an addition"],
    ["ALTER TABLE `licenses` DROP COLUMN `terms`;", "not an addition"],
    ["ALTER TABLE `licenses` RENAME TO `old`;", "not an addition"],
    ["ALTER TABLE `licenses` RENAME COLUMN `terms` TO `words`;", "not an addition"],
    ["CREATE TABLE `n` (`id` text);\nINSERT INTO `n` SELECT `id` FROM `licenses`;", "not an addition"],
    ["UPDATE licenses SET terms = ''", "not an addition"],
    ["DELETE FROM licenses", "not an addition"],
    ["-- it's a comment\nDROP TABLE licenses;\n-- and that's another", "not an addition"],
    ["PRAGMA foreign_keys=OFF;", "not an addition"],
    ["CREATE TRIGGER t AFTER INSERT ON licenses BEGIN SELECT 1; END", "not an addition"],
    ["CREATE VIRTUAL TABLE words USING fts5(word)", "not an addition"],
    ["ALTER TABLE `licenses` ADD `user_id` text NOT NULL;", "needs a default"],
    ["CREATE UNIQUE INDEX `one_key` ON `licenses` (`key`);", "refuses what old code writes"],
  ])("finds %s", (sql, fault) => {
    expect(faultsOf(sql)[0]).toContain(fault);
  });

  it("names what it found and goes on", () => {
    const faults = faultsOf("DROP TABLE a;\nALTER TABLE b ADD c text;\nDROP TABLE d;");
    expect(faults).toEqual(["not an addition: DROP TABLE a", "not an addition: DROP TABLE d"]);
  });
});
