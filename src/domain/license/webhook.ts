/**
 * Words about webhooks that several folders share: configuration, secrets, health (HOOK-1 to HOOK-4). Instants in epoch
 * ms.
 */

/** `json`: Cryptlex's body with id and sequence; `cloudevents`: CloudEvents 1.0, structured mode (HOOK-1). */
export type WebhookFormat = "json" | "cloudevents";

export type WebhookStatus = "healthy" | "unhealthy" | "suspended";

/** `failing`: every retry was in vain; `backlog-full`: HOOK-4; `gone`: the receiver answered 410. */
export type StatusReason = "failing" | "backlog-full" | "gone";

export interface WebhookHealth {
  readonly status: WebhookStatus;
  /** Null unless it is unhealthy or suspended. */
  readonly reason: StatusReason | null;
}

/** What signs deliveries. A replaced token signs beside the new one until `endsAt`. */
export interface WebhookSecrets {
  readonly token: string;
  readonly previous: { readonly token: string; readonly endsAt: number } | null;
}
