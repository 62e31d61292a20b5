/** The log of deliveries, and deliveries made by hand. */

import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { TEST_LIMITS } from "../support/breakable-webhooks.ts";
import { newEvent, newEvents, newWebhook, pass, START } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

const ALL = { descending: true, after: null, most: 100, eventId: null, delivered: null } as const;

describe("the log of attempts", () => {
  it("HOOK-4: keeps request, status, answer and duration, without keys, people and the URL's query", async () => {
    const webhook = await newWebhook({
      path: "/hook?secret=hidden",
      script: { otherwise: { do: "answer", status: 200, body: "thank you" } },
    });
    const data = { id: "l", key: "SECRET-KEY", user: { email: "a@b.test" }, fingerprint: "SECRET-DEVICE", notes: "n" };
    const event = newEvent({ data });
    await webhook.rpc.take(webhook.id, [event]);
    await webhook.settle();
    const [attempt] = await webhook.rpc.attempts(webhook.id, ALL);
    expect(attempt).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      webhookId: webhook.id,
      at: START,
      eventId: event.id,
      eventType: "license.created",
      sequence: event.sequence,
      number: 1,
      url: `${webhook.receiver}/hook`,
      request: expect.stringContaining('"notes":"n"'),
      status: 200,
      delivered: true,
      response: "thank you",
      error: null,
      durationMs: 0,
    });
    const [received] = (await webhook.memory()).received;
    expect(received?.path).toContain("?secret=hidden");
    expect(received?.body).toContain("SECRET-KEY");
    for (const secret of ["SECRET", "a@b.test", "hidden", "whsec_"])
      expect(JSON.stringify(attempt)).not.toContain(secret);
    expect(await webhook.rpc.attempt(webhook.id, attempt?.id ?? "")).toEqual(attempt);
    expect(await webhook.rpc.attempt(webhook.id, "unknown")).toBeNull();
  });

  it("HOOK-4: takes out of a receiver's answer what the log does not tell, and full names out of the request", async () => {
    const body = "you sent SECRET-KEY for a@b.test (Ada Lovelace), before old@b.test";
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 200, body } } });
    const user = { name: "Ada Lovelace", firstName: "Ada", email: "a@b.test" };
    // Whom it was for before is in what was sent alone.
    const changes = { user: { before: { id: "u", email: "old@b.test" }, after: { id: "v", email: "a@b.test" } } };
    const data = { id: "l", key: "SECRET-KEY", name: "Pro", user };
    await webhook.rpc.take(webhook.id, [newEvent({ data, changes })]);
    await webhook.settle();
    const [attempt] = await webhook.rpc.attempts(webhook.id, ALL);
    expect(attempt?.response).toBe("you sent … for … (…), before …");
    expect(attempt?.request).toContain('"name":"Pro"');
    for (const secret of ["SECRET", "a@b.test", "old@b.test", "Ada"])
      expect(JSON.stringify(attempt)).not.toContain(secret);
  });

  it("HOOK-4: cuts a request at 2 KB, between two characters", async () => {
    const webhook = await newWebhook();
    await webhook.rpc.take(webhook.id, [newEvent({ data: { notes: "é".repeat(5000) } })]);
    await webhook.settle();
    const [attempt] = await webhook.rpc.attempts(webhook.id, ALL);
    const bytes = new TextEncoder().encode(attempt?.request).length;
    expect(bytes).toBeGreaterThan(2040);
    expect(bytes).toBeLessThanOrEqual(2048);
    expect(attempt?.request).toMatch(/é$/);
  });

  it("HOOK-4: keeps the newest alone", async () => {
    const webhook = await newWebhook();
    const events = Array.from({ length: 3 }, () => newEvents(30)).flat();
    for (let from = 0; from < events.length; from += 30) {
      await webhook.rpc.take(webhook.id, events.slice(from, from + 30));
      await webhook.settle();
    }
    const kept = await webhook.rpc.attempts(webhook.id, { ...ALL, descending: false });
    expect(kept).toHaveLength(TEST_LIMITS.attempts);
    expect(new Set(kept.map(({ eventId }) => eventId))).toEqual(new Set(events.slice(30).map(({ id }) => id)));
  });

  it("HOOK-4: is read in pages, from both ends, by event and by outcome", async () => {
    const webhook = await newWebhook({ script: { next: [{ do: "answer", status: 500 }] } });
    const events = newEvents(5);
    await webhook.rpc.take(webhook.id, events.slice(0, 1));
    await webhook.settle();
    await webhook.rpc.take(webhook.id, events.slice(1));
    await webhook.settle();
    pass(6000);
    await webhook.settle();
    const all = await webhook.rpc.attempts(webhook.id, ALL);
    expect(all).toHaveLength(6);
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().toReversed());
    const up = { ...ALL, descending: false };
    expect((await webhook.rpc.attempts(webhook.id, up)).map(({ id }) => id)).toEqual(ids.toReversed());
    const [first, second, third] = ids;
    const page = await webhook.rpc.attempts(webhook.id, { ...ALL, most: 2, after: first ?? "" });
    expect(page.map(({ id }) => id)).toEqual([second, third]);
    const back = await webhook.rpc.attempts(webhook.id, { ...up, most: 2, after: third ?? "" });
    expect(back.map(({ id }) => id)).toEqual([second, first]);
    const failed = await webhook.rpc.attempts(webhook.id, { ...ALL, delivered: false });
    expect(failed).toMatchObject([{ eventId: events[0]?.id, number: 1, status: 500 }]);
    const one = await webhook.rpc.attempts(webhook.id, { ...up, eventId: events[0]?.id ?? "" });
    expect(one.map(({ number, delivered }) => [number, delivered])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(
      await webhook.rpc.attempts(webhook.id, { ...ALL, eventId: events[0]?.id ?? "", delivered: true }),
    ).toHaveLength(1);
  });
});

