/** What an event costs the object of a webhook: rows written, which do not grow with what waits. */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { v7 as uuidv7 } from "uuid";

import type { Host } from "../../src/webhooks/host.ts";
import { Keeper } from "../../src/webhooks/keeper.ts";
import { LIMITS } from "../../src/webhooks/limits.ts";
import { newEvents, newWebhook, TOKEN, type TestWebhook } from "../support/webhook-world.ts";

interface Counter {
  written: number;
  alarms: number;
}

function countingHost(state: DurableObjectState, { id, receiver }: TestWebhook, counter: Counter): Host {
  return {
    sql: {
      rows: (query, ...bindings) => {
        const cursor = state.storage.sql.exec(query, ...bindings);
        const rows = cursor.toArray();
        counter.written += cursor.rowsWritten;
        return rows;
      },
    },
    db: env.DB,
    limits: LIMITS,
    targets: () => ({ development: true, ports: [] }),
    configuration: async () => ({
      ...{ id, url: receiver, events: ["*"], format: "json", enabled: true, updatedAt: 0, source: "test" },
      secrets: { token: TOKEN, previous: null },
    }),
    resource: async (event) => event.data,
    changes: ({ changes }) => changes,
    transact: (work) => state.storage.transactionSync(work),
    setAlarm: () => void (counter.alarms += 1),
    wipe: () => void state.storage.deleteAll(),
    clock: () => Date.now(),
    chance: () => 0,
    newId: () => uuidv7(),
    timer: (ms) => ({ over: new Promise((resolve) => setTimeout(resolve, ms)), cancel: () => undefined }),
    report: (what, error) => {
      throw new Error(what, { cause: error });
    },
  };
}

it("HOOK-2: an event costs ten rows written at most, one that is known none, and none an alarm of its own", async () => {
  const webhook = await newWebhook();
  await runInDurableObject(webhook.stub, async (_, state) => {
    const counter = { written: 0, alarms: 0 };
    const keeper = new Keeper(countingHost(state, webhook, counter), null);
    await keeper.take(webhook.id, newEvents(1));
    await keeper.alarm();
    for (const count of [1, 100]) {
      Object.assign(counter, { written: 0, alarms: 0 });
      const events = newEvents(count);
      await keeper.take(webhook.id, events);
      expect(counter.written).toBeLessThanOrEqual(1 + 3 * count);
      await keeper.alarm();
      expect(counter.written).toBeLessThanOrEqual(10 * count);
      expect(counter.alarms).toBeLessThanOrEqual(2);
      Object.assign(counter, { written: 0, alarms: 0 });
      expect(await keeper.take(webhook.id, events)).toEqual({ taken: 0 });
      expect(counter.written).toBe(0);
    }
  });
});
