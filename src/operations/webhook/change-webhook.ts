/** Changes and deletes webhooks. The caller tells their objects afterwards (`tellWebhook`). */

import type { Caller, ConditionalCall } from "../../domain/license/calls.ts";
import type { Changes } from "../../domain/license/event.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import {
  deleteWebhook,
  findWebhook,
  updateWebhook,
  type ConfiguredWebhook,
  type SealedSecrets,
  type Webhook,
} from "../../registry/rows/webhooks.ts";
import { newWebhookToken } from "../../tokens/webhook-token.ts";
import { changeRow, settled } from "../catalogue/change-row.ts";
import type { Deployment } from "../deployment.ts";
import { entityTagBy } from "../entity-tag.ts";
import { changesOf, eventOf, fixedRefusal, laterThan } from "../record.ts";
import type { MaySend } from "./may-send.ts";
import { openSecrets, rotated, sealSecrets } from "./webhook-secrets.ts";
import { urlRefusal } from "./webhook-url.ts";
import { say } from "../../log/line.ts";
import { sameText } from "../../same-text.ts";

export interface WebhookPatch extends Partial<Pick<Webhook, "name" | "url" | "events" | "format" | "enabled">> {
  /** Another one takes the place of the old, which stays valid for a day. */
  readonly token?: string;
  /** Named, but not to be changed. */
  readonly fixed: Partial<Pick<Webhook, "id" | "createdAt">>;
}

/** The token stands in it as ciphertext, which is another one whenever there is another token. */
export const webhookEntityTag = entityTagBy<ConfiguredWebhook, Omit<WebhookPatch, "fixed">>({
  name: ({ webhook }) => webhook.name,
  url: ({ webhook }) => webhook.url,
  events: ({ webhook }) => webhook.events,
  format: ({ webhook }) => webhook.format,
  enabled: ({ webhook }) => webhook.enabled,
  token: ({ secrets }) => secrets,
});

/** Null: there is no such webhook. Refuses `invalid-member`, what `maySend` does, and what `changeRow` does. */
export async function changeWebhook(
  deployment: Deployment,
  id: string,
  { fixed, token, ...members }: WebhookPatch,
  caller: ConditionalCall,
  now: number,
  maySend: MaySend,
): Promise<Outcome<ConfiguredWebhook | null>> {
  return await changeRow<ConfiguredWebhook, ConfiguredWebhook>(caller, {
    pause: deployment.pause,
    what: "webhook",
    read: () => findWebhook(deployment.db, id),
    entityTag: webhookEntityTag,
    write: async (found) => {
      const { webhook: before } = found;
      const moved = members.url === undefined || members.url === before.url ? null : members.url;
      const refusal = fixedRefusal(before, fixed) ?? (moved === null ? null : urlRefusal(deployment.config, moved));
      if (refusal !== null) return no(refusal);
      const after = { ...before, ...members, updatedAt: laterThan(before.updatedAt, now) };
      // What was sent and answered until now was wanted by the patterns of before, and what comes by those of now. A
      // token counts even if it is the webhook's own: else who guesses would be told when the guess is right.
      const isOpened = opens(before, after) || token !== undefined;
      const forbidden = isOpened ? maySend([...before.events, ...after.events]) : null;
      if (forbidden !== null) return no(forbidden);
      const replaced = token === undefined ? null : await replaceToken(deployment, found, token, now);
      const changes = { ...changesOf(before, after), ...replaced?.changes };
      if (Object.keys(changes).length === 0) return yes(found);
      const updated = eventOf({ type: "webhook.updated", subjectId: id, changes, data: after }, caller, now);
      const written = await updateWebhook(deployment.db, before, after, replaced?.sealed ?? null, updated);
      return settled(written, { ...found, ...replaced?.sealed, webhook: after }, {});
    },
  });
}

/** True if more or otherwise goes out by it, or elsewhere. */
function opens(before: Webhook, after: Webhook): boolean {
  if (after.enabled && !before.enabled) return true;
  return after.url !== before.url || after.format !== before.format || `${after.events}` !== `${before.events}`;
}

