/** What a receiver gets: Cryptlex's body with id and sequence, or a CloudEvent in structured mode (HOOK-1). Pure. */

import type { Changes, LeaseholdEvent } from "../../domain/license/event.ts";
import type { WebhookFormat } from "../../domain/license/webhook.ts";

export interface Envelope {
  readonly contentType: string;
  /** To be sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Sender {
  readonly format: WebhookFormat;
  /** The deployment's issuer: CloudEvents `source`. */
  readonly source: string;
}

export interface Told {
  /** The resource as `GET` shows it. */
  readonly data: unknown;
  /** Before and after of what changed, in the resource's words, without secrets and keys (EVT-1). */
  readonly changes: Changes;
  /** It comes from the log, without keys and persons (HOOK-4). */
  readonly isRedacted: boolean;
}

export function envelope(
  { format, source }: Sender,
  event: LeaseholdEvent,
  { data, changes, isRedacted }: Told,
): Envelope {
  const { id, type, subjectId, sequence } = event;
  const at = new Date(event.at).toISOString();
  const mark = isRedacted ? { redacted: true } : {};
  switch (format) {
    case "json":
      return {
        contentType: "application/json; charset=utf-8",
        body: { event: type, data, changes, triggeredAt: at, id, sequence, ...mark },
      };
    case "cloudevents":
      return {
        contentType: "application/cloudevents+json; charset=utf-8",
        body: {
          ...{ specversion: "1.0", id, source, type, subject: subjectId, time: at },
          // Its sequence extension wants text that sorts as the numbers do.
          sequence: String(sequence).padStart(16, "0"),
          ...mark,
          datacontenttype: "application/json",
          // Attributes beside it cannot be objects.
          data: { resource: data, changes },
        },
      };
  }
}
