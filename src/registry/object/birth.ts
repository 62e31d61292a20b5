/** The claim: the one D1 statement by which an object takes a license over (ID-5). */

import type { License } from "../../domain/terms/license.ts";
import { readTerms } from "../../domain/terms/stored-terms.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly license: License }
  /** Projected before, so an object held it once: never a fresh start. */
  | { readonly kind: "projected" }
  | { readonly kind: "unknown" };

interface ClaimedRow {
  readonly id: string;
  readonly key: string;
  readonly revision: number;
  readonly terms: string;
}

/**
 * May be repeated: it sets `born_at` once and permits birth only while the row was never projected (`fence` 0). Throws
 * when D1 fails.
 */
export async function claimBirth(db: D1Database, licenseId: string, now: number): Promise<Claim> {
  const row = await db
    .prepare(
      "UPDATE licenses SET born_at = COALESCE(born_at, ?2) WHERE id = ?1 AND fence = 0 RETURNING id, key, revision, terms",
    )
    .bind(licenseId, now)
    .first<ClaimedRow>();
  if (row !== null) return { kind: "claimed", license: { ...row, terms: readTerms(row.terms) } };
  const known = await db
    .withSession("first-primary")
    .prepare("SELECT fence FROM licenses WHERE id = ?1")
    .bind(licenseId)
    .first();
  return { kind: known === null ? "unknown" : "projected" };
}