describe("a test-fire", () => {
  it("ERR-2: of a webhook whose row cannot be read is no exception, and nothing is sent or logged", async () => {
    const webhook = await newWebhook({});
    await env.DB.prepare("UPDATE webhooks SET secrets = 'unreadable' WHERE id = ?").bind(webhook.id).run();
    expect(await webhook.rpc.testFire(webhook.id, newEvent({ type: "webhook.test" }))).toBe("unavailable");
    expect([(await webhook.memory()).received, await webhook.rpc.attempts(webhook.id, ALL)]).toEqual([[], []]);
  });

  it("HOOK-2: delivers at once, past the queue, is logged and never retried", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 418, body: "no" } } });
    const event = newEvent({ type: "webhook.test", data: { message: "hello" } });
    const attempt = await webhook.rpc.testFire(webhook.id, event);
    expect(attempt).toMatchObject({
      eventType: "webhook.test",
      status: 418,
      delivered: false,
      response: "no",
      number: 1,
    });
    const [received] = (await webhook.memory()).received;
    expect(JSON.parse(received?.body ?? "")).toMatchObject({ event: "webhook.test", data: { message: "hello" } });
    expect(await webhook.rpc.attempts(webhook.id, ALL)).toEqual([attempt]);
    pass(86_400_000);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(1);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, failures: 0 });
    expect(await webhook.alarmAt()).toBeNull();
  });

  it("HOOK-2: reaches a webhook that is disabled, while its events wait", async () => {
    const webhook = await newWebhook();
    await webhook.setRow("enabled", 0);
    await webhook.rpc.take(webhook.id, newEvents(2));
    const event = newEvent({ type: "webhook.test" });
    expect(await webhook.rpc.testFire(webhook.id, event)).toMatchObject({ delivered: true });
    await webhook.settle();
    expect(await webhook.came()).toEqual([event.id]);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 2 });
  });

  it("HOOK-2: takes one of the six lanes", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    await webhook.rpc.take(webhook.id, newEvents(8));
    await webhook.atLeast(6);
    const event = newEvent({ type: "webhook.test" });
    const answer = webhook.rpc.testFire(webhook.id, event);
    await webhook.release(1);
    // The lane that became free is the test's.
    await webhook.atLeast(7);
    expect((await webhook.came()).at(-1)).toBe(event.id);
    await webhook.follow({});
    await webhook.release(6);
    expect(await answer).toMatchObject({ delivered: true });
    await webhook.settle();
    expect((await webhook.memory()).most).toBe(6);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 0 });
  });
});
