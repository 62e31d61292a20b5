/** The management API, mounted at /v3: one file per resource; here is what all of them share. */

import type { MiddlewareHandler } from "hono";
import { handOver } from "../../operations/hand-over.ts";
import { isOutage } from "../../registry/outage.ts";
import { causeOf } from "../../tokens/cause.ts";
import { Problem } from "../problem.ts";
import type { ManagementEnv } from "./context.ts";
import { activations } from "./activations.ts";
import { eventLogs } from "./event-logs.ts";
import { activationExport, licenseExport, userExport } from "./exports.ts";
import { licenseTemplates } from "./license-templates.ts";
import { licenses } from "./licenses.ts";
import { me } from "./me.ts";
import { personalAccessTokens } from "./personal-access-tokens.ts";
import { products } from "./products.ts";
import { recovery } from "./recovery.ts";
import { tags } from "./tags.ts";
import { users } from "./users.ts";
import { webhookEventLogs } from "./webhook-event-logs.ts";
import { webhooks } from "./webhooks.ts";
import { Hono } from "../hono.ts";

/** EVT-3: what a change left in the outbox goes to the log right after the answer. The cron takes what is left. */
const handOverAfterwards: MiddlewareHandler<ManagementEnv> = async (c, next) => {
  await next();
  if (c.req.method !== "GET" && c.res.ok) c.executionCtx.waitUntil(handOver(c.var.deployment, c.var.now));
};

export const managementApp = new Hono<ManagementEnv>()
  .use(handOverAfterwards)
  .route("/licenses/export", licenseExport)
  .route("/licenses", licenses)
  .route("/activations/export", activationExport)
  .route("/activations", activations)
  .route("/products", products)
  .route("/users/export", userExport)
  .route("/users", users)
  .route("/me", me)
  .route("/tags", tags)
  .route("/license-templates", licenseTemplates("/v3/license-templates"))
  .route("/license-policies", licenseTemplates("/v3/license-policies"))
  .route("/personal-access-tokens", personalAccessTokens)
  .route("/event-logs", eventLogs)
  .route("/webhooks", webhooks)
  .route("/webhook-event-logs", webhookEventLogs)
  .route("/recovery", recovery);

/** D1 that does not answer is no bug: 503, and the same call may succeed later. The rest is the application's. */
managementApp.onError((error) => {
  if (!isOutage(error)) throw error;
  console.warn("D1 does not answer", causeOf(error));
  throw new Problem("storage-unavailable", "The storage does not answer at the moment. Try again.");
});
