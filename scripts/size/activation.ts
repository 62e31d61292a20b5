/**
 * A Worker with the activation API and the license's object, and nothing else: what `npm run size` holds to a limit of
 * its own (0014-the-size-of-the-bundle.md). Nothing deploys it.
 */

import { ACTIVATION_PATH, activationApp } from "../../src/http/activation/routes.ts";
import type { AppEnv } from "../../src/http/context.ts";
import { Hono } from "../../src/http/hono.ts";
import { momentOf } from "../../src/http/moment.ts";
import { openDeployment } from "../../src/operations/deployment.ts";

export { LicenseObject } from "../../src/license/license-object.ts";

const app = new Hono<AppEnv>();
app.use(async (c, next) => {
  const opened = await openDeployment(c.env, momentOf(c));
  if (!opened.ok) return c.text(opened.detail, 503);
  c.set("deployment", opened.deployment);
  return await next();
});
app.route(ACTIVATION_PATH, activationApp());

export default { fetch: app.fetch };
