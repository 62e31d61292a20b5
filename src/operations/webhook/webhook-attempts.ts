/** What webhooks' objects know: how they are, what was tried, and what shall be tried again (HOOK-2, HOOK-4). */

import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { findWebhook, webhookPatterns, type Webhook } from "../../registry/rows/webhooks.ts";
import type { Attempt, AttemptQuery, WebhookState } from "../../webhooks/rpc.ts";
import { currentRequestId } from "../../log/about.ts";
import { askWebhook } from "./ask-webhook.ts";
import { typesOf, type MaySend } from "./may-send.ts";
import { MOST_WEBHOOKS } from "./create-webhook.ts";
import type { Deployment } from "../deployment.ts";
import { eventOf } from "../record.ts";

/** An attempt, and what its webhook wants: its receiver may tell of all that in its answer. */
export interface WebhookAttempt extends Attempt {
  readonly patterns: Webhook["events"];
}
export type WebhookCondition = WebhookState;

/** Null: there is no such webhook. Refuses as `askWebhook`. */
export async function webhookState(deployment: Deployment, id: string): Promise<Outcome<WebhookCondition | null>> {
  if ((await findWebhook(deployment.db, id)) === null) return yes(null);
  return await askWebhook(deployment, id, (object) => object.state(id));
}

/** Delivers a `webhook.test` event now, also to a webhook that is disabled. Null: there is no such webhook. */
export async function testFire(
  deployment: Deployment,
  id: string,
  caller: Caller,
  now: number,
): Promise<Outcome<WebhookAttempt | null>> {
  const found = await findWebhook(deployment.db, id);
  if (found === null) return yes(null);
  const data = { webhookId: id, message: "A test of this webhook." };
  const event = eventOf({ type: "webhook.test", subjectId: id, changes: {}, data }, caller, now);
  const fired = await askWebhook(deployment, id, (object) => object.testFire(id, event));
  return fired.ok ? yes(withPatterns(fired.value, found.webhook)) : fired;
}

/** `from` in epoch ms: also what the log has from then on; null = only what waits. Null: there is no such webhook. */
export async function replayWebhook(
  deployment: Deployment,
  id: string,
  from: number | null,
  maySend: MaySend,
): Promise<Outcome<{ readonly replayed: number } | null>> {
  const found = await findWebhook(deployment.db, id);
  if (found === null) return yes(null);
  const forbidden = maySend(found.webhook.events);
  if (forbidden !== null) return no(forbidden);
  return await askWebhook(deployment, id, (object) =>
    object.replay(id, { from, eventId: null, requestId: currentRequestId() }),
  );
}

export interface AttemptFilter {
  /** Any of these; null = all webhooks. */
  readonly webhookIds: readonly string[] | null;
  readonly eventId: string | null;
  readonly delivered: boolean | null;
}

/** Attempts of all webhooks in the order of their ids, beyond `after`: at most `most`, which is 1 to 101. */
export async function listAttempts(
  deployment: Deployment,
  { webhookIds: named, ...filter }: AttemptFilter,
  place: Pick<AttemptQuery, "descending" | "after" | "most">,
): Promise<Outcome<readonly WebhookAttempt[]>> {
  const all = await webhookPatterns(deployment.db, MOST_WEBHOOKS);
  const wanted = all.filter(({ id }) => named === null || named.includes(id));
  const query = { ...filter, ...place };
  const answers = await Promise.all(
    wanted.map(async (webhook) => {
      const answer = await askWebhook(deployment, webhook.id, (object) => object.attempts(webhook.id, query));
      return answer.ok ? yes(answer.value.map((attempt) => ({ ...attempt, patterns: webhook.events }))) : answer;
    }),
  );
  const refused = answers.find((answer) => !answer.ok);
  if (refused !== undefined && !refused.ok) return no(refused.refusal);
  const found = answers.flatMap((answer) => (answer.ok ? answer.value : []));
  const order = place.descending ? -1 : 1;
  return yes(found.toSorted((one, other) => (one.id < other.id ? -order : order)).slice(0, place.most));
}

/** Null: no webhook of these has such an attempt (any more). `webhookId` null: all are asked. */
export async function findAttempt(
  deployment: Deployment,
  id: string,
  webhookId: string | null,
): Promise<Outcome<WebhookAttempt | null>> {
  const all = await webhookPatterns(deployment.db, MOST_WEBHOOKS);
  const asked = all.filter((one) => webhookId === null || one.id === webhookId);
  const answers = await Promise.all(
    asked.map(async (webhook) => {
      const answer = await askWebhook(deployment, webhook.id, (object) => object.attempt(webhook.id, id));
      return answer.ok ? yes(withPatterns(answer.value, webhook)) : answer;
    }),
  );
  const found = answers.find((answer) => answer.ok && answer.value !== null);
  return found ?? answers.find((answer) => !answer.ok) ?? yes(null);
}

/**
 * That attempt's event again, in the log's redacted form where it waits no longer; nothing where the webhook no longer
 * wants it. Null: no such attempt.
 */
export async function replayAttempt(
  deployment: Deployment,
  id: string,
  webhookId: string | null,
  maySend: MaySend,
): Promise<Outcome<{ readonly replayed: number } | null>> {
  const found = await findAttempt(deployment, id, webhookId);
  if (!found.ok || found.value === null) return found.ok ? yes(null) : found;
  const attempt = found.value;
  const forbidden = maySend([...attempt.patterns, attempt.eventType]);
  if (forbidden !== null) return no(forbidden);
  if (typesOf(attempt.patterns).every((type) => type !== attempt.eventType)) return yes({ replayed: 0 });
  return await askWebhook(deployment, attempt.webhookId, (object) =>
    object.replay(attempt.webhookId, { from: 0, eventId: attempt.eventId, requestId: currentRequestId() }),
  );
}

function withPatterns(attempt: Attempt | null, { events }: Pick<Webhook, "events">): WebhookAttempt | null {
  return attempt === null ? null : { ...attempt, patterns: events };
}
