/** The Worker: wiring only. */

import { v7 as uuidv7 } from "uuid";
import { createApp } from "./app.ts";
import { changesResource } from "./http/management/event/event-changes.ts";
import { eventResource, resourceOf } from "./http/management/event/event-resource.ts";
import { along, trailOf } from "./log/about.ts";
import { openDeployment } from "./operations/deployment.ts";
import { runCron } from "./operations/upkeep/cron.ts";
import { webhookWiring } from "./operations/webhook/webhook-wiring.ts";
import { webhookObject } from "./webhooks/webhook-object.ts";

export { LicenseObject } from "./license/license-object.ts";

/** Secrets and wire forms come from folders that `webhooks` does not know. */
export class WebhookObject extends webhookObject({
  ...webhookWiring,
  resource: async (env, event, isRedacted) => (isRedacted ? resourceOf(event) : await eventResource(env.DB, event)),
  changes: ({ changes }) => changesResource(changes),
}) {}

const app = createApp();

export default {
  fetch: app.fetch,
  async scheduled(_controller, env, context) {
    await along(trailOf(uuidv7()), async () => {
      const opened = await openDeployment(env, { now: Date.now(), waitUntil: (work) => context.waitUntil(work) });
      if (opened.ok) await runCron(opened.deployment, Date.now());
    });
  },
} satisfies ExportedHandler<Env>;
