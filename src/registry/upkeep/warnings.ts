/** What an operator should look at before it hurts, by D1's word (EVT-3, EVT-4): for health. */

export interface Warnings {
  /** Events that could not be handed over five times: of the catalogue, and of licenses as their objects told. */
  readonly stuckEvents: number;
  /** EVT-4: D1 is above 8 GB of its 10. */
  readonly isLarge: boolean;
}

/** Rows looked at, so that the answer takes no longer the worse it is. */
const MOST = 1_000;
const TRIES = 5;
const LARGE_BYTES = 8_000_000_000;

export async function readWarnings(db: D1Database): Promise<Warnings> {
  const { results, meta } = await db
    .prepare(
      `SELECT (SELECT COALESCE(sum(tries >= ?1), 0) FROM (SELECT tries FROM outbox ORDER BY id LIMIT ?2))
            + (SELECT COALESCE(sum(stuck_events), 0)
               FROM (SELECT stuck_events FROM licenses WHERE stuck_events > 0 LIMIT ?2)) AS stuck`,
    )
    .bind(TRIES, MOST)
    .all<{ stuck: number }>();
  return { stuckEvents: results[0]?.stuck ?? 0, isLarge: meta.size_after > LARGE_BYTES };
}
