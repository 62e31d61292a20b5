/** What a webhook's keeper needs of its platform; tests give it another one. */

import type { LeaseholdEvent } from "../domain/event.ts";
import type { WebhookFormat, WebhookSecrets } from "../domain/webhook.ts";

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly format: WebhookFormat;
  readonly enabled: boolean;
  readonly secrets: WebhookSecrets;
  /** CloudEvents `source`, and who signs: the deployment's issuer. */
  readonly source: string;
}

/** The parts that folders above bring: this folder must import neither `http` nor `tokens`. */
export interface WebhookWiring {
  /** The row with its secrets opened; null = there is no such webhook. Throws when D1 or the configuration does not answer. */
  configuration(env: Env, webhookId: string): Promise<WebhookRow | null>;
  /** `data` of a delivery: the resource as `GET` shows it (facts 4.7). */
  resource(env: Env, event: LeaseholdEvent): Promise<unknown>;
  /** HOOK-3: plain http to a loopback host is allowed. */
  isDevelopment(env: Env): boolean;
  /** HOOK-3: ports beside 443. */
  allowedPorts(env: Env): readonly number[];
}
