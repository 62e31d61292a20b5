/**
 * The RPC surface of a webhook's object. Every method answers plain data; members are only added
 * (0011-migrations-before-the-worker.md).
 */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import type { StatusReason, WebhookStatus } from "../domain/license/webhook.ts";

/**
 * One delivery that was tried, as the log keeps it: without secrets, keys, e-mails and fingerprints. Instants in epoch
 * ms.
 */
export interface Attempt {
  /** UUIDv7. */
  readonly id: string;
  readonly webhookId: string;
  readonly at: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly sequence: number;
  /** 1 for the first delivery of this event. */
  readonly number: number;
  readonly url: string;
  /** The body that was sent, redacted, at most 2 KB. */
  readonly request: string;
  /** HTTP status; null = no answer came. */
  readonly status: number | null;
  /** True for a 2xx whose body arrived to its end. */
  readonly delivered: boolean;
  /** The answer's first 2 KB as text. */
  readonly response: string;
  /** What went wrong below HTTP, in words; null = nothing. */
  readonly error: string | null;
  readonly durationMs: number;
}

export interface WebhookState {
  readonly status: WebhookStatus;
  readonly reason: StatusReason | null;
  /** Events that wait, those that moved aside or were given up included, and their bytes. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly givenUp: number;
  /** Failures in a row since the last success. */
  readonly failures: number;
  readonly nextAttemptAt: number | null;
  readonly lastSuccessAt: number | null;
  /** HOOK-4: the first event that was not taken; replay reads the log from there. Null = none was missed. */
  readonly missedFrom: number | null;
}

export interface AttemptQuery {
  /** Newest first, or oldest first. */
  readonly descending: boolean;
  /** Beyond this attempt's id; null = from the end that `descending` names. */
  readonly after: string | null;
  /** 1 to 101. */
  readonly most: number;
  /** Null = all. */
  readonly eventId: string | null;
  readonly delivered: boolean | null;
}

export interface Replay {
  /** Also the log's events from this instant on that do not wait here, redacted; null = only the backlog. */
  readonly from: number | null;
  /** One event alone; null = all. */
  readonly eventId: string | null;
  /** Of whoever asks, for the log. */
  readonly requestId?: string | undefined;
}

/**
 * D1, or the deployment's configuration, does not answer: nothing was done. A value, since an exception would be a bug
 * (0003-an-expected-no-is-a-value.md).
 */
export type Unavailable = "unavailable";

/** HOOK-2: its receiver answered 410, and nobody has enabled it since: nothing is sent. */
export type Gone = "gone";

export interface WebhookRpc {
  /**
   * Takes events, whole, in their order; idempotent by event id. Resolves when they are stored. Never fails for the
   * webhook's sake: one that is full, suspended, disabled or gone answers all the same.
   */
  take(webhookId: string, events: readonly LeaseholdEvent[]): Promise<{ readonly taken: number }>;
  /** The row in D1 has changed: reads it anew and goes on delivering. */
  reconfigured(webhookId: string): Promise<null>;
  /** Delivers a `webhook.test` event at once, past the queue, and answers how it went; null = no such webhook. */
  testFire(webhookId: string, event: LeaseholdEvent): Promise<Attempt | Unavailable | Gone | null>;
  /** Starts again after a suspension; everything that waits is due now. Answers how many events were asked for. */
  replay(webhookId: string, replay: Replay): Promise<{ readonly replayed: number } | Unavailable | Gone>;
  state(webhookId: string): Promise<WebhookState>;
  attempts(webhookId: string, query: AttemptQuery): Promise<readonly Attempt[]>;
  attempt(webhookId: string, id: string): Promise<Attempt | null>;
  /** The webhook was deleted: everything goes. */
  remove(): Promise<null>;
}
