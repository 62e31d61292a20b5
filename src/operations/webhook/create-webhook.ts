/** Creates a webhook (HOOK-1). Its object comes into being with the first event. */

import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../domain/license/calls.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import { insertWebhook, type ConfiguredWebhook, type Webhook } from "../../registry/rows/webhooks.ts";
import { newWebhookToken } from "../../tokens/webhook-token.ts";
import type { Deployment } from "../deployment.ts";
import { eventOf } from "../record.ts";
import type { MaySend } from "./may-send.ts";
import { sealSecrets } from "./webhook-secrets.ts";
import { urlRefusal } from "./webhook-url.ts";

/** Of one deployment: a hand-over asks each that wants the event, and lists of attempts ask all. */
export const MOST_WEBHOOKS = 50;

export interface NewWebhook extends Pick<Webhook, "name" | "url" | "events" | "format" | "enabled"> {
  /** Null: one is made, and shown once. */
  readonly token: string | null;
}

export interface CreatedWebhook extends ConfiguredWebhook {
  /** The token that was made here; null where it came with the call. */
  readonly token: string | null;
}

/** Refuses what `maySend` does, `invalid-member` at `/url` (HOOK-3), and for the fifty-first webhook. */
export async function createWebhook(
  { config, db, wrapping }: Deployment,
  { token, ...wanted }: NewWebhook,
  caller: Caller,
  now: number,
  maySend: MaySend,
): Promise<Outcome<CreatedWebhook>> {
  const refusal = maySend(wanted.events) ?? urlRefusal(config, wanted.url);
  if (refusal !== null) return no(refusal);
  const made = token === null ? newWebhookToken() : null;
  const webhook: Webhook = {
    id: uuidv7(),
    ...wanted,
    status: "healthy",
    statusReason: null,
    createdAt: now,
    updatedAt: now,
  };
  const sealed = await sealSecrets(wrapping, webhook.id, { token: token ?? made ?? "", previous: null });
  const event = eventOf({ type: "webhook.created", subjectId: webhook.id, changes: {}, data: webhook }, caller, now);
  if (await insertWebhook(db, webhook, sealed, MOST_WEBHOOKS, event)) return yes({ webhook, ...sealed, token: made });
  return no({ code: "invalid-member", pointer: "", detail: `there are ${MOST_WEBHOOKS} webhooks, and no more may be` });
}
