/** Receivers that fail in every way there is, and what becomes of the events. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Attempt } from "../../src/webhooks/rpc.ts";
import type { Behaviour } from "../support/webhook-receiver.ts";
import { newEvent, newEvents, newWebhook, pass, START, type TestWebhook } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

const SECOND = 1000;
const HOUR = 3_600_000;
const ALL = { descending: false, after: null, most: 100, eventId: null, delivered: null } as const;
const BROKEN: Behaviour = { do: "answer", status: 500 };

async function attempts(webhook: TestWebhook): Promise<readonly Attempt[]> {
  return await webhook.rpc.attempts(webhook.id, ALL);
}

describe("a try that fails", () => {
  it.each([
    ["is reset", { do: "reset" }, null, /^no connection: /],
    ["is never answered", { do: "hang" }, null, "no answer within 1.5 s"],
    ["breaks off in mid-body", { do: "die-in-body", status: 200 }, 200, "the answer broke off"],
    ["never ends its body", { do: "hang-in-body" }, 200, "no end of the answer within 1.5 s"],
    ["is redirected", { do: "answer", status: 301, headers: { location: "https://example.com/" } }, 301, null],
    ["is redirected for once", { do: "answer", status: 307, headers: { location: "/elsewhere" } }, 307, null],
    ["is not modified", { do: "answer", status: 304 }, 304, null],
    ["is refused", { do: "answer", status: 400, body: "no" }, 400, null],
    ["finds nobody", { do: "answer", status: 404 }, 404, null],
    ["is too much", { do: "answer", status: 429 }, 429, null],
    ["meets a fault", { do: "answer", status: 500 }, 500, null],
    ["meets a gateway", { do: "answer", status: 502 }, 502, null],
  ] as const)(
    "HOOK-2: and %s is made again after five seconds, under the same id",
    async (_, behaviour, status, error) => {
      const webhook = await newWebhook({ isHasty: behaviour.do.startsWith("hang"), script: { next: [behaviour] } });
      const event = newEvent();
      await webhook.rpc.take(webhook.id, [event]);
      await webhook.settle();
      const [first, ...others] = await attempts(webhook);
      expect(others).toEqual([]);
      expect(first).toMatchObject({ eventId: event.id, number: 1, status, delivered: false });
      if (error === null) expect(first?.error).toBeNull();
      else expect(first?.error).toMatch(error);
      expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", failures: 1, waiting: 1 });

      // Not before its time.
      pass(4 * SECOND);
      await webhook.settle();
      expect(await webhook.came()).toEqual([event.id]);
      const at = await webhook.alarmAt();
      expect(at).toBeGreaterThanOrEqual(START + 5 * SECOND);
      expect(at).toBeLessThanOrEqual(START + 6 * SECOND);
      pass(2 * SECOND);
      await webhook.settle();
      expect(await webhook.came()).toEqual([event.id, event.id]);
      expect((await attempts(webhook)).at(1)).toMatchObject({ number: 2, status: 204, delivered: true, error: null });
      expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", failures: 0, waiting: 0 });
    },
  );

  it("HOOK-2: a receiver that is not there is no exception", async () => {
    const webhook = await newWebhook();
    // Nobody listens on the port of discard.
    await webhook.setRow("url", "http://127.0.0.1:9/");
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const [attempt] = await attempts(webhook);
    expect(attempt).toMatchObject({ status: null, delivered: false, response: "" });
    expect(attempt?.error).toMatch(/^no connection: /);
  });

  it("HOOK-2: a long answer is read to 64 KB, and is a success", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "long", bytes: 5_000_000 } } });
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    const [attempt] = await attempts(webhook);
    expect(attempt).toMatchObject({ delivered: true, status: 200, response: "x".repeat(2048) });
  });

  it("HOOK-3: a URL that is not allowed any more is not called", async () => {
    const webhook = await newWebhook();
    await webhook.setRow("url", "https://10.0.0.1/?token=secret");
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await attempts(webhook)).toMatchObject([
      { url: "https://10.0.0.1/", status: null, error: "not sent: the URL names a host that is not public" },
    ]);
    expect(await webhook.came()).toEqual([]);
  });

  it("HOOK-2: Retry-After holds the whole receiver back", async () => {
    const busy: Behaviour = { do: "answer", status: 429, headers: { "retry-after": "120" } };
    const webhook = await newWebhook({ script: { next: [busy] } });
    const first = newEvent();
    await webhook.rpc.take(webhook.id, [first]);
    await webhook.settle();
    const second = newEvent();
    await webhook.rpc.take(webhook.id, [second]);
    pass(119 * SECOND);
    await webhook.settle();
    expect(await webhook.came()).toEqual([first.id]);
    expect((await webhook.rpc.state(webhook.id)).nextAttemptAt).toBe(START + 120 * SECOND);
    pass(SECOND);
    await webhook.settle();
    expect((await webhook.came()).toSorted()).toEqual([first.id, first.id, second.id].toSorted());
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0, givenUp: 0 });
  });
});

describe("a receiver that fails", () => {
  it("HOOK-2: is probed with one event at a time, a different one each, while the rest wait", async () => {
    const webhook = await newWebhook({ script: { otherwise: BROKEN } });
    const events = newEvents(10);
    await webhook.rpc.take(webhook.id, events.slice(0, 1));
    await webhook.settle();
    await webhook.rpc.take(webhook.id, events.slice(1));
    await webhook.settle();
    // The second one at once, since the first may have been to blame.
    expect(await webhook.came()).toEqual(events.slice(0, 2).map(({ id }) => id));
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "unhealthy", reason: null, failures: 2 });
    expect(await webhook.row()).toMatchObject({ status: "unhealthy", status_reason: null, enabled: 1 });
    for (const wait of [6 * SECOND, 0.1 * HOUR, 0.7 * HOUR, 3 * HOUR]) {
      pass(wait);
      await webhook.settle();
    }
    const came = await webhook.came();
    expect(new Set(came).size).toBe(6);
    expect(came).toHaveLength(6);
    expect((await webhook.memory()).most).toBe(1);
    expect(await webhook.announced()).toEqual([]);
  });

  it("HOOK-2: and comes back gets everything at once, and D1 is told", async () => {
    const webhook = await newWebhook({ script: { next: [BROKEN, BROKEN] } });
    const events = newEvents(10);
    await webhook.rpc.take(webhook.id, events.slice(0, 1));
    await webhook.settle();
    await webhook.rpc.take(webhook.id, events.slice(1));
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ status: "unhealthy" });
    pass(6 * SECOND);
    await webhook.settle();
    expect(new Set(await webhook.came()).size).toBe(10);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, failures: 0 });
    expect(await webhook.row()).toMatchObject({ status: "healthy", status_reason: null, updated_at: START });
    expect(await webhook.announced()).toEqual([]);
  });

  it("HOOK-2: is suspended after the whole schedule; its backlog stays and can be replayed", async () => {
    const webhook = await newWebhook({ script: { otherwise: BROKEN } });
    const event = newEvent();
    await webhook.rpc.take(webhook.id, [event]);
    await webhook.settle();
    for (let probes = 1; probes < 10; probes += 1) {
      const { nextAttemptAt } = await webhook.rpc.state(webhook.id);
      vi.setSystemTime(nextAttemptAt ?? Number.NaN);
      await webhook.settle();
    }
    expect(await webhook.came()).toEqual(Array.from({ length: 10 }, () => event.id));
    const days = (Date.now() - START) / 86_400_000;
    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(4);
    const state = { status: "suspended", reason: "failing", failures: 10, waiting: 1, givenUp: 0, nextAttemptAt: null };
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(state);
    expect(await webhook.row()).toMatchObject({ status: "suspended", status_reason: "failing", enabled: 1 });
    const [suspension, ...others] = await webhook.announced();
    expect(others).toEqual([]);
    expect(suspension).toMatchObject({
      type: "webhook.suspended",
      changes: {
        status: { before: "unhealthy", after: "suspended" },
        statusReason: { before: null, after: "failing" },
      },
      data: { id: webhook.id, name: "test", events: ["*"], status: "suspended", enabled: true },
    });
    expect(JSON.stringify(suspension)).not.toContain("whsec_");

    // What comes now waits too.
    await webhook.rpc.take(webhook.id, newEvents(2));
    pass(48 * HOUR);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(10);
    await webhook.follow({});
    expect(await webhook.rpc.replay(webhook.id, { from: null, eventId: null })).toEqual({ replayed: 3 });
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(13);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, failures: 0 });
    expect(await webhook.row()).toMatchObject({ status: "healthy", status_reason: null });
    expect(await webhook.announced()).toHaveLength(2);
  });
});

describe("an event that fails while others pass", () => {
  it("HOOK-2: moves aside, holds nobody up, and is given up after a schedule of its own", async () => {
    const webhook = await newWebhook();
    const poison = newEvent();
    await webhook.follow({ byEvent: { [poison.id]: { do: "answer", status: 422 } } });
    await webhook.rpc.take(webhook.id, [poison]);
    await webhook.settle();
    for (let tries = 1; tries < 10; tries += 1) {
      const [other] = newEvents(1);
      await webhook.rpc.take(webhook.id, other === undefined ? [] : [other]);
      await webhook.settle();
      // Not held up: the receiver is healthy again by the other one's success.
      expect((await webhook.came()).at(-1)).toBe(other?.id);
      expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 1, givenUp: 0 });
      const { nextAttemptAt } = await webhook.rpc.state(webhook.id);
      vi.setSystemTime(nextAttemptAt ?? Number.NaN);
      await webhook.settle();
      expect((await webhook.came()).at(-1)).toBe(poison.id);
    }
    expect((await webhook.came()).filter((id) => id === poison.id)).toHaveLength(10);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 1, givenUp: 1, nextAttemptAt: null });
    pass(100 * HOUR);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect((await webhook.came()).filter((id) => id === poison.id)).toHaveLength(10);

    await webhook.follow({});
    expect(await webhook.rpc.replay(webhook.id, { from: null, eventId: poison.id })).toEqual({ replayed: 1 });
    await webhook.settle();
    expect((await webhook.came()).at(-1)).toBe(poison.id);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0, waitingBytes: 0, givenUp: 0 });
  });

  it("HOOK-2: takes at most two of the six lanes", async () => {
    const webhook = await newWebhook();
    const slow = newEvents(5);
    await webhook.follow({
      next: slow.map(() => BROKEN),
      byEvent: Object.fromEntries(slow.map(({ id }) => [id, { do: "hold" }])),
    });
    await webhook.rpc.take(webhook.id, slow);
    await webhook.settle();
    const [well] = newEvents(1);
    await webhook.rpc.take(webhook.id, well === undefined ? [] : [well]);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(6);
    pass(10 * SECOND);
    const others = newEvents(8);
    await webhook.rpc.take(webhook.id, others);
    await webhook.atLeast(16);
    const came = (await webhook.came()).slice(6);
    expect(came.filter((id) => slow.some((event) => event.id === id))).toHaveLength(2);
    expect(others.every(({ id }) => came.includes(id))).toBe(true);
    await webhook.follow({});
    await webhook.release(2);
    await webhook.settle();
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0 });
  });

  it("HOOK-2: one that cannot be read waits aside too, and the others go on", async () => {
    const webhook = await newWebhook();
    const unreadable = newEvent({ data: { unreadable: true } });
    const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await webhook.rpc.take(webhook.id, [unreadable]);
    await webhook.settle();
    expect(errors).toHaveBeenCalledOnce();
    errors.mockRestore();
    const [other] = newEvents(1);
    await webhook.rpc.take(webhook.id, other === undefined ? [] : [other]);
    pass(31 * SECOND);
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    await webhook.settle();
    expect(await webhook.came()).toEqual([other?.id]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 1 });
    vi.restoreAllMocks();
  });
});
