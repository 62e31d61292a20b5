/** Backlogs that are full, and what is sent again on request: from the queue, or redacted from D1's log. */

import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import { insertEvents } from "../../src/registry/events/event-log.ts";
import { TEST_LIMITS } from "../support/breakable-webhooks.ts";
import { newEvent, newEvents, newWebhook, pass, START, type TestWebhook } from "../support/webhook-world.ts";

beforeEach(async () => {
  vi.setSystemTime(START);
  await env.DB.exec("DELETE FROM event_log; DELETE FROM management_log");
});
afterEach(() => void vi.useRealTimers());

const EVERYTHING = { from: null, eventId: null };
const ROOM = TEST_LIMITS.waitingEvents;

/** As the relay does it: into the log, then to the webhook. */
async function happen(webhook: TestWebhook, events: readonly LeaseholdEvent[]): Promise<void> {
  await env.DB.batch(insertEvents(env.DB, events));
  await webhook.rpc.take(webhook.id, events);
}

async function bodies(webhook: TestWebhook): Promise<readonly Record<string, unknown>[]> {
  const { received } = await webhook.memory();
  return received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

function later(count: number): readonly LeaseholdEvent[] {
  return Array.from({ length: count }, () => {
    pass(1);
    return newEvent();
  });
}

async function fullWebhook(): Promise<{ webhook: TestWebhook; waiting: readonly LeaseholdEvent[] }> {
  const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
  const waiting = later(ROOM);
  await happen(webhook, waiting);
  await webhook.settle();
  return { webhook, waiting };
}

describe("a backlog that is full", () => {
  it("HOOK-4: suspends the webhook, and what comes later is not stored", async () => {
    const { webhook } = await fullWebhook();
    const [missed, ...others] = later(6);
    await happen(webhook, missed === undefined ? [] : [missed, ...others]);
    await webhook.settle();
    const state = { status: "suspended", reason: "backlog-full", waiting: ROOM, missedFrom: missed?.at };
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(state);
    expect(await webhook.sql("SELECT count(*) AS n FROM queue")).toEqual([{ n: ROOM }]);
    expect(await webhook.row()).toMatchObject({ status: "suspended", status_reason: "backlog-full", enabled: 1 });
    expect(await webhook.announced()).toMatchObject([
      { type: "webhook.suspended", changes: { status: { after: "suspended" } } },
    ]);
    const came = await webhook.came();
    pass(48 * 3_600_000);
    await webhook.settle();
    expect(await webhook.came()).toEqual(came);
  });

  it("HOOK-4: is replayed: what waited whole, what was missed from the log, redacted", async () => {
    const { webhook, waiting } = await fullWebhook();
    const missed = later(12);
    await happen(webhook, missed);
    await webhook.settle();
    await webhook.follow({});
    const before = (await webhook.came()).length;
    expect(await webhook.rpc.replay(webhook.id, EVERYTHING)).toEqual({ replayed: ROOM });
    await webhook.settle();
    const sent = (await bodies(webhook)).slice(before);
    const ids = sent.map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([...waiting, ...missed].map(({ id }) => id)));
    expect(ids).toHaveLength(ROOM + 12);
    const isMissed = new Set(missed.map(({ id }) => id));
    for (const body of sent) {
      const data = { id: "the license", notes: "n" };
      if (isMissed.has(String(body["id"])))
        expect(body).toMatchObject({ redacted: true, data: { ...data, key: null } });
      else expect(body).toMatchObject({ data: { ...data, key: "SECRET-KEY", shown: true } });
      expect(Object.hasOwn(body, "redacted")).toBe(isMissed.has(String(body["id"])));
    }
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({
      status: "healthy",
      waiting: 0,
      waitingBytes: 0,
      missedFrom: null,
    });
    expect(await webhook.row()).toMatchObject({ status: "healthy", status_reason: null });
  });

  it("HOOK-4: is replayed over crashes, and with what comes meanwhile, each event at least once", async () => {
    const { webhook } = await fullWebhook();
    const missed = later(30);
    await happen(webhook, missed);
    await webhook.settle();
    await webhook.follow({ otherwise: { do: "hold" } });
    const before = (await webhook.came()).length;
    await webhook.rpc.replay(webhook.id, EVERYTHING);
    await webhook.atLeast(before + 6);
    // Still full: these are missed too, but the replay will come by.
    const meanwhile = later(4);
    await happen(webhook, meanwhile);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: ROOM });
    await abortAllDurableObjects();
    await webhook.follow({});
    await webhook.release(6);
    await webhook.settle();
    const came = new Set((await webhook.came()).slice(before));
    for (const { id } of [...missed, ...meanwhile]) expect(came).toContain(id);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, missedFrom: null });
  });

  it("HOOK-4: goes back in the log for an older event that finds no room on the way", async () => {
    const { webhook } = await fullWebhook();
    const [late] = later(1);
    await happen(webhook, later(20));
    await webhook.settle();
    await webhook.follow({ otherwise: { do: "hold" } });
    const before = (await webhook.came()).length;
    await webhook.rpc.replay(webhook.id, EVERYTHING);
    await webhook.atLeast(before + 6);
    // Room for one step of the log, which goes past the late event.
    await webhook.release(6);
    await webhook.atLeast(before + 12);
    await happen(webhook, later(8));
    await happen(webhook, late === undefined ? [] : [late]);
    await webhook.follow({});
    await webhook.release(6);
    await webhook.settle();
    expect(await webhook.came()).toContain(late?.id);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, missedFrom: null });
  });

  it("HOOK-4: by bytes is as full as by number", async () => {
    const webhook = await newWebhook();
    await webhook.setRow("enabled", 0);
    const large = newEvent({ data: { notes: "x".repeat(TEST_LIMITS.waitingBytes - 1000) } });
    const events = [large, ...later(5)];
    await webhook.rpc.take(webhook.id, events);
    await webhook.settle();
    const { reason, waiting, waitingBytes, missedFrom } = await webhook.rpc.state(webhook.id);
    expect(reason).toBe("backlog-full");
    expect(waitingBytes).toBeLessThanOrEqual(TEST_LIMITS.waitingBytes);
    expect(waitingBytes + JSON.stringify(events[waiting]).length).toBeGreaterThan(TEST_LIMITS.waitingBytes);
    expect(missedFrom).toBe(events[waiting]?.at);
  });
});

