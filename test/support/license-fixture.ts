/** Licenses for tests below HTTP: terms with the defaults of LIC-1, and their rows in D1 as a creation writes them. */

import { newTerms, type NewLicense } from "../../src/domain/license/creation.ts";
import { foldedList, licenseWords } from "../../src/domain/terms/facets.ts";
import { storedTerms } from "../../src/domain/terms/stored-terms.ts";
import { idWithLocator } from "../../src/domain/terms/identifier.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { writeFacets } from "../../src/registry/find/facets.ts";
import { LICENSE_FACETS } from "../../src/registry/rows/license-facets.ts";
import { prepared } from "../../src/registry/db/statement.ts";

export const CREATED_AT = Date.UTC(2026, 0, 1);
export const PRODUCT_ID = "0199f6a0-0000-7000-8000-000000000001";

/** A license of `PRODUCT_ID`; `locator` is 15 hex digits. */
export function licenseOf(members: Partial<NewLicense>, locator: string, key: string, now = CREATED_AT): License {
  const terms = newTerms({ productId: PRODUCT_ID, ...members }, now);
  if (!terms.ok) throw new Error(`the fixture's terms are refused: ${JSON.stringify(terms.refusal)}`);
  return {
    id: idWithLocator(locator, crypto.getRandomValues(new Uint8Array(8))),
    key,
    revision: 1,
    terms: terms.value,
  };
}

/** The rows that a creation leaves in D1, without its event. */
export async function insertUnborn(db: D1Database, license: License): Promise<void> {
  const { id, key, revision, terms } = license;
  const words = foldedList(licenseWords(key, terms.metadata));
  await db.batch([
    db
      .prepare(
        `INSERT INTO licenses (id, key, product_id, fence, revision, terms, created_at, updated_at, folded)
         VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)`,
      )
      .bind(id, key, terms.productId, revision, storedTerms(terms), terms.createdAt, terms.updatedAt, words),
    prepared(db, writeFacets(LICENSE_FACETS, [id])),
    db.prepare("INSERT INTO license_keys (key, license_id) VALUES (?, ?)").bind(key, id),
  ]);
}