export interface RotatedToken {
  readonly token: string;
  /** Epoch ms; null: the old one was lost. */
  readonly previousEndsAt: number | null;
}

/**
 * `token` null: one is made. Null: there is no such webhook. The one that it has already changes nothing. Refuses what
 * `maySend` does.
 */
export async function rotateToken(
  deployment: Deployment,
  id: string,
  token: string | null,
  caller: Caller,
  now: number,
  maySend: MaySend,
): Promise<Outcome<RotatedToken | null>> {
  const chosen = token ?? newWebhookToken();
  return await changeRow<ConfiguredWebhook, RotatedToken>(caller, {
    pause: deployment.pause,
    what: "webhook",
    read: () => findWebhook(deployment.db, id),
    entityTag: webhookEntityTag,
    write: async (found) => {
      const forbidden = maySend(found.webhook.events);
      if (forbidden !== null) return no(forbidden);
      const { changes, sealed, previousEndsAt } = await replaceToken(deployment, found, chosen, now);
      if (sealed === null) return yes({ token: chosen, previousEndsAt });
      const after = { ...found.webhook, updatedAt: laterThan(found.webhook.updatedAt, now) };
      const updated = eventOf({ type: "webhook.updated", subjectId: id, changes, data: after }, caller, now);
      const written = await updateWebhook(deployment.db, found.webhook, after, sealed, updated);
      return settled(written, { token: chosen, previousEndsAt }, {});
    },
  });
}

/**
 * The webhook that is gone; null: there is none. Refuses what `changeRow` does. The caller tells its object
 * (`forgetWebhook`).
 */
export async function removeWebhook(
  { db, pause }: Deployment,
  id: string,
  caller: ConditionalCall,
  now: number,
): Promise<Outcome<Webhook | null>> {
  return await changeRow<ConfiguredWebhook, Webhook>(caller, {
    pause,
    what: "webhook",
    read: () => findWebhook(db, id),
    entityTag: webhookEntityTag,
    write: async ({ webhook }) => {
      const deleted = eventOf({ type: "webhook.deleted", subjectId: id, changes: {}, data: webhook }, caller, now);
      return settled(await deleteWebhook(db, webhook, deleted), webhook, {});
    },
  });
}

/** After the answer: what waits is dropped. An object that does not hear of it finds no row at its next delivery. */
export async function forgetWebhook({ webhooks }: Pick<Deployment, "webhooks">, id: string): Promise<void> {
  try {
    await webhooks.at(id).remove();
  } catch (error) {
    say("a deleted webhook's object did not answer", { webhook: id }, error);
  }
}

/** After the answer: the object reads its row anew. One that does not hear of it reads the row at its next delivery. */
export async function tellWebhook({ webhooks }: Pick<Deployment, "webhooks">, id: string): Promise<void> {
  try {
    await webhooks.at(id).reconfigured(id);
  } catch (error) {
    say("a changed webhook's object did not answer", { webhook: id }, error);
  }
}

interface ReplacedToken {
  /** Null: it is the token that the webhook has. */
  readonly sealed: SealedSecrets | null;
  readonly previousEndsAt: number | null;
  readonly changes: Changes;
}

/** EVT-1: the event tells that there is another token, and neither of the two. */
async function replaceToken(
  { wrapping }: Deployment,
  { webhook, ...stored }: ConfiguredWebhook,
  token: string,
  now: number,
): Promise<ReplacedToken> {
  const before = await openSecrets(wrapping, webhook.id, stored);
  const endsBefore = before?.previous?.endsAt ?? null;
  if (before !== null && sameText(before.token, token))
    return { sealed: null, previousEndsAt: endsBefore, changes: {} };
  const after = rotated(before, token, now);
  const previousEndsAt = after.previous?.endsAt ?? null;
  return {
    sealed: await sealSecrets(wrapping, webhook.id, after),
    previousEndsAt,
    changes: { previousTokenEndsAt: { before: endsBefore, after: previousEndsAt } },
  };
}
