/** Webhooks that are disabled, sent elsewhere, given another token, deleted, or out of D1's reach. */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { TEST_LIMITS } from "../support/breakable-webhooks.ts";
import { newEvent, newEvents, newWebhook, pass, START, TOKEN, type TestWebhook } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const HOUR = 3_600_000;

let moves = 0;

/** As a PATCH does it. Ids never go back: the clock moves beyond those that the tests before have made. */
async function movedTo(webhook: TestWebhook, url: string): Promise<void> {
  moves += 1;
  pass(moves * 48 * HOUR);
  await webhook.setRow("url", url);
  await webhook.setRow("updated_at", Date.now());
}

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

  it("HOOK-2, HOOK-5: that is sent elsewhere begins anew there, with what comes from then on", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    const other = await newWebhook();
    const [first, second] = newEvents(2);
    for (const event of [first, second]) {
      await webhook.rpc.take(webhook.id, event === undefined ? [] : [event]);
      await webhook.settle();
    }
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "unhealthy" });
    await movedTo(webhook, other.receiver);
    const [third] = newEvents(1);
    await webhook.rpc.take(webhook.id, third === undefined ? [] : [third]);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await other.came()).toEqual([third?.id]);
    const kept = { status: "healthy", waiting: 2, nextAttemptAt: null };
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(kept);
    await evictDurableObject(webhook.stub);
    await webhook.settle();
    expect(await other.came()).toEqual([third?.id]);
    await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
    await webhook.settle();
    expect((await other.came()).toSorted()).toEqual([first?.id, second?.id, third?.id]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0 });
  });

  it("HOOK-5: that was sent elsewhere while it was disabled sends nothing of before when it is enabled", async () => {
    const webhook = await newWebhook();
    const other = await newWebhook();
    await webhook.setRow("enabled", 0);
    const before = newEvents(3);
    await webhook.rpc.take(webhook.id, before);
    await webhook.settle();
    await movedTo(webhook, other.receiver);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await other.came()).toEqual([]);
    await webhook.rpc.replay(webhook.id, { from: null, eventId: before[1]?.id ?? "" });
    await webhook.settle();
    expect(await other.came()).toEqual([before[1]?.id]);
    expect(await webhook.came()).toEqual([]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 2 });
  });

  it("HOOK-5: that was sent elsewhere does not read the log for what it missed before, but for a replay", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    const other = await newWebhook();
    await webhook.rpc.take(webhook.id, newEvents(TEST_LIMITS.waitingEvents + 1));
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "suspended", missedFrom: START });
    await movedTo(webhook, other.receiver);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await other.came()).toEqual([]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", missedFrom: START });
    await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
    await webhook.settle();
    expect(await other.came()).toHaveLength(TEST_LIMITS.waitingEvents);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0, missedFrom: null });
  });

  it("HOOK-5: that wants less sends nothing more of what it wanted before, wherever that waits", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 500 } } });
    const licenses = newEvents(4);
    const tags = [newEvent({ type: "tag.created" }), newEvent({ type: "tag.updated" })];
    for (const event of licenses) {
      await webhook.rpc.take(webhook.id, [event]);
      await webhook.settle();
    }
    const before = await webhook.came();
    expect(before.length).toBeGreaterThan(0);
    await webhook.follow({ otherwise: { do: "answer", status: 200 } });
    await webhook.setRow("events", JSON.stringify(["tag.*"]));
    await webhook.rpc.reconfigured(webhook.id);
    // Handed over by somebody who had read the patterns of before.
    await webhook.rpc.take(webhook.id, [...newEvents(TEST_LIMITS.replayStep + 3), ...tags]);
    pass(48 * HOUR);
    await webhook.settle();
    expect((await webhook.came()).slice(before.length)).toEqual(tags.map(({ id }) => id));
    const state = { status: "healthy", waiting: 0, waitingBytes: 0, givenUp: 0, nextAttemptAt: null };
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(state);
    await webhook.setRow("events", JSON.stringify(["*"]));
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(before.length + tags.length);
  });

  it("HOOK-2: that was sent elsewhere does not answer for what the old receiver says", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold", status: 410 } } });
    const other = await newWebhook();
    const [first] = newEvents(1);
    await webhook.rpc.take(webhook.id, first === undefined ? [] : [first]);
    await webhook.atLeast(1);
    await movedTo(webhook, other.receiver);
    await webhook.rpc.reconfigured(webhook.id);
    const [second] = newEvents(1);
    await webhook.rpc.take(webhook.id, second === undefined ? [] : [second]);
    await other.atLeast(1);
    await webhook.release(1);
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ enabled: 1, status: "healthy" });
    expect(await other.came()).toEqual([second?.id]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 1 });
    await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
    await webhook.settle();
    expect(await other.came()).toEqual([second?.id, first?.id]);
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

  it("HOOK-2: that was emptied is not touched by what was on its way before", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.atLeast(1);
    await webhook.rpc.remove();
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.atLeast(2);
    await webhook.release(1);
    await webhook.release(1);
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0, waitingBytes: 0 });
    expect(await webhook.sql("SELECT count(*) AS n FROM attempt")).toEqual([{ n: 1 }]);
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
