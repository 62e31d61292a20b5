/** Webhooks in D1 (HOOK-1): their configuration, and which of them want events. Their queues are in their objects. */

import { eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { StatusReason, WebhookFormat, WebhookStatus } from "../../domain/license/webhook.ts";
import { webhookList } from "./catalogue-fields.ts";
import { find, mapped, type Found } from "../find/find.ts";
import type { Wanted } from "../find/filter.ts";
import { removeRow, replaceRow, type Written } from "./optimistic-write.ts";
import { insertEvent } from "../events/outbox.ts";
import type { PageRequest } from "../find/page.ts";
import { answered, ask, writtenById, type Question } from "../db/question.ts";
import { webhooks } from "../db/schema.ts";
import { insertWhere, prepared } from "../db/statement.ts";

/** Without its secrets. Instants in epoch ms. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  /** Types and patterns (`license.*`, `*`). */
  readonly events: readonly string[];
  readonly format: WebhookFormat;
  readonly enabled: boolean;
  /** What its object last found. */
  readonly status: WebhookStatus;
  readonly statusReason: StatusReason | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** Ciphertext of domain `WebhookSecrets`, and the wrapping key that it is under. */
export interface SealedSecrets {
  readonly secrets: string;
  readonly wrappingKey: string;
}

export interface ConfiguredWebhook extends SealedSecrets {
  readonly webhook: Webhook;
}

const BY_ID = writtenById(webhooks);

export function webhookById(id: string): Question<ConfiguredWebhook | null> {
  return answered(BY_ID.one({ id }), (row) => {
    return row === null ? null : { webhook: webhookOf(row), secrets: row.secrets, wrappingKey: row.wrappingKey };
  });
}

export async function findWebhook(db: D1Database, id: string): Promise<ConfiguredWebhook | null> {
  return await ask(db, webhookById(id));
}

export async function listWebhooks(
  db: D1Database,
  request: PageRequest<string>,
  wanted: Wanted,
  now: number,
): Promise<Found<Webhook>> {
  return mapped(await find(db, webhookList, request, wanted, now), webhookOf);
}

/** Which webhooks there are and what each wants, oldest first; at most `most`. */
export async function webhookPatterns(
  db: D1Database,
  most: number,
): Promise<readonly Pick<Webhook, "id" | "events">[]> {
  const columns = { id: webhooks.id, events: webhooks.events };
  const rows = await drizzle(db).select(columns).from(webhooks).orderBy(webhooks.id).limit(most);
  return rows.map(({ id, events }) => ({ id, events: events as readonly string[] }));
}

/** The webhook and its event, or neither: false where there are `most` already. */
export async function insertWebhook(
  db: D1Database,
  webhook: Webhook,
  sealed: SealedSecrets,
  most: number,
  event: LeaseholdEvent,
): Promise<boolean> {
  const [inserted] = await db.batch([
    prepared(db, insertWhere(webhooks, { ...webhook, ...sealed }, sql`(SELECT count(*) FROM ${webhooks}) < ${most}`)),
    insertEvent(db, event, sql`EXISTS (SELECT 1 FROM ${webhooks} WHERE ${eq(webhooks.id, webhook.id)})`),
  ]);
  return inserted?.meta.changes === 1;
}

/** `sealed` null = its secrets stay. */
export async function updateWebhook(
  db: D1Database,
  before: Webhook,
  { name, url, events, format, enabled, updatedAt }: Webhook,
  sealed: SealedSecrets | null,
  event: LeaseholdEvent,
): Promise<Written> {
  const columns = { name, url, events, format, enabled, updatedAt, ...sealed };
  return await replaceRow(db, { table: webhooks, before, columns, event });
}

export async function deleteWebhook(db: D1Database, before: Webhook, event: LeaseholdEvent): Promise<Written> {
  return await removeRow(db, { table: webhooks, before, event });
}

function webhookOf(row: typeof webhooks.$inferSelect): Webhook {
  const { secrets: _, wrappingKey: _key, events, statusReason, ...rest } = row;
  return { ...rest, events: events as readonly string[], statusReason: statusReason as StatusReason | null };
}
