/** The management API, mounted at /v3: one file per resource; here is what all of them share. */

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

export const managementApp = new Hono<ManagementEnv>()
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
