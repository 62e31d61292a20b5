/** What waits: taken once, kept over crashes, never in anybody's way, and forgotten with the webhook. */

import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newEvent, newEvents, newWebhook, pass, START, TOKEN } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR = 3_600_000;

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

describe("a webhook", () => {
  it("HOOK-2: that is disabled keeps what comes, and sends it when it is enabled", async () => {
    const webhook = await newWebhook();
    await webhook.setRow("enabled", 0);
    await webhook.rpc.take(webhook.id, newEvents(3));
    await webhook.settle();
    expect(await webhook.came()).toEqual([]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 3, nextAttemptAt: null });
    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(3);
  });

  it("HOOK-2: whose call to be enabled was lost looks by itself within the hour", async () => {
    const webhook = await newWebhook();
    await webhook.setRow("enabled", 0);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    await webhook.settle();
    expect(await webhook.alarmAt()).toBe(START + HOUR);
    await webhook.setRow("enabled", 1);
    pass(HOUR);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(1);
  });

  it("HOOK-2: that is sent elsewhere begins anew there", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    const other = await newWebhook();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "unhealthy" });
    await webhook.setRow("url", other.receiver);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await other.came()).toHaveLength(2);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0 });
  });

  it("HOOK-1: whose token is replaced signs with both for as long as the old one is valid", async () => {
    const webhook = await newWebhook();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const token = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    const previous = { token: TOKEN, endsAt: START + 24 * HOUR };
    await webhook.setRow("secrets", JSON.stringify({ token, previous }));
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const [, during] = (await webhook.memory()).received;
    for (const secret of [token, TOKEN]) new Webhook(secret).verify(during?.body ?? "", during?.headers ?? {});
    pass(24 * HOUR);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const [, , after] = (await webhook.memory()).received;
    new Webhook(token).verify(after?.body ?? "", after?.headers ?? {});
    expect(() => new Webhook(TOKEN).verify(after?.body ?? "", after?.headers ?? {})).toThrow();
  });

  it("HOOK-2: that was deleted is forgotten, with what was on its way", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    await webhook.rpc.take(webhook.id, newEvents(8));
    await webhook.atLeast(6);
    await env.DB.prepare("DELETE FROM webhooks WHERE id = ?1").bind(webhook.id).run();
    await webhook.rpc.remove();
    await webhook.release(6);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(6);
    expect(await webhook.sql("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")).toEqual([]);
    expect(await webhook.alarmAt()).toBeNull();
  });

  it("HOOK-2: whose row is gone is forgotten, also without being told", async () => {
    const webhook = await newWebhook();
    await env.DB.prepare("DELETE FROM webhooks WHERE id = ?1").bind(webhook.id).run();
    expect(await webhook.rpc.take(webhook.id, newEvents(3))).toEqual({ taken: 3 });
    await webhook.settle();
    expect(await webhook.sql("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")).toEqual([]);
    expect(await webhook.alarmAt()).toBeNull();
    expect(await webhook.rpc.testFire(webhook.id, newEvent({ type: "webhook.test" }))).toBeNull();
  });

  it("EVT-3: whose row cannot be read waits, and goes on", async () => {
    const webhook = await newWebhook();
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.exec("ALTER TABLE webhooks RENAME TO elsewhere");
    expect(await webhook.rpc.take(webhook.id, newEvents(3))).toEqual({ taken: 3 });
    await webhook.settle();
    expect(await webhook.came()).toEqual([]);
    expect(errors).toHaveBeenCalled();
    expect(await webhook.alarmAt()).toBe(START + 30_000);
    await env.DB.exec("ALTER TABLE elsewhere RENAME TO webhooks");
    pass(30_000);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(3);
  });

  it("HOOK-2: whose status cannot be written is told of again by the alarm", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.exec(
      "CREATE TRIGGER no_status BEFORE UPDATE OF status ON webhooks BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "unhealthy" });
    expect(await webhook.row()).toMatchObject({ status: "healthy" });
    expect(errors).toHaveBeenCalled();
    await env.DB.exec("DROP TRIGGER no_status");
    expect(await webhook.alarmAt()).toBeLessThanOrEqual(START + 6000);
    pass(5000);
    await evictDurableObject(webhook.stub);
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ status: "unhealthy" });
  });
});
