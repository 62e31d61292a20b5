/**
 * When D1 answers again and nothing is left to do: alarms that are armed ring, the cron comes by, until all is quiet.
 */

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { calm, clear } from "../unsteady-d1.ts";
import { Contradiction } from "./believed.ts";
import { objectAt, ring } from "./isolate.ts";
import type { World } from "./world.ts";

export type Row = Record<string, string | number | null>;

/** What an object holds; null = no license. */
export interface Copy {
  readonly license: Row;
  readonly tally: Row;
  readonly activations: readonly Row[];
}

const HOUR = 3_600_000;
const ROUNDS = 20;

export async function quiet(world: World): Promise<void> {
  calm();
  await clear();
  let waiting: readonly string[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const locator of await locators(world)) await ring(objectAt(locator));
    // Later each time: what has failed waits longer and longer.
    await world.isolate.cron(Date.now() + 2 * round * HOUR);
    waiting = await waits(world);
    if (waiting.length === 0) return;
  }
  throw new Contradiction(`it never gets quiet: ${waiting.join(", ")}`);
}

/** Of all objects that this life's keys may have made. */
export async function locators(world: World): Promise<readonly string[]> {
  const { locator } = await world.isolate.deployment();
  return await Promise.all(world.keys().map(locator));
}

export async function copyOf(locator: string): Promise<Copy | null> {
  return await runInDurableObject(objectAt(locator), (_, { storage }) => {
    const rows = (query: string) => storage.sql.exec<Row>(query).toArray();
    if (!has(storage, "license")) return null;
    const [license, tally] = [rows("SELECT * FROM license")[0], rows("SELECT * FROM tally")[0]];
    if (license === undefined || tally === undefined) return null;
    const live = `SELECT id, created_at, lease_end FROM activation WHERE released = 0 AND seq > ${tally.dead_upto} ORDER BY id`;
    return { license, tally, activations: rows(live) };
  });
}

/** What is left to do. */
async function waits(world: World): Promise<readonly string[]> {
  const { results } = await env.DB.prepare(
    "SELECT 'event ' || event AS what FROM outbox UNION ALL SELECT 'e-mail of ' || user_id AS what FROM user_email_jobs",
  ).all<Row>();
  const objects = await Promise.all((await locators(world)).map(waitsIn));
  return [...results.map(({ what }) => String(what)), ...objects.flat()];
}

async function waitsIn(locator: string): Promise<readonly string[]> {
  return await runInDurableObject(objectAt(locator), async (_, { storage }) => {
    if (!has(storage, "license")) return [];
    const waiting = [
      "SELECT 'outbox' AS what, * FROM outbox",
      ...(has(storage, "stuck") ? ["SELECT 'stuck' AS what, * FROM stuck"] : []),
      ...(has(storage, "tombstone") ? ["SELECT 'tombstone' AS what, * FROM tombstone WHERE handed_over = 0"] : []),
      "SELECT 'fence' AS what, * FROM license, tally WHERE fence > fence_confirmed OR reproject_from IS NOT NULL",
      "SELECT 'activation' AS what, * FROM license, tally, activation WHERE seq <= dead_upto",
    ];
    const found = waiting.flatMap((query) => storage.sql.exec<Row>(query).toArray());
    const alarm = await storage.getAlarm();
    return found.map((row) => `${locator}, whose alarm is ${alarm}: ${JSON.stringify(row)}`);
  });
}

function has({ sql }: DurableObjectStorage, table: string): boolean {
  return sql.exec("SELECT 1 FROM sqlite_master WHERE name = ?", table).toArray().length > 0;
}
