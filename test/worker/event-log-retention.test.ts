/** EVT-4: what the event log keeps, by age and by number, in bounded steps. */

import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { forgetEvents } from "../../src/operations/upkeep/forget-events.ts";
import { FORGET_BEYOND, FORGET_OLDER } from "../../src/registry/events/event-log-age.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-03-31T00:00:00Z");

/** `count` events, one a minute until `last`, in the order of their arrival. */
async function log(count: number, last: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT ?1 - 1 UNION ALL SELECT i - 1 FROM n WHERE i > 0)
     INSERT INTO event_log SELECT
       substr(printf('%012x', ?2 - i * 60000), 1, 8) || '-' || substr(printf('%012x', ?2 - i * 60000), 9) || '-7000-8000-' || printf('%012d', i),
       't', 0, 's', 0, '{}', 'r', '{}' FROM n`,
  )
    .bind(count, last)
    .run();
}

async function forget(days: number, events: number): Promise<void> {
  const vars = { ROOT_SECRET, EVENT_LOG_DAYS: String(days), EVENT_LOG_EVENTS: String(events) };
  await forgetEvents(await opened(vars), NOW);
}

async function ids(): Promise<readonly string[]> {
  const rows = await env.DB.prepare("SELECT id FROM event_log ORDER BY id").all<{ id: string }>();
  return rows.results.map(({ id }) => id);
}

beforeEach(async () => void (await env.DB.exec("DELETE FROM event_log")));

it("EVT-4: forgets what is older than its days, to the millisecond", async () => {
  await log(3, NOW - 7 * DAY - 1);
  await log(3, NOW - 7 * DAY + 120_000);
  const young = (await ids()).slice(3);
  await forget(7, 3_000_000);
  expect(await ids()).toEqual(young);
  await forget(7, 3_000_000);
  expect(await ids()).toEqual(young);
});

it("EVT-4: keeps no more than its number, the latest", async () => {
  await log(2500, NOW);
  const all = await ids();
  await forget(30, 1000);
  expect(await ids()).toEqual(all.slice(1500));
  await log(1, NOW + 1);
  await forget(30, 1000);
  expect(await ids()).toEqual([...all, `${(await ids()).at(-1)}`].slice(1501));
});

it("EVT-4: a run deletes ten thousand of each kind at most, and the next goes on", async () => {
  await log(10_500, NOW - 31 * DAY);
  await log(11_600, NOW);
  await forget(30, 1000);
  // 10,000 by age, then 10,000 of those that came first.
  expect(await ids()).toHaveLength(22_100 - 20_000);
  await forget(30, 1000);
  expect(await ids()).toHaveLength(1000);
});

it("EVT-4: an empty log, and one with room, stay as they are", async () => {
  await forget(1, 1000);
  await log(1000, NOW);
  await forget(1, 1000);
  expect(await ids()).toHaveLength(1000);
});

it("EVT-4: no step reads the whole log", async () => {
  for (const statement of [FORGET_OLDER, FORGET_BEYOND]) {
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`).bind("0", 1).all<{ detail: string }>();
    const details = plan.results.map(({ detail }) => detail).filter((detail) => detail.includes("event_log"));
    expect(details.length).toBeGreaterThan(1);
    for (const detail of details) expect(detail).toMatch(/^SEARCH event_log/);
  }
});
