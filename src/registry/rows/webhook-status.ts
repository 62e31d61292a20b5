/** What a webhook's object found out about its receiver, in D1. Nothing else writes these two columns (HOOK-2). */

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { WebhookHealth } from "../../domain/license/webhook.ts";
import { replaceRow } from "./optimistic-write.ts";
import { webhooks } from "../db/schema.ts";

export interface StatusChange {
  readonly webhookId: string;
  readonly health: WebhookHealth;
  /** HOOK-2, 410: the webhook is disabled, if this is still its URL. Null = it is not. */
  readonly goneUrl: string | null;
  /** Of the `webhook.updated` event (EVT-1). */
  readonly eventId: string;
  /** Epoch ms. */
  readonly now: number;
}

/** Without an event: a receiver that fails and comes back is no change that anybody made. */
export async function writeWebhookStatus(db: D1Database, { webhookId, health }: StatusChange): Promise<void> {
  await drizzle(db)
    .update(webhooks)
    .set({ status: health.status, statusReason: health.reason })
    .where(eq(webhooks.id, webhookId));
}

/**
 * The change and its event, all or nothing (EVT-1). True if D1 is as wanted now, or has no such webhook; false if the
 * row changed meanwhile: try again.
 */
export async function announceWebhookStatus(db: D1Database, change: StatusChange): Promise<boolean> {
  const before = await drizzle(db).select().from(webhooks).where(eq(webhooks.id, change.webhookId)).get();
  if (before === undefined) return true;
  const disables = change.goneUrl !== null && change.goneUrl === before.url && before.enabled;
  const { status, reason: statusReason } = change.health;
  if (!disables && before.status === status && before.statusReason === statusReason) return true;
  const updatedAt = Math.max(change.now, before.updatedAt + 1);
  const after = { ...before, status, statusReason, enabled: before.enabled && !disables, updatedAt };
  const columns = { status, statusReason, enabled: after.enabled, updatedAt };
  const event = eventOf(change, before, after);
  return (await replaceRow(db, { table: webhooks, before, columns, event })) === "written";
}

type Row = typeof webhooks.$inferSelect;

function eventOf({ eventId, webhookId, now }: StatusChange, before: Row, after: Row): LeaseholdEvent {
  const { secrets: _, wrappingKey: __, ...data } = after;
  const changed = (["status", "statusReason", "enabled"] as const).filter((member) => before[member] !== after[member]);
  return {
    id: eventId,
    type: "webhook.updated",
    at: now,
    subjectId: webhookId,
    sequence: 0,
    actor: { type: "system", id: "alarm" },
    requestId: "webhook",
    changes: Object.fromEntries(changed.map((member) => [member, { before: before[member], after: after[member] }])),
    data,
  };
}
