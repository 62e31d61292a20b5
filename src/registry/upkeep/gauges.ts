/**
 * How the deployment fares, by D1's word (OBS-2): for health and for whoever runs it. One statement, which reads a
 * bounded number of rows however bad it is.
 */

/** Counts of events end at `MOST_COUNTED`. Instants in epoch ms. */
export interface Gauges {
  readonly createdAt: number;
  /** When the cron last came to its end; null = it never has. */
  readonly cronAt: number | null;
  /** Events of the catalogue that wait in D1's outbox, and since when the oldest does that is not stuck. */
  readonly waitingEvents: number;
  readonly waitingSince: number | null;
  /** Events that could not be handed over five times: of the catalogue, and of licenses as their objects told. */
  readonly stuckEvents: number;
  /** Of those that are enabled: whose receiver fails, and that send nothing any more. */
  readonly unhealthyWebhooks: number;
  readonly suspendedWebhooks: number;
  /** HOOK-2: disabled by a 410, and not enabled since. */
  readonly goneWebhooks: number;
  readonly databaseBytes: number;
}

/** Rows looked at, so that the answer takes no longer the worse it is. */
export const MOST_COUNTED = 1_000;
const TRIES = 5;
const CRON = "cron";

type Row = Readonly<Record<Exclude<keyof Gauges, "databaseBytes" | "waitingSince">, number>> & {
  readonly oldest: string | null;
};

export async function readGauges(db: D1Database): Promise<Gauges> {
  const { results, meta } = await db.prepare(READ).bind(TRIES, MOST_COUNTED, CRON).all<Row>();
  const [row] = results;
  if (row === undefined) throw new Error("a SELECT without FROM has a row");
  const { oldest, ...counts } = row;
  return { ...counts, waitingSince: instantOf(oldest), databaseBytes: meta.size_after };
}

/** `at`: when this run of the cron began (epoch ms). Runs that overlap leave the later one. */
export async function noteCron(db: D1Database, at: number): Promise<void> {
  await db
    .prepare("INSERT INTO gauges (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = max(value, ?2)")
    .bind(CRON, at)
    .run();
}

const OUTBOX = "(SELECT id, tries FROM outbox ORDER BY id LIMIT ?2)";
const webhooks = (condition: string) => `(SELECT count(*) FROM webhooks WHERE ${condition})`;
const READ = `SELECT
  (SELECT created_at FROM deployment) AS createdAt,
  (SELECT value FROM gauges WHERE name = ?3) AS cronAt,
  (SELECT count(*) FROM ${OUTBOX}) AS waitingEvents,
  (SELECT min(id) FROM ${OUTBOX} WHERE tries < ?1) AS oldest,
  (SELECT COALESCE(sum(tries >= ?1), 0) FROM ${OUTBOX})
    + (SELECT COALESCE(sum(stuck_events), 0)
       FROM (SELECT stuck_events FROM licenses WHERE stuck_events > 0 LIMIT ?2)) AS stuckEvents,
  ${webhooks("enabled = 1 AND status = 'unhealthy'")} AS unhealthyWebhooks,
  ${webhooks("enabled = 1 AND status = 'suspended'")} AS suspendedWebhooks,
  ${webhooks("enabled = 0 AND status_reason = 'gone'")} AS goneWebhooks`;

/** The time in a UUIDv7 (epoch ms). */
function instantOf(id: string | null): number | null {
  const at = Number.parseInt((id ?? "").replaceAll("-", "").slice(0, 12), 16);
  return Number.isNaN(at) ? null : at;
}
