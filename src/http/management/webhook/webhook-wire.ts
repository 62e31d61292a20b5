/** The webhook resource of /v3 and its bodies (HOOK-1). The token is no member of the resource. */

import * as z from "zod/mini";
import { EVENT_TYPES } from "../../../domain/license/event.ts";
import type { WebhookPatch } from "../../../operations/webhook/change-webhook.ts";
import type { NewWebhook } from "../../../operations/webhook/create-webhook.ts";
import type { Webhook } from "../../../registry/rows/webhooks.ts";
import { isWebhookToken } from "../../../tokens/webhook-token.ts";
import { EVENT_PATTERNS, NAME_CHARACTERS, WEBHOOK_TOKEN_CHARACTERS, WEBHOOK_URL_CHARACTERS } from "../../limits.ts";
import { text } from "../../validate.ts";
import { instant, instantText } from "../resource/instant.ts";
import { sent, uuid } from "../resource/members.ts";

const url = text(1, WEBHOOK_URL_CHARACTERS);

/** `""` is absent, as Cryptlex's forms send it. */
const token = text(0, WEBHOOK_TOKEN_CHARACTERS).check(
  z.refine(
    (value) => value === "" || isWebhookToken(value),
    "must be whsec_ followed by base64 of 24 to 64 bytes, or 16 or more printable characters without whsec_",
  ),
);

const MUST_BE_PATTERN = "must be an event type that GET /v3/webhooks/events lists, a pattern such as license.*, or *";

const pattern = z.string({ error: MUST_BE_PATTERN }).check(z.refine(isPattern, MUST_BE_PATTERN));

/** A type, `*`, or the beginning of a type up to a dot and `*`. */
function isPattern(value: string): boolean {
  if (value === "*") return true;
  if (!value.endsWith(".*")) return EVENT_TYPES.some((type) => type === value);
  return EVENT_TYPES.some((type) => type.startsWith(value.slice(0, -1)));
}

const events = z.pipe(
  z.array(pattern).check(z.minLength(1), z.maxLength(EVENT_PATTERNS)),
  z.transform((list: string[]) => [...new Set(list)]),
);

const COMMON = {
  token: z.nullish(token),
  enabled: z.nullish(z.boolean()),
  /** The old name of `enabled`, which wins. */
  active: z.nullish(z.boolean()),
  format: z.nullish(z.enum(["json", "cloudevents"])),
} as const;

export const webhookCreation = z.object({ ...COMMON, name: text(1, NAME_CHARACTERS), url, events });

/** IN-2: the members after `events` may be named with the value that they have; the status moves by itself. */
export const webhookPatch = z.object({
  ...COMMON,
  name: z.nullish(text(1, NAME_CHARACTERS)),
  url: z.nullish(url),
  events: z.nullish(events),
  id: z.nullish(uuid),
  createdAt: z.nullish(instantText),
});

export const tokenRotation = z.object({ token: z.nullish(token) });

export const webhookReplay = z.object({ from: z.nullish(instantText) });

export function newWebhook(body: z.output<typeof webhookCreation>): NewWebhook {
  return {
    name: body.name,
    url: body.url,
    events: body.events,
    format: body.format ?? "json",
    enabled: body.enabled ?? body.active ?? true,
    token: givenToken(body.token),
  };
}

export function webhookChange(body: z.output<typeof webhookPatch>): WebhookPatch {
  const { name, url: target, events: wanted, format, id, createdAt } = body;
  return {
    ...sent({ name, url: target, events: wanted, format }),
    ...sent({ enabled: body.enabled ?? body.active, token: givenToken(body.token) }),
    fixed: sent({ id, createdAt }),
  };
}

/** Null: none was sent. */
export function givenToken(value: string | null | undefined): string | null {
  return value === undefined || value === "" ? null : value;
}

export function webhookResource(webhook: Webhook) {
  const { id, name, url: target, enabled, events: wanted, format, status, statusReason } = webhook;
  return {
    id,
    createdAt: instant(webhook.createdAt),
    updatedAt: instant(webhook.updatedAt),
    name,
    url: target,
    enabled,
    active: enabled,
    events: wanted,
    format,
    status,
    statusReason,
  };
}

/** What a webhook can ask for, and of which resource each event tells. */
export function eventTypeResources() {
  return EVENT_TYPES.map((name) => ({ name, resource: name.slice(0, name.indexOf(".")) }));
}
