/**
 * Which webhooks get events at the moment: read in the very batch that logs them (EVT-3), so that none is told of what
 * is not logged.
 */

/** Which events a webhook wants, as it was told: exact types, `license.*`, `*`. */
export interface LiveWebhook {
  readonly id: string;
  readonly events: readonly string[];
}

/** More than a deployment may have (LIM-2), so that a batch reads a bounded number of rows. */
const MOST = 100;

interface LiveRow {
  readonly id: string;
  readonly events: string;
}

/** For a batch; its result goes to `liveWebhooksOf`. */
export function selectLiveWebhooks(db: D1Database): D1PreparedStatement {
  return db.prepare(`SELECT id, events FROM webhooks WHERE enabled = 1 ORDER BY id LIMIT ${MOST}`);
}

export function liveWebhooksOf(rows: readonly unknown[]): readonly LiveWebhook[] {
  return (rows as readonly LiveRow[]).map(({ id, events }) => ({ id, events: JSON.parse(events) as string[] }));
}
