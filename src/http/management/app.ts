/** The management API, mounted at /v3: one file per resource; here is what all of them share. */

import type { ManagementEnv } from "./resource/context.ts";
import { accounts } from "./deployment/accounts.ts";
import { activations } from "./activation/activations.ts";
import { analytics } from "./deployment/analytics.ts";
import { clientCalls } from "./activation/client-calls.ts";
import { deployment } from "./deployment/deployment.ts";
import { entitlementSets } from "./catalogue/entitlement-sets.ts";
import { eventLogs } from "./event/event-logs.ts";
import { activationExport, licenseExport, trialExport, userExport } from "./deployment/exports.ts";
import { features } from "./catalogue/features.ts";
import { licenseJobs } from "./license/license-jobs.ts";
import { licenseTemplates } from "./license/license-templates.ts";
import { licenses } from "./license/licenses.ts";
import { maintenancePolicies } from "./catalogue/maintenance-policies.ts";
import { me } from "./deployment/me.ts";
import { personalAccessTokens } from "./catalogue/personal-access-tokens.ts";
import { products } from "./catalogue/products.ts";
import { recovery } from "./deployment/recovery.ts";
import { searching } from "./deployment/search.ts";
import { signingKeys } from "./catalogue/signing-keys.ts";
import { tags } from "./catalogue/tags.ts";
import { trialActivations } from "./trial/trial-activations.ts";
import { trialPolicies } from "./trial/trial-policies.ts";
import { users } from "./catalogue/users.ts";
import { webhookEventLogs } from "./webhook/webhook-event-logs.ts";
import { webhooks } from "./webhook/webhooks.ts";
import { Hono } from "../hono.ts";

export const managementApp = new Hono<ManagementEnv>()
  .route("/licenses/export", licenseExport)
  .route("/licenses", licenses)
  .route("/license-jobs", licenseJobs)
  .route("/activations/export", activationExport)
  .route("/activations", activations)
  .route("/activations", clientCalls)
  .route("/products", products)
  .route("/products", signingKeys)
  .route("/users/export", userExport)
  .route("/users", users)
  .route("/me", me)
  .route("/accounts", accounts)
  .route("/deployment", deployment)
  .route("/analytics", analytics)
  .route("/search", searching)
  .route("/tags", tags)
  .route("/license-templates", licenseTemplates("/v3/license-templates"))
  .route("/license-policies", licenseTemplates("/v3/license-policies"))
  .route("/trial-policies", trialPolicies)
  .route("/trial-activations/export", trialExport)
  .route("/trial-activations", trialActivations)
  .route("/maintenance-policies", maintenancePolicies)
  .route("/features", features)
  .route("/entitlement-sets", entitlementSets)
  .route("/personal-access-tokens", personalAccessTokens)
  .route("/event-logs", eventLogs)
  .route("/webhooks", webhooks)
  .route("/webhook-event-logs", webhookEventLogs)
  .route("/recovery", recovery);
