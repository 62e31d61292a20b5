/** What an operator should look at before it hurts (OBS-2), by name. None of it makes the deployment unwell. */

import { readGauges, type Gauges } from "../../registry/upkeep/gauges.ts";
import { wrappedUnderOthers } from "../../registry/upkeep/wrapped.ts";
import type { Deployment } from "../deployment.ts";

export type Warning =
  | "cron-late"
  | "webhooks-failing"
  | "outbox-old"
  | "events-stuck"
  | "database-large"
  | "keys-to-wrap";

/** What is under a wrapping key that is not in force (CFG-3). */
export interface WaitingKeys {
  readonly count: number;
  /** Some are under a wrapping key that neither root secret gives. */
  readonly areLost: boolean;
}

export interface Fare {
  readonly gauges: Gauges;
  readonly waitingKeys: WaitingKeys;
  readonly warnings: readonly Warning[];
}

type Stores = Pick<Deployment, "db" | "wrapping">;

const MINUTE = 60_000;
/** The cron comes each minute. */
const CRON_LATE = 5 * MINUTE;
const OUTBOX_OLD = 10 * MINUTE;
/** EVT-4: of the 10 GB that D1 may have. */
const LARGE_BYTES = 8_000_000_000;

/** How the deployment fares at `now` (epoch ms). Rejects when D1 fails. */
export async function readFare(stores: Stores, now: number): Promise<Fare> {
  const gauges = await readGauges(stores.db);
  const waitingKeys = await readWaitingKeys(stores);
  return { gauges, waitingKeys, warnings: warningsOf(gauges, waitingKeys.count, now) };
}

export async function readWaitingKeys({ db, wrapping }: Stores): Promise<WaitingKeys> {
  const others = await wrappedUnderOthers(db, wrapping.keyId);
  return {
    count: [...others.values()].reduce((sum, count) => sum + count, 0),
    areLost: [...others.keys()].some((name) => name !== wrapping.previousKeyId),
  };
}

export function warningsOf(gauges: Gauges, keysToWrap: number, now: number): readonly Warning[] {
  const holds: Readonly<Record<Warning, boolean>> = {
    // A deployment of a minute ago has not been waited for yet.
    "cron-late": now - (gauges.cronAt ?? gauges.createdAt) > CRON_LATE,
    "webhooks-failing": gauges.unhealthyWebhooks + gauges.suspendedWebhooks > 0,
    "outbox-old": gauges.waitingSince !== null && now - gauges.waitingSince > OUTBOX_OLD,
    "events-stuck": gauges.stuckEvents > 0,
    "database-large": gauges.databaseBytes > LARGE_BYTES,
    "keys-to-wrap": keysToWrap > 0,
  };
  return (Object.keys(holds) as Warning[]).filter((name) => holds[name]);
}