describe("a replay from the log", () => {
  it("HOOK-4: sends again what was delivered, from an instant on, of the types that the webhook wants", async () => {
    const webhook = await newWebhook({ events: ["license.*", "user.created"] });
    const old = later(3);
    await happen(webhook, old);
    pass(1000);
    const from = Date.now();
    pass(1);
    const wanted = [newEvent(), newEvent({ type: "license.renewed" }), newEvent({ type: "user.created" })];
    await happen(webhook, wanted);
    const unwanted = [newEvent({ type: "user.deleted" }), newEvent({ type: "product.created" })];
    await env.DB.batch(insertEvents(env.DB, unwanted));
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(6);
    await webhook.rpc.replay(webhook.id, { from, eventId: null });
    await webhook.settle();
    expect((await webhook.came()).slice(6).toSorted()).toEqual(wanted.map(({ id }) => id).toSorted());
    expect((await bodies(webhook)).slice(6).every((body) => body["redacted"] === true)).toBe(true);
  });

  it("HOOK-4: reads the log in bounded steps to its end", async () => {
    const webhook = await newWebhook();
    const events = later(TEST_LIMITS.replayStep * 4);
    await env.DB.batch(insertEvents(env.DB, events));
    await webhook.rpc.replay(webhook.id, { from: START, eventId: null });
    await webhook.settle();
    expect(new Set(await webhook.came())).toEqual(new Set(events.map(({ id }) => id)));
    expect(await webhook.came()).toHaveLength(events.length);
  });

  it("HOOK-4: that is asked for again goes on from where it is, though less is asked for", async () => {
    const webhook = await newWebhook();
    const events = later(TEST_LIMITS.replayStep * 3);
    await env.DB.batch(insertEvents(env.DB, events));
    await webhook.setRow("enabled", 0);
    await webhook.rpc.replay(webhook.id, { from: START, eventId: null });
    await webhook.rpc.replay(webhook.id, { from: START + 3_600_000, eventId: null });
    await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(new Set(await webhook.came())).toEqual(new Set(events.map(({ id }) => id)));
  });

  it("HOOK-4: of one event sends that one alone", async () => {
    const webhook = await newWebhook();
    const [first, second] = later(2);
    await happen(
      webhook,
      [first, second].flatMap((event) => event ?? []),
    );
    await webhook.settle();
    expect(await webhook.rpc.replay(webhook.id, { from: 0, eventId: second?.id ?? "" })).toEqual({ replayed: 1 });
    expect(await webhook.rpc.replay(webhook.id, { from: 0, eventId: "unknown" })).toEqual({ replayed: 0 });
    expect(await webhook.rpc.replay(webhook.id, { from: null, eventId: first?.id ?? "" })).toEqual({ replayed: 0 });
    await webhook.settle();
    expect((await webhook.came()).slice(2)).toEqual([second?.id]);
  });

  it("HOOK-4: that D1 does not answer goes on later", async () => {
    const webhook = await newWebhook();
    const events = later(3);
    await env.DB.batch(insertEvents(env.DB, events));
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.exec("ALTER TABLE event_log RENAME TO elsewhere");
    await webhook.rpc.replay(webhook.id, { from: START, eventId: null });
    await webhook.settle();
    expect(errors).toHaveBeenCalled();
    errors.mockRestore();
    await env.DB.exec("ALTER TABLE elsewhere RENAME TO event_log");
    pass(30_000);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(3);
  });

  it("HOOK-4: makes due at once what was given up or had moved aside", async () => {
    const webhook = await newWebhook({
      script: { next: Array.from({ length: 7 }, () => ({ do: "answer", status: 500 })) },
    });
    const events = newEvents(6);
    await webhook.rpc.take(webhook.id, events);
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 6 });
    expect(await webhook.rpc.replay(webhook.id, EVERYTHING)).toEqual({ replayed: 6 });
    await webhook.settle();
    // One more failure was left in the script: that one waits for its time.
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 1 });
  });
});
