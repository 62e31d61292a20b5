/** `GET /v3/deployment`: how the deployment fares, in numbers (OBS-2). Health tells strangers the names alone. */

import { readFare, type Fare } from "../../../operations/upkeep/warnings.ts";
import type { Deployment } from "../../../operations/deployment.ts";
import { Hono } from "../../hono.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { instant } from "../resource/instant.ts";

export const deployment = new Hono<ManagementEnv>().get("/", holding("account:read"), async (c) => {
  const fare = await readFare(c.var.deployment, c.var.now);
  return c.json(deploymentResource(c.var.deployment, fare));
});

export function deploymentResource({ id, config }: Deployment, { gauges, waitingKeys, warnings }: Fare) {
  return {
    id,
    jurisdiction: config.jurisdiction,
    createdAt: instant(gauges.createdAt),
    warnings,
    cron: { lastRunAt: maybe(gauges.cronAt) },
    outbox: { waiting: gauges.waitingEvents, waitingSince: maybe(gauges.waitingSince) },
    stuckEvents: gauges.stuckEvents,
    webhooks: {
      unhealthy: gauges.unhealthyWebhooks,
      suspended: gauges.suspendedWebhooks,
      gone: gauges.goneWebhooks,
    },
    databaseBytes: gauges.databaseBytes,
    keysToWrap: waitingKeys.count,
  };
}

function maybe(at: number | null): string | null {
  return at === null ? null : instant(at);
}
