/** EVT-3, 0026-what-one-alarm-does.md: an event that cannot be handed over holds up no other. */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { handOver } from "../../src/operations/webhook/hand-over.ts";
import { bindingsWith, fetchWith, opened, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { read } from "../support/management.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

let made = 0;

function event(more: object = {}): { readonly id: string; readonly text: string } {
  made += 1;
  const id = `0199f6a0-0000-7000-8000-${String(made).padStart(12, "0")}`;
  const actor = { type: "system", id: "cron" };
  const whole = { id, type: "product.created", at: 1, subjectId: "s", sequence: 0, actor, requestId: "r", changes: {} };
  return { id, text: JSON.stringify({ ...whole, data: { name: "P" }, ...more }) };
}

async function wait(...events: readonly { readonly id: string; readonly text: string }[]): Promise<void> {
  const insert = env.DB.prepare("INSERT INTO outbox (id, event) VALUES (?, ?)");
  await env.DB.batch(events.map(({ id, text }) => insert.bind(id, text)));
}

async function waiting(): Promise<readonly { readonly id: string; readonly tries: number; readonly due_at: number }[]> {
  const rows = env.DB.prepare("SELECT id, tries, due_at FROM outbox ORDER BY id");
  return (await rows.all<{ id: string; tries: number; due_at: number }>()).results;
}

async function isLogged({ id }: { readonly id: string }): Promise<boolean> {
  return (await env.DB.prepare(`SELECT 1 FROM ${EVENTS} WHERE id = ?`).bind(id).first()) !== null;
}

async function health(): Promise<unknown> {
  return await (await fetchWith(bindingsWith({ ROOT_SECRET }), "/health")).json();
}

it("EVT-3: what D1 refuses waits alone; its neighbours are logged in the same run", async () => {
  const deployment = await opened({ ROOT_SECRET });
  // D1 refuses a row without a type or an actor; the others are no event at all.
  const poison = [
    event({ type: null }),
    event({ actor: undefined }),
    event({ id: "other" }),
    { id: "b", text: "null" },
    { id: "c", text: "{" },
  ];
  const sound = Array.from({ length: 45 }, () => event());
  await wait(...sound.slice(0, 3), ...poison, ...sound.slice(3));
  await handOver(deployment, 1000);
  for (const one of sound) expect(await isLogged(one)).toBe(true);
  expect(await waiting()).toEqual(
    poison.map(({ id }) => ({ id, tries: 1, due_at: 1000 + MINUTE })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  // Not before it is due.
  await handOver(deployment, 1000 + MINUTE - 1);
  expect((await waiting())[0]?.tries).toBe(1);
});

it("EVT-3: after five failures alone it is tried daily, and health counts it", async () => {
  const deployment = await opened({ ROOT_SECRET });
  const runs = [2, 3, 4, 5, 6];
  let now = 1000 + MINUTE;
  for (const tries of runs) {
    await handOver(deployment, now);
    const pause = tries < 5 ? MINUTE : DAY;
    expect(new Set((await waiting()).map((row) => `${row.tries} ${row.due_at}`))).toEqual(
      new Set([`${tries} ${now + pause}`]),
    );
    now += pause;
  }
  expect(await health()).toEqual({ status: "ok", configuration: "ok", database: "ok", warnings: ["events-stuck"] });
  expect(await read("/deployment")).toMatchObject({ stuckEvents: 5 });
  // What was to blame is mended: the next try takes it, and nothing is stuck.
  const repaired = event();
  await env.DB.exec("DELETE FROM outbox WHERE id <> 'b'");
  await env.DB.prepare("UPDATE outbox SET id = ?, event = ?").bind(repaired.id, repaired.text).run();
  await handOver(deployment, now);
  expect(await isLogged(repaired)).toBe(true);
  expect(await health()).toEqual({ status: "ok", configuration: "ok", database: "ok" });
});

it("EVT-3: an outage counts against no event", async () => {
  const { db, fail, heal } = watchedDatabase();
  const deployment = await opened({ ROOT_SECRET }, db);
  const one = event();
  await wait(one);
  fail();
  await handOver(deployment, 0);
  heal();
  expect(await waiting()).toEqual([{ id: one.id, tries: 0, due_at: 0 }]);
  await handOver(deployment, 0);
  expect([await isLogged(one), await waiting()]).toEqual([true, []]);
});
