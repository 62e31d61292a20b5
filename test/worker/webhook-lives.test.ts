/** Random lives of a webhook: receivers of every mood, crashes, replays; no event that was taken is ever lost. */

import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import { insertEvents } from "../../src/registry/events/event-log.ts";
import type { Behaviour } from "../support/webhook-receiver.ts";
import { newEvents, newWebhook, pass, START, type TestWebhook } from "../support/webhook-world.ts";

beforeEach(() => void vi.setSystemTime(START));
afterEach(() => void vi.useRealTimers());

const MOODS: readonly Behaviour[] = [
  { do: "answer", status: 200 },
  { do: "answer", status: 204 },
  { do: "answer", status: 500 },
  { do: "answer", status: 301, headers: { location: "/" } },
  { do: "answer", status: 429, headers: { "retry-after": "30" } },
  { do: "reset" },
  { do: "die-in-body", status: 200 },
];

type Move =
  | { readonly do: "happen"; readonly count: number }
  | { readonly do: "mood"; readonly otherwise: Behaviour; readonly next: readonly Behaviour[] }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "settle" | "crash" | "replay" | "disable" | "enable" };

const mood = fc.constantFrom(...MOODS);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("happen" as const), count: fc.integer({ min: 1, max: 15 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("mood" as const), otherwise: mood, next: fc.array(mood, { maxLength: 4 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(1, 6_000, 400_000, 8_000_000, 90_000_000),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: "settle" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "crash" as const }) },
  { weight: 1, arbitrary: fc.constantFrom<Move>({ do: "replay" }, { do: "disable" }, { do: "enable" }) },
);

async function play(webhook: TestWebhook, given: Move): Promise<readonly string[]> {
  switch (given.do) {
    case "happen": {
      const events = newEvents(given.count);
      await env.DB.batch(insertEvents(env.DB, events));
      await webhook.rpc.take(webhook.id, events);
      return events.map(({ id }) => id);
    }
    case "mood":
      await webhook.follow({ otherwise: given.otherwise, next: given.next });
      return [];
    case "pass":
      pass(given.ms);
      return [];
    case "settle":
      await webhook.settle();
      return [];
    case "crash":
      await abortAllDurableObjects();
      return [];
    case "replay":
      await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
      return [];
    case "disable":
    case "enable":
      await webhook.setRow("enabled", given.do === "enable" ? 1 : 0);
      await webhook.rpc.reconfigured(webhook.id);
      return [];
  }
}

/** The counts are those of the rows, and whoever waits has an alarm. */
async function checkCounts(webhook: TestWebhook): Promise<void> {
  const { waiting, waitingBytes, givenUp } = await webhook.rpc.state(webhook.id);
  if ((await webhook.sql("SELECT 1 FROM sqlite_master WHERE name = 'queue'")).length === 0) return;
  const [counted] = await webhook.sql(
    `SELECT (SELECT waiting FROM webhook) AS waiting, (SELECT waiting_bytes FROM webhook) AS bytes,
       (SELECT given_up FROM webhook) AS given_up, count(*) AS rows, COALESCE(sum(bytes), 0) AS sum,
       COALESCE(sum(place = 2), 0) AS places FROM queue`,
  );
  expect(counted?.["waiting"]).toBe(counted?.["rows"]);
  expect(counted?.["bytes"]).toBe(counted?.["sum"]);
  expect(counted?.["given_up"]).toBe(counted?.["places"]);
  if (waiting > givenUp) expect(await webhook.alarmAt()).not.toBeNull();
  expect(waitingBytes > 0).toBe(waiting > 0);
}

it("EVT-2, HOOK-2, HOOK-4: whatever happens, every event arrives in the end, and the counts hold", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 25 }), async (moves) => {
      vi.setSystemTime(START);
      await env.DB.exec("DELETE FROM event_log; DELETE FROM management_log");
      const webhook = await newWebhook();
      const happened: string[] = [];
      for (const one of moves) {
        happened.push(...(await play(webhook, one)));
        await checkCounts(webhook);
      }
      // What is still on its way meets the old mood.
      await webhook.settle();
      await webhook.follow({});
      await play(webhook, { do: "enable" });
      await webhook.rpc.replay(webhook.id, { from: null, eventId: null });
      await webhook.settle();
      const state = await webhook.rpc.state(webhook.id);
      expect(state).toMatchObject({ status: "healthy", waiting: 0, waitingBytes: 0, givenUp: 0, missedFrom: null });
      expect(await webhook.row()).toMatchObject({ status: "healthy", status_reason: null });
      const came = new Set(await webhook.came());
      expect(happened.filter((id) => !came.has(id))).toEqual([]);
      expect((await webhook.memory()).most).toBeLessThanOrEqual(6);
    }),
    { numRuns: 12 },
  );
});
