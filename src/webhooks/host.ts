/** What a webhook's keeper needs of its platform; tests give it another one. */

import type { Changes, LeaseholdEvent } from "../domain/license/event.ts";
import type { WebhookFormat, WebhookSecrets } from "../domain/license/webhook.ts";
import type { Platform } from "../durable/platform.ts";
import type { Limits } from "./limits.ts";
import type { TargetOptions } from "./wire/targets.ts";

export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  /** Types and patterns (`license.*`, `*`). */
  readonly events: readonly string[];
  readonly format: WebhookFormat;
  readonly enabled: boolean;
  readonly secrets: WebhookSecrets;
  /** Of any change, that of the URL included (epoch ms). */
  readonly updatedAt: number;
  /** CloudEvents `source`, and who signs: the deployment's issuer. */
  readonly source: string;
}

/** The parts that folders above bring: this folder must import neither `http` nor `tokens`. */
export interface WebhookWiring {
  /**
   * The row with its secrets opened; null = there is no such webhook. Throws when D1 or the configuration does not
   * answer.
   */
  configuration(env: Env, webhookId: string): Promise<WebhookRow | null>;
  /**
   * `data` of a delivery: the resource as `GET` shows it (docs/webhooks.md). Of a redacted event, nothing is added to
   * what it says.
   */
  resource(env: Env, event: LeaseholdEvent, isRedacted: boolean): Promise<unknown>;
  /** `changes` of a delivery: before and after in the resource's words, without secrets and keys (EVT-1). */
  changes(event: LeaseholdEvent): Changes;
  /** HOOK-3: plain http to a loopback host is allowed. */
  isDevelopment(env: Env): boolean;
  /** HOOK-3: ports beside 443. */
  allowedPorts(env: Env): readonly number[];
}

export interface Host extends Platform {
  readonly db: D1Database;
  readonly limits: Limits;
  targets(): TargetOptions;
  configuration(webhookId: string): Promise<WebhookRow | null>;
  resource(event: LeaseholdEvent, isRedacted: boolean): Promise<unknown>;
  changes(event: LeaseholdEvent): Changes;
  /** In [0, 1). */
  chance(): number;
  /** UUIDv7, each greater than the one before. */
  newId(): string;
}
