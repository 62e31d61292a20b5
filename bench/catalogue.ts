/**
 * Plants a catalogue of licenses in the measured Worker's D1, straight into its file while nobody has it open: a
 * million licenses over HTTP would take an hour. Rows are what the product itself makes of a license
 * (`domain/license/creation`, `registry/find/facets`).
 */

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { ToldFacts } from "../src/domain/license/device.ts";
import { newTerms } from "../src/domain/license/creation.ts";
import { foldedList, hostValue, licenseWords, userWords } from "../src/domain/terms/facets.ts";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";
import { facetsOf } from "../src/registry/find/facets.ts";
import { LICENSE_FACETS } from "../src/registry/rows/license-facets.ts";
import { USER_FACETS } from "../src/registry/rows/user-facets.ts";
import { idWithLocator, locatorOf } from "../src/domain/terms/identifier.ts";
import { generatedKey } from "../src/domain/terms/license-key.ts";
import { storedTerms } from "../src/domain/terms/stored-terms.ts";
import { licenseEnd } from "../src/domain/terms/expiry.ts";

/** One license in so many has it. */
const REVOKED_EVERY = 10;
const USER_EVERY = 4;
const ENDS_EVERY = 5;
const PRODUCTS = 5;
const FIRST = Date.UTC(2020, 0, 1);
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const METADATA_NAMES = ["order_id", "plan"];

/** What a benchmark asks for; each is there once, or in a fifth of all licenses. */
export interface Planted {
  readonly productId: string;
  readonly key: string;
  readonly email: string;
  readonly orderId: string;
  /** RFC 3339: a fifth of the licenses that end, end before it. */
  readonly endsBefore: string;
}

