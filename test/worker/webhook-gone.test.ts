/** HOOK-2: a receiver that answers 410 is gone until somebody enables its webhook, in whatever order answers come. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { newEvent, newEvents, newWebhook, pass, START } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;

describe("a receiver", () => {
  it("HOOK-2, EVT-1: that is gone (410) is disabled, in the name of the alarm, and begins anew when it is enabled again", async () => {
    const webhook = await newWebhook({ script: { next: [{ do: "answer", status: 410 }] } });
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ enabled: 0, status: "suspended", status_reason: "gone" });
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "suspended", reason: "gone", waiting: 0 });
    expect(await webhook.announced()).toMatchObject([
      {
        type: "webhook.suspended",
        actor: { type: "system", id: "alarm" },
        changes: { enabled: { before: true, after: false }, statusReason: { after: "gone" } },
      },
    ]);
    pass(48 * HOUR);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(1);

    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.rpc.take(webhook.id, newEvents(1));
    await webhook.settle();
    // The one that got 410 does not come again, nor does what was handed over meanwhile.
    expect(await webhook.came()).toHaveLength(2);
    expect(await webhook.row()).toMatchObject({ enabled: 1, status: "healthy", status_reason: null });
    expect(await webhook.announced()).toHaveLength(2);
  });

  it("HOOK-2: that is gone stays so, whatever else was on its way, and what waited goes on when it is enabled", async () => {
    const [gone, failing, ...passing] = newEvents(5);
    const waiting = newEvents(3);
    const webhook = await newWebhook({
      script: {
        byEvent: { [gone?.id ?? ""]: { do: "hold", status: 410 }, [failing?.id ?? ""]: { do: "hold", status: 500 } },
        otherwise: { do: "hold", status: 204 },
      },
    });
    await webhook.rpc.take(
      webhook.id,
      [gone, failing, ...passing].flatMap((event) => event ?? []),
    );
    await webhook.atLeast(5);
    await webhook.release(1);
    await vi.waitFor(async () => expect(await webhook.row()).toMatchObject({ enabled: 0, status_reason: "gone" }));
    await webhook.follow({});
    await webhook.release(4);
    await webhook.settle();
    const stopped = { status: "suspended", reason: "gone", waiting: 1 };
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(stopped);
    expect(await webhook.row()).toMatchObject({ enabled: 0, status: "suspended", status_reason: "gone" });

    // Nothing but somebody who enables it lifts that: not the passing of time, a replay, a test or another URL.
    pass(48 * HOUR);
    await webhook.rpc.take(webhook.id, waiting);
    expect(await webhook.rpc.replay(webhook.id, { from: null, eventId: null })).toBe("gone");
    expect(await webhook.rpc.replay(webhook.id, { from: 0, eventId: failing?.id ?? null })).toBe("gone");
    expect(await webhook.rpc.testFire(webhook.id, newEvent({ type: "webhook.test" }))).toBe("gone");
    await webhook.setRow("url", `${webhook.receiver}/elsewhere`);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect(await webhook.came()).toHaveLength(5);
    expect(await webhook.rpc.state(webhook.id)).toMatchObject(stopped);

    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await webhook.settle();
    expect((await webhook.came()).slice(5)).toEqual([failing?.id]);
    expect(await webhook.row()).toMatchObject({ enabled: 1, status: "healthy", status_reason: null });
  });

  it("HOOK-2: that is gone once more right after it was enabled is disabled once more", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "answer", status: 410 } } });
    for (const _ of [1, 2]) {
      await webhook.rpc.take(webhook.id, newEvents(1));
      await webhook.settle();
      expect(await webhook.row()).toMatchObject({ enabled: 0, status: "suspended", status_reason: "gone" });
      await webhook.setRow("enabled", 1);
      await webhook.rpc.reconfigured(webhook.id);
    }
    expect(await webhook.came()).toHaveLength(2);
  });

  it("HOOK-2: that was enabled anew is not gone again by a letter of before", async () => {
    const webhook = await newWebhook({ script: { otherwise: { do: "hold", status: 410 } } });
    await webhook.rpc.take(webhook.id, newEvents(2));
    await webhook.atLeast(2);
    await webhook.release(1);
    await vi.waitFor(async () => expect(await webhook.row()).toMatchObject({ enabled: 0 }));
    await webhook.setRow("enabled", 1);
    await webhook.rpc.reconfigured(webhook.id);
    await vi.waitFor(async () => expect(await webhook.row()).toMatchObject({ status: "healthy" }));
    await webhook.follow({});
    await webhook.release(1);
    await webhook.settle();
    expect(await webhook.row()).toMatchObject({ enabled: 1, status: "healthy", status_reason: null });
    expect(await webhook.rpc.state(webhook.id)).toMatchObject({ status: "healthy", waiting: 0 });
  });
});
