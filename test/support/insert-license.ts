/** A license's rows in D1, without the operation that makes them. */

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { License } from "../../src/domain/terms/license.ts";
import { insertLicenses, type CreationResult } from "../../src/registry/rows/licenses.ts";

export async function insertLicense(
  db: D1Database,
  license: License,
  { expiresAt }: { readonly expiresAt: number | null },
  event: LeaseholdEvent,
): Promise<CreationResult> {
  const [result] = await insertLicenses(db, [{ license, expiresAt, event }]);
  if (result === undefined) throw new Error("a result for each license");
  return result;
}