/** `folder` is where the server keeps its data; it was started once, so that the tables are there. */
export function plantLicenses(folder: string, count: number): Planted {
  const db = new DatabaseSync(databaseIn(folder));
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; PRAGMA temp_store = MEMORY");
  db.exec("BEGIN");
  const statements = {
    license: db.prepare(
      `INSERT INTO licenses (id, key, product_id, user_id, revision, terms, expires_at, folded, created_at, updated_at)
       VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
    ),
    key: db.prepare("INSERT INTO license_keys (key, license_id) VALUES (?, ?)"),
    user: db.prepare(
      `INSERT INTO users (id, email, email_folded, email_lower, company, metadata, revision, folded, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, '[]', ?, ?, ?, ?)`,
    ),
  };
  const products = Array.from({ length: PRODUCTS }, (_, at) => uuid("product", at));
  for (const [at, id] of products.entries()) {
    db.prepare(
      `INSERT INTO products (id, name, display_name, description, legal_notice, copyright, provider_url, provider_email,
                             token_algorithm, metadata, created_at, updated_at)
       VALUES (?, ?, ?, '', '', '', '', '', 'ES256', '[]', ?, ?)`,
    ).run(id, `Product ${at}`, `Product ${at}`, FIRST, FIRST);
  }
  for (let at = 0; at < count; at += 1) plant(statements, products, at);
  for (const [of, rows, facets] of [
    [LICENSE_FACETS, "licenses", "license_facets"],
    [USER_FACETS, "users", "user_facets"],
  ] as const) {
    // In the order of the tables' keys, so that their trees grow at one end.
    const { sql: found } = new SQLiteAsyncDialect().sqlToQuery(facetsOf(of, "was"));
    db.exec(
      `WITH was AS (SELECT * FROM ${rows}) INSERT INTO ${facets} SELECT * FROM (${found})
       WHERE true ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING`,
    );
  }
  db.exec("COMMIT");
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  const half = Math.floor(count / 2);
  const middle = half - (half % USER_EVERY);
  return {
    productId: products[0] ?? "",
    key: keyOf(middle),
    email: emailOf(middle),
    orderId: orderOf(middle),
    endsBefore: new Date(FIRST + DAY + (count / 5) * MINUTE).toISOString(),
  };
}

function plant(
  { license, key: keys, user: users }: Readonly<Record<"license" | "key" | "user", StatementSync>>,
  products: readonly string[],
  at: number,
): void {
  const createdAt = FIRST + at * MINUTE;
  const productId = products[at % PRODUCTS] ?? "";
  const key = keyOf(at);
  const id = idWithLocator(digest("locator", at).slice(0, 15), bytes("id", at, 8));
  const user = at % USER_EVERY === 0 ? { id: uuid("user", at), email: emailOf(at), revision: createdAt } : null;
  const values = [orderOf(at), ["basic", "pro", "enterprise"][at % 3] ?? ""];
  const made = newTerms(
    {
      productId,
      user,
      revoked: at % REVOKED_EVERY === 0,
      ...(at % ENDS_EVERY === 0 ? { expiresAt: createdAt + DAY } : {}),
      metadata: METADATA_NAMES.map((name, item) => ({
        id: uuid(`metadata ${name}`, at),
        key: name,
        value: values[item] ?? "",
        viewPermissions: [],
      })),
    },
    createdAt,
  );
  if (!made.ok) throw new Error(`no license: ${made.refusal.code}`);
  const terms = made.value;
  const end = licenseEnd(terms.end);
  license.run(
    ...[id, key, productId, user?.id ?? null, storedTerms(terms), end],
    ...[foldedList(licenseWords(key, terms.metadata)), createdAt, createdAt],
  );
  keys.run(key, id);
  if (user === null) return;
  const company = `Company ${at % 997}`;
  const words = userWords({ email: user.email, firstName: null, lastName: null, company, metadata: [] });
  users.run(
    ...[user.id, user.email, user.email, user.email, company, createdAt],
    ...[foldedList(words), createdAt, createdAt],
  );
}

/** An activation for each planted license, of a device that says what it is. */
export function plantActivations(file: string): void {
  const db = new DatabaseSync(file);
  db.exec("PRAGMA synchronous = OFF; BEGIN");
  const insert = db.prepare(
    `INSERT INTO activations (id, license_id, product_id, created_at, updated_at, contact_at, lease_expires_at, device, host, facts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const licenses = db.prepare("SELECT id, product_id, created_at FROM licenses ORDER BY created_at").all();
  for (const [at, { id, product_id: productId, created_at: createdAt }] of licenses.entries()) {
    const activationId = idWithLocator(locatorOf(String(id)) ?? "", bytes("activation", at, 8));
    const hostname = `Workstation-${at}`;
    const facts: ToldFacts = { shown: { os: "windows", hostname, releaseVersion: "2.4.1" } };
    const known = [activationId, String(id), String(productId), Number(createdAt)];
    const times = [Number(createdAt), Number(createdAt), Number(createdAt) + DAY];
    insert.run(...known, ...times, bytes("device", at, 16), hostValue(hostname), JSON.stringify(facts));
  }
  db.exec("COMMIT");
  db.close();
}

/** The one database that has our tables. */
function databaseIn(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  const ours = files.find((name) => {
    const db = new DatabaseSync(join(folder, name), { readOnly: true });
    try {
      return db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'license_facets'").get() !== undefined;
    } finally {
      db.close();
    }
  });
  if (ours === undefined) throw new Error(`no catalogue in ${folder}`);
  return join(folder, ours);
}

function keyOf(at: number): string {
  return generatedKey(bytes("key", at, 18));
}

function emailOf(at: number): string {
  return `buyer-${at}@example.com`;
}

function orderOf(at: number): string {
  return `ORDER-${at}`;
}

function digest(what: string, at: number): string {
  return createHash("sha256").update(`${what} ${at}`).digest("hex");
}

function bytes(what: string, at: number, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(digest(what, at), "hex").subarray(0, length));
}

/** As a UUIDv7 looks. */
function uuid(what: string, at: number): string {
  const hex = digest(what, at);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
