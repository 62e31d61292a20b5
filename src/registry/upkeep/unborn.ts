/**
 * Licenses that nobody has used yet and that have something to tell: they end, or are about to
 * (`expiringSoonEventOffset`). Their objects, which would tell it, are not born.
 */

/** Where the reading goes on: after this license, whose notice was due at `at` (epoch ms). */
export interface UnbornPlace {
  readonly at: number;
  readonly id: string;
}

/** The index `licenses_unborn_notice`, by its own words: SQLite takes it for no others. */
const NOTICE_AT = "expires_at - 1000 * COALESCE(terms ->> '$.expiringSoonEventOffset', 0)";

/** Exported for a test, which has it explained. */
export const DUE_UNBORN = `SELECT id, ${NOTICE_AT} AS at FROM licenses
  WHERE fence = 0 AND expires_at > updated_at AND ${NOTICE_AT} <= ?1 AND ${NOTICE_AT} >= ?2
    AND (${NOTICE_AT} > ?2 OR id > ?3)
  ORDER BY ${NOTICE_AT}, id LIMIT ?4`;

/** At most `limit` of those that are due at `now` (epoch ms), the longest due first; `after` null = from the first. */
export async function dueUnborn(
  db: D1Database,
  now: number,
  after: UnbornPlace | null,
  limit: number,
): Promise<readonly UnbornPlace[]> {
  const { results } = await db
    .prepare(DUE_UNBORN)
    .bind(now, after?.at ?? Number.MIN_SAFE_INTEGER, after?.id ?? "", limit)
    .all<UnbornPlace>();
  return results;
}
