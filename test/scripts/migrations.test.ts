/** Schemas only grow, D1's and the objects': those that are here, and what the rule makes of what would not. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultsOf, isOfOtherBaseline, migrationFaults, migrationFiles } from "../../scripts/migrations.ts";
import type { Schema, Versions } from "../../src/durable/tables.ts";
import { LICENSE_TABLES } from "../../src/license/license-schema.ts";
import { WEBHOOK_TABLES } from "../../src/webhooks/webhook-schema.ts";

const FOLDER = "migrations";

function tablesOf({ common, rare }: Schema): readonly (readonly [string, Versions])[] {
  return Object.entries({ ...common, ...rare });
}

describe("the migrations of D1", () => {
  it("are numbered without a gap, so that their order by name is the order in which they were made", () => {
    const numbers = migrationFiles(FOLDER).map((name) => Number(/^(\d{4})_\w+\.sql$/.exec(name)?.[1]));
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThan(0);
  });

  it("begin with a baseline that has another name when its tables, or those of an object, are others", () => {
    const [baseline = ""] = migrationFiles(FOLDER);
    const firsts = [LICENSE_TABLES, WEBHOOK_TABLES].flatMap(tablesOf).flatMap(([, [first = []]]) => first);
    const parts = [readFileSync(join(FOLDER, baseline), "utf8"), ...firsts];
    const digest = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 8);
    expect(baseline).toBe(`0000_baseline_${digest}.sql`);
  });

  it("are named in the journal from which the next one is made", () => {
    const journal = JSON.parse(readFileSync(join(FOLDER, "meta/_journal.json"), "utf8")) as {
      readonly entries: readonly { readonly tag: string }[];
    };
    expect(journal.entries.map(({ tag }) => `${tag}.sql`)).toEqual(migrationFiles(FOLDER));
  });

  it("only add, from the second on", () => {
    expect(migrationFaults(FOLDER)).toEqual([]);
  });
});

describe("a database", () => {
  const [baseline = ""] = migrationFiles(FOLDER);

  it.each([
    ["that is empty", [], false],
    ["with the baseline", [baseline], false],
    ["that is newer", [baseline, "0001_of_the_future.sql"], false],
    ["of an earlier baseline", ["0000_catalogue.sql", "0001_users.sql"], true],
  ] as const)("%s is told from one of another baseline", (_, applied, isOther) => {
    expect(isOfOtherBaseline(applied, FOLDER)).toBe(isOther);
  });
});

describe.each([
  ["license", LICENSE_TABLES],
  ["webhook", WEBHOOK_TABLES],
])("the versions of the tables of the object of a %s", (_, schema) => {
  it("only add, from the second on: a rollback meets objects that have moved on already", () => {
    const later = tablesOf(schema).flatMap(([, versions]) => versions.slice(1));
    expect(later.flatMap((statements) => faultsOf(statements.join(";")))).toEqual([]);
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
