import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

import worker from "../../src/index.ts";
import { noteCron } from "../../src/registry/upkeep/gauges.ts";

const DAY = 86_400_000;

it("DEL-1: the cron forgets ids of deleted licenses after 35 days, not before", async () => {
  const insert = env.DB.prepare("INSERT INTO deleted_licenses (id, deleted_at) VALUES (?, ?)");
  await env.DB.batch([insert.bind("old", Date.now() - 36 * DAY), insert.bind("young", Date.now() - 34 * DAY)]);
  const waiting: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void waiting.push(work),
    passThroughOnException: () => undefined,
    props: {},
  };
  await worker.scheduled(createScheduledController(), env, context as unknown as ExecutionContext);
  await Promise.all(waiting);
  const left = await env.DB.prepare("SELECT id FROM deleted_licenses").all();
  expect(left.results).toEqual([{ id: "young" }]);
});

it("OBS-2: the cron notes when it last ran, and an older run takes nothing back", async () => {
  const noted = async () => (await env.DB.prepare("SELECT name, value FROM gauges").all()).results;
  const [{ value } = { value: 0 }] = await noted();
  expect(Math.abs(Date.now() - Number(value))).toBeLessThan(60_000);
  await noteCron(env.DB, 1);
  expect(await noted()).toEqual([{ name: "cron", value }]);
  await noteCron(env.DB, Number(value) + 1);
  expect(await noted()).toEqual([{ name: "cron", value: Number(value) + 1 }]);
});
