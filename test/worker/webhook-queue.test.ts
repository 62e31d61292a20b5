/** What waits: taken once, kept over crashes, never in anybody's way. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newEvents, newWebhook, START } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

describe("taking events", () => {
  it("EVT-3: is idempotent by the event's id, waiting or delivered", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    const events = newEvents(3);
    expect(await webhook.rpc.take(webhook.id, events)).toEqual({ taken: 3 });
    expect(await webhook.rpc.take(webhook.id, [...events, ...events])).toEqual({ taken: 0 });
    const { waiting, waitingBytes } = await webhook.rpc.state(webhook.id);
    expect(waiting).toBe(3);
    expect(waitingBytes).toBe(events.reduce((sum, event) => sum + JSON.stringify(event).length, 0));
    await webhook.atLeast(3);
    await webhook.follow({});
    await webhook.release(3);
    await webhook.settle();
    expect(await webhook.rpc.take(webhook.id, events)).toEqual({ taken: 0 });
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(3);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0, waitingBytes: 0 });
  });

  it("HOOK-2: does not wait for the receiver", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    await webhook.rpc.take(webhook.id, newEvents(6));
    await webhook.atLeast(6);
    // Every lane waits for an answer, and more is taken all the same.
    expect(await webhook.rpc.take(webhook.id, newEvents(5))).toEqual({ taken: 5 });
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 11 });
    expect(await webhook.came()).toHaveLength(6);
    await webhook.follow({});
    await webhook.release(6);
    await webhook.settle();
  });

  it("EVT-3: arms the alarm in the same transaction", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    await webhook.rpc.take(webhook.id, newEvents(1));
    expect(await webhook.alarmAt()).toBe(START + 60_000);
    await webhook.atLeast(1);
    await webhook.release(1);
    await webhook.settle();
  });

  it("HOOK-4: an object that was asked for nothing but its state writes nothing", async () => {
    const webhook = await newWebhook();
    expect(await webhook.rpc.take(webhook.id, [])).toEqual({ taken: 0 });
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, nextAttemptAt: null });
    expect(await webhook.rpc.replay(webhook.id, { from: null, eventId: null })).toEqual({ replayed: 0 });
    expect(await webhook.rpc.replay(webhook.id, { from: 0, eventId: "none" })).toEqual({ replayed: 0 });
    await webhook.rpc.reconfigured(webhook.id);
    await runInDurableObject(webhook.stub, async (object) => await object.alarm());
    expect(await webhook.sql("SELECT name FROM sqlite_master")).toEqual([]);
    expect(await webhook.alarmAt()).toBeNull();
  });
});

describe("a crash", () => {
  it("EVT-2: between delivery and bookkeeping sends the event again, under the same id", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    const [event] = newEvents(1);
    await webhook.rpc.take(webhook.id, event === undefined ? [] : [event]);
    await webhook.atLeast(1);
    await abortAllDurableObjects();
    await webhook.follow({});
    await webhook.release(1);
    await webhook.settle();
    const { received } = await webhook.memory();
    expect(received.map(({ headers }) => headers["webhook-id"])).toEqual([event?.id, event?.id]);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0 });
    expect(await webhook.sql("SELECT count(*) AS n FROM attempt")).toEqual([{ n: 1 }]);
  });

  it("EVT-2: right after events were taken loses none: the alarm sends them", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    const events = newEvents(20);
    await webhook.rpc.take(webhook.id, events);
    await abortAllDurableObjects();
    await webhook.follow({});
    await webhook.release(6);
    await webhook.settle();
    expect(new Set(await webhook.came())).toEqual(new Set(events.map(({ id }) => id)));
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0 });
  });

  it("HOOK-2: forgets neither the receiver's health nor when to try again", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const before = await webhook.rpc.state(webhook.id);
    expect(before).toMatchObject({ failures: 1 });
    await evictDurableObject(webhook.stub);
    expect(await webhook.rpc.state(webhook.id)).toEqual(before);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(1);
  });
});
