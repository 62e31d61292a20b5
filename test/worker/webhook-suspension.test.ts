/**
 * OBS-2: a webhook that is suspended or gone says so in an event: once under one id, whatever crashes, to all but
 * itself.
 */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import { handOver } from "../../src/operations/webhook/hand-over.ts";
import { loggedEvents } from "../../src/registry/events/event-replay.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";
import { listen } from "../support/lines.ts";
import { applyLate, calm, clear, storm, type Failure } from "../support/unsteady-d1.ts";
import { webhooksThat } from "../support/webhooks.ts";
import { newEvents, newWebhook, pass, START, type TestWebhook } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(async () => {
  calm();
  await clear();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const MINUTE = 60_000;
const GONE = { next: [{ do: "answer", status: 410 }] } as const;

interface Told {
  readonly to: string;
  readonly event: LeaseholdEvent;
}

/** What the cron hands over, to the log and to webhooks that take all. */
async function cron(): Promise<readonly Told[]> {
  const told: Told[] = [];
  const webhooks = webhooksThat(async (to, events) => {
    told.push(...events.map((event) => ({ to, event })));
  });
  await handOver({ db: env.DB, webhooks }, Date.now());
  return told;
}

interface Logged {
  readonly id: string;
  readonly body: string;
}

async function loggedOf({ id }: TestWebhook): Promise<readonly Logged[]> {
  const query = `SELECT id, body FROM ${EVENTS} WHERE subject_id = ?1 AND type = 'webhook.suspended'`;
  return (await env.DB.prepare(query).bind(id).all<Logged>()).results;
}

describe("a suspension", () => {
  it("OBS-2: is written with the change of state, and waits in the object until D1 has it", async () => {
    const webhook = await newWebhook({ isUnsteady: true, script: GONE });
    await webhook.rpc.take(webhook.id, newEvents(1));
    const heard = listen();
    // The row can be read, and nothing of it be written.
    storm((sql) => (/update|insert/i.test(sql) ? "before" : null));
    await webhook.settle();
    const [waiting, ...others] = (await webhook.sql("SELECT event FROM outbox")).map(
      ({ event }) => JSON.parse(String(event)) as LeaseholdEvent,
    );
    expect(others).toEqual([]);
    expect(waiting).toMatchObject({
      type: "webhook.suspended",
      subjectId: webhook.id,
      at: START,
      changes: {
        status: { before: "healthy", after: "suspended" },
        statusReason: { before: null, after: "gone" },
      },
      data: { id: webhook.id, status: "suspended", statusReason: "gone" },
    });
    expect(await webhook.row()).toMatchObject({ status: "healthy", enabled: 1 });
    expect(await webhook.alarmAt()).toBeLessThanOrEqual(START + MINUTE);
    // OBS-1: the line names the event.
    const what = "a webhook's status could not be written";
    expect(heard.lines(what)).toMatchObject([{ eventId: waiting?.id, webhook: webhook.id }]);
    heard.stop();

    calm();
    pass(MINUTE);
    await evictDurableObject(webhook.stub);
    await webhook.settle();
    expect(await webhook.sql("SELECT event FROM outbox")).toEqual([]);
    expect(await webhook.row()).toMatchObject({ status: "suspended", status_reason: "gone", enabled: 0 });
    const [told, ...more] = await cron();
    expect(more).toEqual([]);
    expect(told).toBeUndefined();
    const [logged] = await loggedOf(webhook);
    expect(logged?.id).toBe(waiting?.id);
    expect(JSON.parse(logged?.body ?? "")).toMatchObject({
      changes: { status: { after: "suspended" }, enabled: { before: true, after: false } },
      data: { name: "test", url: null, enabled: false, status: "suspended", statusReason: "gone" },
    });
  });

  it("OBS-2: reaches the log once, and each other webhook under one id, wherever D1 or the object fails", async () => {
    const other = await newWebhook({ events: ["webhook.*"] });
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const modes: readonly Failure[] = ["before", "after", "late"];
    for (const mode of modes) {
      for (let failing = 1; failing <= 5; failing += 1) {
        const webhook = await newWebhook({ isUnsteady: true, script: GONE });
        let calls = 0;
        storm(() => ((calls += 1) === failing ? mode : null));
        await webhook.rpc.take(webhook.id, newEvents(1));
        await webhook.settle();
        const told = [...(await cron())];
        await evictDurableObject(webhook.stub);
        for (let round = 0; round < 2; round += 1) {
          pass(MINUTE);
          await webhook.settle();
          told.push(...(await cron()));
        }
        while (await applyLate());
        calm();
        await webhook.settle();
        told.push(...(await cron()));

        const at = `${mode} ${failing}`;
        expect([at, await webhook.row()]).toMatchObject([at, { status: "suspended", enabled: 0 }]);
        const logged = await loggedOf(webhook);
        expect([at, logged.length]).toEqual([at, 1]);
        const suspensions = told.filter(
          ({ event }) => event.subjectId === webhook.id && event.type === "webhook.suspended",
        );
        expect([at, [...new Set(suspensions.map(({ event }) => event.id))]]).toEqual([at, [logged[0]?.id]]);
        expect([at, [...new Set(suspensions.map(({ to }) => to))]]).toEqual([at, [other.id]]);
        expect([at, await webhook.sql("SELECT event FROM outbox")]).toEqual([at, []]);
      }
    }
  });

  it("HOOK-2: whose answer from D1 was lost does not undo that somebody has enabled the webhook since", async () => {
    const webhook = await newWebhook({ isUnsteady: true, script: GONE });
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    storm((sql) => (/^update "webhooks"|; *update "webhooks"/i.test(sql) ? "after" : null));
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ enabled: 0, status_reason: "gone" });
    await webhook.setRow("enabled", 1);
    calm();
    pass(MINUTE);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ enabled: 1, status: "healthy" });
    expect(await webhook.came()).toHaveLength(2);
  });

  it("OBS-2: is never told to the webhook itself, of the log neither", async () => {
    const webhook = await newWebhook({ script: GONE });
    const other = await newWebhook();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const told = await cron();
    const [suspension] = await loggedOf(webhook);
    expect(told.filter(({ event }) => event.id === suspension?.id).map(({ to }) => to)).toContain(other.id);
    const before = `${suspension?.id.slice(0, 13)}`;
    const idsFor = async ({ id }: TestWebhook) =>
      (await loggedEvents(env.DB, id, before, 100)).wanted.map((event) => event.id);
    expect(await idsFor(other)).toContain(suspension?.id);
    expect(await idsFor(webhook)).not.toContain(suspension?.id);
  });
});
