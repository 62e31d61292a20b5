/**
 * What a webhook's object needs of its deployment: configuration from D1 with the secrets opened, and URL rules
 * (HOOK-3).
 */

import { readConfig, type Bindings, type Config } from "../../config/config.ts";
import { findWebhook } from "../../registry/rows/webhooks.ts";
import type { WebhookRow, WebhookWiring } from "../../webhooks/host.ts";
import { openDeployment } from "../deployment.ts";
import { openSecrets } from "./webhook-secrets.ts";

/** All but what is told of an event, which is the wire's. */
export const webhookWiring: Omit<WebhookWiring, "resource" | "changes"> = {
  configuration,
  isDevelopment: (env) => configOf(env)?.environment === "development",
  allowedPorts: (env) => configOf(env)?.webhookPorts ?? [],
};

/** Null: it is faulty, and what needs it fails elsewhere with instructions. */
function configOf(bindings: Bindings): Config | null {
  const read = readConfig(bindings);
  return read.ok ? read.config : null;
}

async function configuration(env: Env, webhookId: string): Promise<WebhookRow | null> {
  const opened = await openDeployment(env, { now: Date.now(), waitUntil: (work) => void work });
  if (!opened.ok) throw new Error(`the deployment does not open: ${opened.reason}`);
  const { db, wrapping, issuer } = opened.deployment;
  const found = await findWebhook(db, webhookId);
  if (found === null) return null;
  const secrets = await openSecrets(wrapping, webhookId, found);
  if (secrets === null) throw new Error("the webhook's token does not open under this ROOT_SECRET");
  const { id, url, events, format, enabled, updatedAt } = found.webhook;
  return { id, url, events, format, enabled, updatedAt, secrets, source: issuer };
}
