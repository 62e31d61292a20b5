/** Which licenses a job is about (CON-27). */

import { sql } from "drizzle-orm";
import { licenses } from "../db/schema.ts";
import type { Wanted } from "../find/filter.ts";
import { find, type Found } from "../find/find.ts";
import type { PageRequest } from "../find/page.ts";
import { licenseList } from "../rows/license-fields.ts";

/** All whose rows fulfil it, in order of creation, by one statement unless they have to be put together of many. */
export async function matchedLicenses(
  db: D1Database,
  wanted: Wanted,
  most: number,
  now: number,
): Promise<{ readonly ids: readonly string[]; readonly hasMore: boolean } | { readonly tooBroad: string }> {
  const inOrder = { sort: "createdAt", descending: false } as const;
  const whole = await find(db, MATCHED, { ...inOrder, limit: most, from: { skip: 0 } }, wanted, now);
  if (whole.found) return { ids: whole.page.rows.map(({ id }) => id), hasMore: whole.page.next !== null };
  if (whole.why === "too-broad") return { tooBroad: whole.parameter };
  const ids: string[] = [];
  let from: PageRequest<string>["from"] | null = { skip: 0 };
  while (from !== null && ids.length < most) {
    const found: Found<{ readonly id: string }> = await find(
      db,
      MATCHED,
      { ...inOrder, limit: MATCHED_ROWS, from },
      wanted,
      now,
    );
    if (!found.found) return { tooBroad: found.why === "too-broad" ? found.parameter : "" };
    ids.push(...found.page.rows.map(({ id }) => id));
    from = found.page.next === null ? null : { after: found.page.next };
  }
  return { ids, hasMore: from !== null };
}

const MATCHED = { ...licenseList, beside: {}, columns: sql`${licenses.id}, ${licenses.createdAt}` } as const;
/** Of each of twenty values, no more than a list goes through. */
const MATCHED_ROWS = 500;
