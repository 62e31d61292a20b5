/** What a receiver gets, and what the object remembers of it. */

import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { newEvent, newEvents, newWebhook, START, TOKEN } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

describe("a delivery", () => {
  it("HOOK-1, EVT-2: carries the event, its id and its sequence, signed as Standard Webhooks", async () => {
    const webhook = await newWebhook();
    const event = newEvent();
    expect(await webhook.rpc.take(webhook.id, [event])).toEqual({ taken: 1 });
    await webhook.settle();
    const { received } = await webhook.memory();
    expect(received).toHaveLength(1);
    const [request] = received;
    expect(request?.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "user-agent": "Leasehold",
      "webhook-id": event.id,
      "webhook-timestamp": String(START / 1000),
    });
    const body = new Webhook(TOKEN).verify(request?.body ?? "", request?.headers ?? {});
    expect(body).toEqual({
      event: "license.created",
      data: { ...event.data, shown: true },
      changes: {},
      triggeredAt: new Date(START).toISOString(),
      id: event.id,
      sequence: event.sequence,
    });
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0, waitingBytes: 0 });
    // The net under what was on its way; nothing is left for it to do.
    await webhook.settle();
    expect(await webhook.alarmAt()).toBeNull();
    expect((await webhook.memory()).received).toHaveLength(1);
  });

  it("HOOK-1: is signed by Cryptlex's scheme where the token is no Standard Webhooks secret", async () => {
    const webhook = await newWebhook({ token: "any token" });
    const event = newEvent();
    await webhook.rpc.take(webhook.id, [event]);
    await webhook.settle();
    const [request] = (await webhook.memory()).received;
    const expected = createHmac("sha256", "any token")
      .update(request?.body ?? "")
      .digest("base64");
    expect(request?.headers).toMatchObject({
      "webhook-signature": expected,
      "webhook-id": event.id,
      "webhook-timestamp": String(START / 1000),
    });
  });

  it("HOOK-1: is a CloudEvent where the webhook asks for it", async () => {
    const webhook = await newWebhook({ format: "cloudevents" });
    const event = newEvent();
    await webhook.rpc.take(webhook.id, [event]);
    await webhook.settle();
    const [request] = (await webhook.memory()).received;
    expect(request?.headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(new Webhook(TOKEN).verify(request?.body ?? "", request?.headers ?? {})).toMatchObject({
      specversion: "1.0",
      id: event.id,
      source: "https://issuer.test",
      type: "license.created",
      subject: event.subjectId,
      data: { resource: { shown: true }, changes: {} },
    });
  });

  it("HOOK-2: at most six are on their way at a time, oldest first", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold" } } });
    const events = newEvents(20);
    await webhook.rpc.take(webhook.id, events);
    await webhook.atLeast(6);
    expect((await webhook.came()).toSorted()).toEqual(
      events
        .slice(0, 6)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ waiting: 20 });
    await webhook.follow({});
    await webhook.release(6);
    await webhook.settle();
    const { received, most } = await webhook.memory();
    expect(received).toHaveLength(20);
    expect(most).toBe(6);
  });
});
