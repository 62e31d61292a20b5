/** What D1 shows of the licenses of one object, read on the primary (OPS-1). Changes nothing. */

import { sql } from "drizzle-orm";
import { foldedList, type Folded } from "../../domain/terms/facets.ts";
import { prepared } from "../db/statement.ts";
import { countFaults } from "../find/facets.ts";
import { LICENSE_FACETS } from "../rows/license-facets.ts";

export interface LicenseSeen {
  /** Null = D1 does not know the license. */
  readonly fence: number | null;
  /** Of the keys that were asked for: how many lead to the license, and how many to another. */
  readonly keys: number;
  readonly keysElsewhere: number;
  readonly activations: number;
  /** It is found by something else than it should be (MGMT-1). False where D1 does not know it. */
  readonly hasOtherFacets: boolean;
}

/** What the license is by its object's word. */
export interface LicenseHeld {
  readonly id: string;
  readonly keys: readonly string[];
  /** Domain `Terms` as they are stored, and the words that go with them. */
  readonly terms: string;
  readonly words: readonly Folded[];
}

type SeenRow = Omit<LicenseSeen, "hasOtherFacets">;

/** Throws when D1 fails: then nothing is known. */
export async function lookAtLicense(db: D1Database, { id, keys, terms, words }: LicenseHeld): Promise<LicenseSeen> {
  const named = "FROM license_keys WHERE key IN (SELECT value FROM json_each(?2))";
  const held = { terms: sql`${terms}`, folded: sql`${foldedList(words)}` };
  const [seen, faults] = await db.batch<SeenRow | { readonly n: number }>([
    db
      .prepare(
        `SELECT (SELECT fence FROM licenses WHERE id = ?1) AS fence,
                (SELECT count(*) ${named} AND license_id = ?1) AS keys,
                (SELECT count(*) ${named} AND license_id <> ?1) AS keysElsewhere,
                (SELECT count(*) FROM activations WHERE license_id = ?1) AS activations`,
      )
      .bind(id, JSON.stringify(keys)),
    prepared(db, countFaults(LICENSE_FACETS, id, held)),
  ]);
  const [row] = (seen?.results ?? []) as readonly SeenRow[];
  const [counted] = (faults?.results ?? []) as readonly { readonly n: number }[];
  if (row === undefined || counted === undefined) throw new Error("a SELECT without FROM answers one row");
  return { ...row, hasOtherFacets: counted.n > 0 };
}

export interface Forgotten {
  readonly id: string;
  /** The license's row, keys or activations are there again; else D1 has only forgotten that it was deleted. */
  readonly isShown: boolean;
}

/** Of these deleted licenses, those that D1 does not remember as deleted and gone (DEL-1). Throws when D1 fails. */
export async function lookForDeleted(db: D1Database, ids: readonly string[]): Promise<readonly Forgotten[]> {
  const shown = ["SELECT 1 FROM licenses WHERE id = gone.value"]
    .concat(["license_keys", "activations"].map((table) => `SELECT 1 FROM ${table} WHERE license_id = gone.value`))
    .map((query) => `EXISTS (${query})`)
    .join(" OR ");
  const { results } = await db
    .prepare(
      `SELECT gone.value AS id, (${shown}) AS shown FROM json_each(?1) AS gone
       WHERE ${shown} OR NOT EXISTS (SELECT 1 FROM deleted_licenses WHERE id = gone.value)`,
    )
    .bind(JSON.stringify(ids))
    .all<{ readonly id: string; readonly shown: 0 | 1 }>();
  return results.map((row) => ({ id: row.id, isShown: row.shown === 1 }));
}
