/** `GET /v3/deployment`: what is set up, how it fares, what to do (OBS-2). Health tells strangers the names alone. */

import { readCondition, type Condition } from "../../../operations/upkeep/condition.ts";
import { VERSION, type Deployment } from "../../../operations/deployment.ts";
import { Hono } from "../../hono.ts";
import { momentOf } from "../../moment.ts";
import { holding } from "../resource/authentication.ts";
import type { ManagementEnv } from "../resource/context.ts";
import { instant } from "../resource/instant.ts";

export const deployment = new Hono<ManagementEnv>().get("/", holding("account:read"), async (c) => {
  const condition = await readCondition(c.var.deployment, c.env, momentOf(c));
  return c.json(deploymentResource(c.var.deployment, condition));
});

/** `variables`: which are set, by name. `checks`: what was looked at, and what to do where it is not well. */
export function deploymentResource(
  { id, config, issuer }: Deployment,
  { fare: { gauges, waitingKeys, warnings }, migrations, variables, checks }: Condition,
) {
  return {
    id,
    version: VERSION,
    issuer,
    environment: config.environment,
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
    migrations: [...migrations],
    variables: Object.entries(variables).map(([name, isSet]) => ({ name, isSet })),
    checks: checks.map(({ name, isWell, words, cure }) => ({ name, state: isWell ? "ok" : "failed", words, cure })),
  };
}

function maybe(at: number | null): string | null {
  return at === null ? null : instant(at);
}
