/** The claim: the one question to D1 with which an object takes a license over (ID-5). */

import type { License } from "../../domain/terms/license.ts";
import { readTerms } from "../../domain/terms/stored-terms.ts";

export type Claim =
  | { readonly kind: "claimed"; readonly license: License }
  /** Projected before, so an object held it once: never a fresh start. */
  | { readonly kind: "projected" }
  | { readonly kind: "unknown" };

interface Row {
  readonly id: string;
  readonly key: string;
  readonly revision: number;
  /** Null = it was projected before. */
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
  if (row === null) return { kind: "unknown" };
  const { terms, ...rest } = row;
  return terms === null ? { kind: "projected" } : { kind: "claimed", license: { ...rest, terms: readTerms(terms) } };
}
