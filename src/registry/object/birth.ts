/** The claim: the one question to D1 with which an object takes a license over (ID-5). */

import { upperKey } from "../../domain/terms/license-key.ts";
import type { License } from "../../domain/terms/license.ts";
import { readTerms } from "../../domain/terms/stored-terms.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly license: License }
  /** Projected before, so an object held it once: never a fresh start. */
  | { readonly kind: "projected" }
  /** The key leads to this license, which was projected before, or was not created with the key as it is written. */
  | { readonly kind: "other"; readonly licenseId: string }
  | { readonly kind: "unknown" };

interface Row {
  readonly id: string;
  readonly key: string;
  readonly revision: number;
  /** Null = it must not be taken over. */
  readonly terms: string | null;
}

/**
 * Asked on the primary, and may be repeated: it writes nothing (0077-a-claim-reads.md), and permits birth only while
 * the row was never projected (`fence` 0). Throws when D1 fails.
 */
export async function claimBirth(db: D1Database, licenseId: string): Promise<Claim> {
  const row = await db
    .withSession("first-primary")
    .prepare("SELECT id, key, revision, CASE WHEN fence = 0 THEN terms END AS terms FROM licenses WHERE id = ?1")
    .bind(licenseId)
    .first<Row>();
  return row === null ? { kind: "unknown" } : (claimed(row) ?? { kind: "projected" });
}

/**
 * The same, together with the look-up of ID-4 (KEY-3: as `findLicenseByKey`): birth is permitted where the license has
 * the key as it is written, which an unborn one was created with (0080-a-birth-asks-d1-once.md).
 */
export async function claimByKey(db: D1Database, key: string): Promise<Claim> {
  const row = await db
    .withSession("first-primary")
    .prepare(
      `SELECT license_id AS id, licenses.key, revision, CASE WHEN fence = 0 AND licenses.key = ?1 THEN terms END AS terms
       FROM license_keys LEFT JOIN licenses ON licenses.id = license_id
       WHERE license_keys.key IN (?1, ?2) ORDER BY license_keys.key = ?1 DESC LIMIT 1`,
    )
    .bind(key, upperKey(key))
    .first<Row>();
  return row === null ? { kind: "unknown" } : (claimed(row) ?? { kind: "other", licenseId: row.id });
}

function claimed({ terms, ...rest }: Row): Claim | null {
  return terms === null ? null : { kind: "claimed", license: { ...rest, terms: readTerms(terms) } };
}
