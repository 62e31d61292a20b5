/** EVT-4: what the event log keeps, by age and by number, in bounded steps. */

import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { forgetEvents } from "../../src/operations/upkeep/forget-events.ts";
import { forgettingBeyond, forgettingOlder } from "../../src/registry/events/event-log-age.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";

const TABLES = ["event_log", "management_log"] as const;
const DAY = 86_400_000;
const NOW = Date.parse("2026-03-31T00:00:00Z");

type EventTable = (typeof TABLES)[number];

/** `count` events, one a minute until `last`, in the order of their arrival. */
async function log(count: number, last: number, table: EventTable): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT ?1 - 1 UNION ALL SELECT i - 1 FROM n WHERE i > 0)
     INSERT INTO ${table} SELECT
       substr(printf('%012x', ?2 - i * 60000), 1, 8) || '-' || substr(printf('%012x', ?2 - i * 60000), 9) || '-7000-8000-' || printf('%012d', i),
       't', 0, 's', 0, '{}', 'r', '{}'${table === "event_log" ? "" : ", 'a'"} FROM n`,
  )
    .bind(count, last)
    .run();
}

async function forget(days: number, events: number, table: EventTable): Promise<void> {
  const name = table.toUpperCase();
  const vars = { ROOT_SECRET, [`${name}_DAYS`]: String(days), [`${name}_EVENTS`]: String(events) };
  await forgetEvents(await opened(vars), NOW);
}

async function ids(table: EventTable): Promise<readonly string[]> {
  const rows = await env.DB.prepare(`SELECT id FROM ${table} ORDER BY id`).all<{ id: string }>();
  return rows.results.map(({ id }) => id);
}

beforeEach(async () => void (await env.DB.exec("DELETE FROM event_log; DELETE FROM management_log")));

describe.each(TABLES)("%s", (table) => {
  it("EVT-4: forgets what is older than its days, to the millisecond", async () => {
    await log(3, NOW - 7 * DAY - 1, table);
    await log(3, NOW - 7 * DAY + 120_000, table);
    const young = (await ids(table)).slice(3);
    await forget(7, 1_000_000, table);
    expect(await ids(table)).toEqual(young);
    await forget(7, 1_000_000, table);
    expect(await ids(table)).toEqual(young);
  });

  it("EVT-4: keeps no more than its number, the latest", async () => {
    await log(2500, NOW, table);
    const all = await ids(table);
    await forget(30, 1000, table);
    expect(await ids(table)).toEqual(all.slice(1500));
    await log(1, NOW + 1, table);
    await forget(30, 1000, table);
    expect(await ids(table)).toEqual([...all, `${(await ids(table)).at(-1)}`].slice(1501));
  });

  it("EVT-4: a run deletes ten thousand of each kind at most, and the next goes on", async () => {
    await log(10_500, NOW - 31 * DAY, table);
    await log(11_600, NOW, table);
    await forget(30, 1000, table);
    // 10,000 by age, then 10,000 of those that came first.
    expect(await ids(table)).toHaveLength(22_100 - 20_000);
    await forget(30, 1000, table);
    expect(await ids(table)).toHaveLength(1000);
  });

  it("EVT-4: an empty log, and one with room, stay as they are", async () => {
    await forget(1, 1000, table);
    await log(1000, NOW, table);
    await forget(1, 1000, table);
    expect(await ids(table)).toHaveLength(1000);
  });

  it("EVT-4: no step reads the whole log", async () => {
    for (const statement of [forgettingOlder(table), forgettingBeyond(table)]) {
      const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${statement}`).bind("0", 1).all<{ detail: string }>();
      const details = plan.results.map(({ detail }) => detail).filter((detail) => detail.includes(table));
      expect(details.length).toBeGreaterThan(1);
      for (const detail of details) expect(detail).toMatch(new RegExp(`^SEARCH ${table}`));
    }
  });

  it("EVT-4: what it forgets is no other table's", async () => {
    for (const each of TABLES) await log(1100, NOW - 31 * DAY, each);
    const other = table === "event_log" ? "management_log" : "event_log";
    // The other one keeps ten years.
    const limits = { [`${other.toUpperCase()}_DAYS`]: "3650" };
    await forgetEvents(await opened({ ROOT_SECRET, ...limits }), NOW);
    expect(await ids(table)).toEqual([]);
    expect(await ids(other)).toHaveLength(1100);
  });
});
