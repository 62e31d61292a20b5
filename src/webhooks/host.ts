/** What a webhook's keeper needs of its platform; tests give it another one. */

import type { LeaseholdEvent } from "../domain/event.ts";
import type { WebhookFormat, WebhookSecrets } from "../domain/webhook.ts";
import type { Limits } from "./limits.ts";
import type { Sql } from "./sql.ts";
import type { TargetOptions } from "./targets.ts";

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
  /** HOOK-3: plain http to a loopback host is allowed. */
  isDevelopment(env: Env): boolean;
  /** HOOK-3: ports beside 443. */
  allowedPorts(env: Env): readonly number[];
}

export interface Host {
  readonly sql: Sql;
  readonly db: D1Database;
  readonly limits: Limits;
  targets(): TargetOptions;
  configuration(webhookId: string): Promise<WebhookRow | null>;
  resource(event: LeaseholdEvent, isRedacted: boolean): Promise<unknown>;
  /** Runs `work` in one synchronous transaction; a throw rolls back, an alarm set inside included. */
  transact<T>(work: () => T): T;
  /** Replaces the one alarm (epoch ms). */
  setAlarm(at: number): void;
  /** Removes everything that is stored, the alarm too. */
  wipe(): void;
  /** Epoch ms. */
  clock(): number;
  /** In [0, 1). */
  chance(): number;
  /** UUIDv7, each greater than the one before. */
  newId(): string;
  /** `over` resolves after so many milliseconds, unless it is cancelled: a timer left alone keeps the object awake. */
  timer(ms: number): { readonly over: Promise<void>; cancel(): void };
  /** Tells the operator; `error` is about machinery, never about what is delivered. */
  report(what: string, error: unknown): void;
}
