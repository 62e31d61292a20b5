/** The Worker: wiring only. */

import { createApp } from "./app.ts";
import { openDeployment } from "./operations/deployment.ts";
import { runCron } from "./operations/cron.ts";

export { LicenseObject } from "./license/license-object.ts";
export { WebhookObject } from "./webhooks/webhook-object.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  async scheduled(_controller, env, context) {
    const opened = await openDeployment(env, { now: Date.now(), waitUntil: (work) => context.waitUntil(work) });
    if (opened.ok) await runCron(opened.deployment, Date.now());
  },
} satisfies ExportedHandler<Env>;
