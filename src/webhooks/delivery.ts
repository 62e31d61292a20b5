/** One delivery of one event: where to, what, signed by whom, and the attempt that the log keeps (HOOK-1, HOOK-4). */

import type { LeaseholdEvent } from "../domain/license/event.ts";
import { hiddenTexts, redacted } from "../registry/events/event-log.ts";
import { envelope } from "./wire/envelope.ts";
import { exchange, type Answer } from "./wire/exchange.ts";
import type { Host, WebhookRow } from "./host.ts";
import type { Attempt } from "./rpc.ts";
import { signatureHeaders } from "./wire/sign.ts";
import { targetFault } from "./wire/targets.ts";

export interface Parcel {
  readonly event: LeaseholdEvent;
  readonly isRedacted: boolean;
  /** 1 for the first delivery of this event. */
  readonly number: number;
}

export interface Delivered {
  readonly attempt: Attempt;
  readonly answer: Answer;
}

/** Of the log's request (bytes). */
const MOST_LOGGED = 2048;
const REFUSED: Answer = { status: null, delivered: false, response: "", error: null, heldUntil: null };

/** Throws where the resource could not be read: then nothing was sent, and nothing is known about the receiver. */
export async function deliver(host: Host, row: WebhookRow, { event, isRedacted, number }: Parcel): Promise<Delivered> {
  // Also what comes from the log has the resource's shape: receivers need to read but one.
  const data = event.type === "webhook.test" ? event.data : await host.resource(event, isRedacted);
  const { contentType, body } = envelope(row, event, { data, changes: host.changes(event), isRedacted });
  const text = JSON.stringify(body);
  const at = host.clock();
  const answer = await send(host, row, { id: event.id, contentType, text, at });
  const attempt: Attempt = {
    id: host.newId(),
    webhookId: row.id,
    at,
    eventId: event.id,
    eventType: event.type,
    sequence: event.sequence,
    number,
    url: withoutQuery(row.url),
    request: cut(JSON.stringify(redacted(body))),
    status: answer.status,
    delivered: answer.delivered,
    response: withoutSecrets(answer.response, event),
    error: answer.error,
    durationMs: Math.max(0, host.clock() - at),
  };
  return { attempt, answer };
}

interface Page {
  readonly id: string;
  readonly contentType: string;
  readonly text: string;
  readonly at: number;
}

async function send(host: Host, row: WebhookRow, { id, contentType, text, at }: Page): Promise<Answer> {
  // HOOK-3: what is allowed may have changed since the URL was set.
  const fault = targetFault(row.url, host.targets());
  if (fault !== null) return { ...REFUSED, error: `not sent: the URL ${fault}` };
  const signatures = await signatureHeaders(row.secrets, { id, now: at, body: text });
  return await exchange(
    {
      url: row.url,
      headers: { "content-type": contentType, "user-agent": "Leasehold", ...signatures },
      body: text,
      timeoutMs: host.limits.exchangeMs,
    },
    () => host.clock(),
  );
}

/** A query often carries a secret. */
function withoutQuery(url: string): string {
  return url.replace(/\?.*$/s, "");
}

/** A receiver may repeat what it was sent: what the log does not tell is taken out of its words, too. */
function withoutSecrets(response: string, { data, changes }: LeaseholdEvent): string {
  return hiddenTexts({ data, changes }).reduce((text, secret) => text.replaceAll(secret, "…"), response);
}

/** At most 2 KB, between two characters. */
function cut(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MOST_LOGGED) return text;
  return new TextDecoder().decode(bytes.slice(0, MOST_LOGGED)).replace(/\uFFFD+$/, "");
}
