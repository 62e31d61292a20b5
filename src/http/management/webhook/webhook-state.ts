/** What a webhook's object knows, on the wire: its health and its attempts (HOOK-2, HOOK-4). */

import type { MaySend } from "../../../operations/webhook/may-send.ts";
import type { WebhookAttempt, WebhookCondition } from "../../../operations/webhook/webhook-attempts.ts";
import { instant, instantOrNull } from "../resource/instant.ts";

/** HOOK-5: a receiver may repeat what it was sent, so its words are for those who may be sent all that. */
export function attemptResource(attempt: WebhookAttempt, maySend: MaySend) {
  const isShown = maySend([...attempt.patterns, attempt.eventType]) === null;
  return {
    id: attempt.id,
    createdAt: instant(attempt.at),
    webhookId: attempt.webhookId,
    event: attempt.eventType,
    eventId: attempt.eventId,
    sequence: attempt.sequence,
    attempt: attempt.number,
    success: attempt.delivered,
    statusCode: attempt.status,
    /** Milliseconds. */
    duration: attempt.durationMs,
    error: attempt.error,
    request: { url: attempt.url, body: attempt.request },
    response: { body: isShown ? attempt.response : null, length: attempt.response.length },
  };
}

export function conditionResource(state: WebhookCondition) {
  const { status, reason, waiting, waitingBytes, givenUp, failures } = state;
  return {
    status,
    statusReason: reason,
    waiting,
    waitingBytes,
    givenUp,
    failures,
    nextAttemptAt: instantOrNull(state.nextAttemptAt),
    lastSuccessAt: instantOrNull(state.lastSuccessAt),
    missedFrom: instantOrNull(state.missedFrom),
  };
}
