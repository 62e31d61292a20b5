/** What a webhook's object found out about its receiver, in D1. Nothing else writes these two columns (HOOK-2). */

import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { LeaseholdEvent } from "../../domain/license/event.ts";
import type { WebhookHealth } from "../../domain/license/webhook.ts";
import { replaceRow } from "./optimistic-write.ts";
import { outbox, webhooks } from "../db/schema.ts";
import { insertWhere } from "../db/statement.ts";
import { insertEvent } from "../events/outbox.ts";

export interface StatusChange {
  readonly webhookId: string;
  readonly health: WebhookHealth;
  /** HOOK-2, 410: the webhook is disabled, if this is still its URL. Null = it is not. */
  readonly goneUrl: string | null;
  /** OBS-2: events of suspensions that D1 may not have yet, the oldest first. */
  readonly suspensions: readonly LeaseholdEvent[];
  /** Of the `webhook.updated` event, where none of these tells of the change (EVT-1). */
  readonly eventId: string;
  /** Epoch ms. */
  readonly now: number;
}

/** Without an event: a receiver that fails and comes back is no change that anybody made. */
export async function writeWebhookStatus(
  db: D1Database,
  { webhookId, health }: Pick<StatusChange, "webhookId" | "health">,
): Promise<void> {
  await drizzle(db)
    .update(webhooks)
    .set({ status: health.status, statusReason: health.reason })
    .where(eq(webhooks.id, webhookId));
}

/**
 * The change and its events, all or nothing (EVT-1). True if D1 is as wanted now, or has no such webhook; false if the
 * row changed meanwhile: try again. Repeating it is free of effect: where D1 has taken the last suspension, whoever has
 * enabled the webhook since is not undone.
 */
export async function announceWebhookStatus(db: D1Database, change: StatusChange): Promise<boolean> {
  const before = await drizzle(db).select().from(webhooks).where(eq(webhooks.id, change.webhookId)).get();
  if (before === undefined) return true;
  const fresh = await unknownTo(db, change.suspensions);
  const isSuspended = change.health.status === "suspended";
  if (isSuspended && change.suspensions.length > 0 && fresh.length === 0) return true;
  const disables = change.goneUrl !== null && change.goneUrl === before.url && before.enabled;
  const { status, reason: statusReason } = change.health;
  const stays = !disables && before.status === status && before.statusReason === statusReason;
  const updatedAt = Math.max(change.now, before.updatedAt + 1);
  const after = stays ? before : { ...before, status, statusReason, enabled: before.enabled && !disables, updatedAt };
  const told = fresh.map((event, at) => completed(event, after, disables && at === fresh.length - 1));
  if (stays) return await insertAll(db, told);
  // A webhook that is suspended still is one whose suspension is told.
  const [event, ...others] =
    isSuspended && told.length > 0 ? told.toReversed() : [updatedEvent(change, before, after), ...told];
  if (event === undefined) return true;
  const columns = { status, statusReason, enabled: after.enabled, updatedAt };
  const along = (allowed: Parameters<typeof insertWhere>[2]) =>
    others.map((other) => insertWhere(outbox, { id: other.id, event: JSON.stringify(other) }, allowed));
  return (await replaceRow(db, { table: webhooks, before, columns, event, along })) === "written";
}

type Row = typeof webhooks.$inferSelect;

/** Those that have neither been logged nor wait to be. */
async function unknownTo(db: D1Database, events: readonly LeaseholdEvent[]): Promise<readonly LeaseholdEvent[]> {
  if (events.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT value ->> 'id' AS id FROM json_each(?1)
       WHERE value ->> 'id' IN (SELECT id FROM outbox)
          OR EXISTS (SELECT 1 FROM event_log WHERE type = value ->> 'type' AND id = value ->> 'id')`,
    )
    .bind(JSON.stringify(events.map(({ id, type }) => ({ id, type }))))
    .all<{ id: string }>();
  const known = new Set(results.map(({ id }) => id));
  return events.filter(({ id }) => !known.has(id));
}

async function insertAll(db: D1Database, events: readonly LeaseholdEvent[]): Promise<true> {
  if (events.length > 0) await db.batch(events.map((event) => insertEvent(db, event)));
  return true;
}

/** The webhook as it is, and of its status what the event tells. */
function completed(event: LeaseholdEvent, row: Row, disables: boolean): LeaseholdEvent {
  const changes = disables ? { ...event.changes, enabled: { before: true, after: false } } : event.changes;
  return { ...event, changes, data: { ...withoutSecrets(row), ...event.data } };
}

function updatedEvent({ eventId, webhookId, now }: StatusChange, before: Row, after: Row): LeaseholdEvent {
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
    data: withoutSecrets(after),
  };
}

function withoutSecrets(row: Row): LeaseholdEvent["data"] {
  const { secrets: _, wrappingKey: __, ...data } = row;
  return data;
}
