/** The Worker: wiring only. */

import { createApp } from "./app.ts";
import { openDeployment } from "./operations/deployment.ts";
import { carryEmails } from "./operations/carry-emails.ts";
import { handOver } from "./operations/hand-over.ts";
import { forgetDeleted } from "./registry/deleted-licenses.ts";

export { LicenseObject } from "./license/license-object.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  async scheduled(_controller, env, context) {
    const opened = await openDeployment(env, { now: Date.now(), waitUntil: (work) => context.waitUntil(work) });
    if (!opened.ok) return;
    await handOver(opened.deployment);
    await carryEmails(opened.deployment, Date.now());
    await forgetDeleted(opened.deployment.db, Date.now());
  },
} satisfies ExportedHandler<Env>;
