/**
 * What a license and an activation take in D1, by table and index: SQLite's own count (`dbstat`) of a planted catalogue
 * under the migrations. A plain file, because D1 does not show its pages; the engine and the page size are the same.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import documented from "../docs/stored-bytes.json" with { type: "json" };
import units from "../docs/billed-units.json" with { type: "json" };
import { plantActivations, plantLicenses } from "./catalogue.ts";

const LICENSES = 50_000;
const MIGRATIONS = "migrations";

/**
 * Bytes of a license with two metadata items, and of an activation of a device that says what it is, as the documents
 * have them. They may not grow by more than a hundredth unnoticed.
 */
const MOST_BYTES = { license: 1.01 * documented.license, activation: 1.01 * documented.activation };
/** Rows written in D1 by a call and all that it brings about (test/worker/billed-units.test.ts). */
const MOST_ROWS = { creation: 18, birth: 13, activation: 10 };

/** Prints, and answers what is over its limit, in words. `folder` is for a database of its own. */
export function measureSpace(folder: string): readonly string[] {
  const file = join(folder, "space.sqlite");
  const empty = new DatabaseSync(file);
  for (const name of readdirSync(MIGRATIONS).filter((one) => one.endsWith(".sql")))
    empty.exec(readFileSync(join(MIGRATIONS, name), "utf8"));
  empty.close();
  plantLicenses(folder, LICENSES);
  const license = told(
    "a license",
    sizesOf(file, () => true),
  );
  plantActivations(file);
  const activation = told("an activation", sizesOf(file, isOfActivations));
  const written = Object.entries(MOST_ROWS).map(([call, most]) => ({
    what: `rows written by: ${call}`,
    is: Reflect.get(units, call).d1Written as number,
    most,
  }));
  const limits = [
    { what: "bytes of a license", is: license, most: MOST_BYTES.license },
    { what: "bytes of an activation", is: activation, most: MOST_BYTES.activation },
    ...written,
  ];
  for (const { what, is, most } of limits)
    console.log(`${what.padEnd(44)}${is.toFixed(0).padStart(8)}, at most ${most.toFixed(0)}`);
  return limits.filter(({ is, most }) => is > most).map(({ what }) => what);
}

function isOfActivations(name: string): boolean {
  return name.replace("sqlite_autoindex_", "").startsWith("activations");
}

/** Bytes of one, by table and index, the largest first. */
function sizesOf(file: string, isCounted: (name: string) => boolean): ReadonlyMap<string, number> {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = db
    .prepare("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name ORDER BY bytes DESC, name")
    .all();
  db.close();
  const counted = rows.filter(({ name }) => isCounted(String(name)) && !String(name).startsWith("sqlite_schema"));
  return new Map(counted.map(({ name, bytes }) => [String(name), Number(bytes) / LICENSES]));
}

function told(what: string, sizes: ReadonlyMap<string, number>): number {
  const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  console.log(`bytes of ${what}: ${total.toFixed(0)}`);
  for (const [name, bytes] of sizes)
    if (bytes >= 0.1) console.log(`  ${name.padEnd(42)}${bytes.toFixed(1).padStart(8)}`);
  return total;
}
