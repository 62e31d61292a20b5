/** What is told when a webhook is suspended (OBS-2). */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import type { WebhookHealth } from "../domain/license/webhook.ts";

export interface Suspension {
  readonly webhookId: string;
  /** UUIDv7: the event's for ever. */
  readonly id: string;
  readonly at: number;
  readonly was: WebhookHealth;
  readonly is: WebhookHealth;
}

/** False: it is not suspended now, or was for the same reason before. */
export function isSuspending(was: WebhookHealth, is: WebhookHealth): boolean {
  return is.status === "suspended" && (was.status !== "suspended" || was.reason !== is.reason);
}

/** The rest of the webhook's row is added where D1 has it. */
export function suspensionOf({ webhookId, id, at, was, is }: Suspension): LeaseholdEvent {
  return {
    id,
    type: "webhook.suspended",
    at,
    subjectId: webhookId,
    sequence: 0,
    actor: { type: "system", id: "alarm" },
    requestId: "webhook",
    changes: {
      status: { before: was.status, after: is.status },
      statusReason: { before: was.reason, after: is.reason },
    },
    data: { id: webhookId, status: is.status, statusReason: is.reason },
  };
}
