/** What D1 finds a license and a user by, as SQL makes it of their rows (MGMT-1), against a second telling of it. */

import { readdirSync, readFileSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { sql, type SQL } from "drizzle-orm";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { foldedList, licenseWords, userWords } from "../../src/domain/terms/facets.ts";
import type { MetadataItem, Terms } from "../../src/domain/terms/license.ts";
import { removeFacets, replaceFacets, writeFacets, type Faceted } from "../../src/registry/find/facets.ts";
import { LICENSE_FACETS } from "../../src/registry/rows/license-facets.ts";
import { USER_FACETS } from "../../src/registry/rows/user-facets.ts";
import { FACET_QUERIES, facetFaults } from "../support/facet-faults.ts";
import { sqlText } from "../support/sql-text.ts";
import { CREATED, PRODUCT, terms } from "../domain/samples.ts";

const ID = "0a1b2c3d-4e5f-8678-8abc-0123456789ab";
const KEYS = ["AAAAAA-BBBBBB-CCCCCC-DDDDDD-EEEEEE-FFFFFF", "Acme/Größe 42", "acme"];

/** D1's tables in Node's SQLite. */
function database(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const name of readdirSync("migrations").filter((file) => file.endsWith(".sql")))
    db.exec(readFileSync(`migrations/${name}`, "utf8"));
  return db;
}

function run(db: DatabaseSync, statement: SQL): void {
  const [text, ...values] = sqlText(statement);
  db.prepare(text).run(...(values as SQLInputValue[]));
}

function faults(db: DatabaseSync): readonly string[] {
  const rows = (query: string) => db.prepare(query).all();
  const { licenses, users, licenseFacets, userFacets } = FACET_QUERIES;
  return facetFaults({
    licenses: rows(licenses),
    users: rows(users),
    licenseFacets: rows(licenseFacets),
    userFacets: rows(userFacets),
  });
}

const uuids = fc.uuid();
const texts = fc.oneof(
  fc.constantFrom("Order", "ÉTÉ 7", "a\u{1F600}B", "x".repeat(300), "\u{1F600}".repeat(200), "%_'\"", "ORDER"),
  fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.includes("\u0000")),
);
const metadata: fc.Arbitrary<readonly MetadataItem[]> = fc.uniqueArray(
  fc.record({
    id: uuids,
    key: texts,
    value: texts,
    viewPermissions: fc.constant([]),
    createdAt: fc.constant(CREATED),
    updatedAt: fc.constant(CREATED),
  }),
  { selector: ({ key }) => key, maxLength: 3 },
);
const sold: fc.Arbitrary<Terms> = fc
  .record({
    type: fc.constantFrom("node-locked", "hosted-floating", "on-premise-floating"),
    expirationStrategy: fc.constantFrom("immediate", "delayed", "rolling"),
    revoked: fc.boolean(),
    suspended: fc.boolean(),
    end: fc.constantFrom(null, { anchorAt: CREATED, months: 1 }),
    period: fc.constantFrom(null, { months: 1, seconds: 0 }),
    activatedAt: fc.constantFrom(null, CREATED),
    licenseTemplateId: fc.option(uuids),
    licensedProductIds: fc.array(fc.oneof(fc.constant(PRODUCT), uuids), { maxLength: 2 }),
    tags: fc.array(fc.record({ id: fc.oneof(uuids, fc.constant("no id")), name: texts }), { maxLength: 2 }),
    metadata,
  })
  .map((changed) => terms({}, changed as Partial<Terms>));

describe("a license's row", () => {
  it("MGMT-1: makes what the license is found by, through every change, and leaves nothing", () => {
    const db = database();
    const keep = (values: Record<string, SQLInputValue>) =>
      db.prepare("UPDATE licenses SET key = ?, terms = ?, folded = ?").run(...Object.values(values));
    fc.assert(
      fc.property(fc.array(fc.tuple(sold, fc.constantFrom(...KEYS)), { minLength: 1, maxLength: 4 }), (states) => {
        const [first, ...later] = states.map(([made, key]) => ({
          key,
          terms: JSON.stringify(made),
          folded: foldedList(licenseWords(key, made.metadata)),
        }));
        if (first === undefined) return;
        db.exec("DELETE FROM licenses; DELETE FROM license_facets");
        db.prepare(
          `INSERT INTO licenses (id, key, product_id, revision, terms, folded, created_at, updated_at)
           VALUES (?, ?, ?, 1, ?, ?, 5, 5)`,
        ).run(ID, first.key, PRODUCT, first.terms, first.folded);
        run(db, writeFacets(LICENSE_FACETS, [ID]));
        expect(faults(db)).toEqual([]);
        for (const state of later) {
          const now = { terms: sql`${state.terms}`, folded: sql`${state.folded}` };
          for (const statement of replaceFacets(LICENSE_FACETS, ID, now, sql`r.fence = 0`)) run(db, statement);
          keep(state);
          expect(faults(db)).toEqual([]);
        }
        removeRow(db, LICENSE_FACETS, "licenses", "license_facets");
      }),
      { numRuns: 60 },
    );
  });
});

describe("a user's row", () => {
  it("MGMT-1: makes what the user is found by, through every change, and leaves nothing", () => {
    const db = database();
    const user = fc.record({
      email: fc.constantFrom("Ada@b.test", "x@y"),
      firstName: fc.option(texts),
      lastName: fc.option(texts),
      company: fc.option(texts),
      tags: fc.array(uuids, { maxLength: 2 }),
      metadata,
    });
    fc.assert(
      fc.property(user, user, (before, after) => {
        db.exec("DELETE FROM users; DELETE FROM user_facets");
        db.prepare(
          `INSERT INTO users (id, email, email_folded, email_lower, first_name, last_name, company, metadata, tags, folded, revision, created_at, updated_at)
           VALUES (?, ?, 'e', 'e', ?, ?, ?, ?, ?, ?, 1, 5, 5)`,
        ).run(ID, before.email, ...names(before), ...lists(before));
        run(db, writeFacets(USER_FACETS, [ID]));
        expect(faults(db)).toEqual([]);
        const [items, tags, folded] = lists(after);
        const now = { metadata: sql`${items}`, tags: sql`${tags}`, folded: sql`${folded}` };
        for (const statement of replaceFacets(USER_FACETS, ID, now, sql`true`)) run(db, statement);
        db.prepare(
          "UPDATE users SET email = ?, first_name = ?, last_name = ?, company = ?, metadata = ?, tags = ?, folded = ?",
        ).run(after.email, ...names(after), ...lists(after));
        expect(faults(db)).toEqual([]);
        removeRow(db, USER_FACETS, "users", "user_facets");
      }),
      { numRuns: 40 },
    );
  });
});

type Named = { readonly [Name in "firstName" | "lastName" | "company"]: string | null };

function names({ firstName, lastName, company }: Named): readonly (string | null)[] {
  return [firstName, lastName, company];
}

function lists(user: Parameters<typeof userWords>[0] & { readonly tags: readonly string[] }): readonly string[] {
  return [JSON.stringify(user.metadata), JSON.stringify(user.tags), foldedList(userWords(user))];
}

function removeRow(db: DatabaseSync, of: Faceted, rows: string, facets: string): void {
  run(db, removeFacets(of, ID, sql`false`));
  expect(faults(db)).toEqual([]);
  run(db, removeFacets(of, ID));
  expect(db.prepare(`SELECT count(*) AS n FROM ${facets}`).get()).toEqual({ n: 0 });
  db.exec(`DELETE FROM ${rows}`);
}
