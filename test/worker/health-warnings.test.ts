/** What health warns of while all is in order still (CFG-2, EVT-3, EVT-4). */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { bindingsWith, fetchWith, ROOT_SECRET } from "../support/bindings.ts";
import { license } from "../support/management.ts";

const WELL = { status: "ok", configuration: "ok", database: "ok" };

async function health(db = env.DB): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await fetchWith(bindingsWith({ ROOT_SECRET }, db), "/health");
  return { status: answer.status, body: await answer.json() };
}

/** The real D1, which says that it is as large as this. */
function databaseOf(bytes: number): D1Database {
  const enlarged = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (name === "bind") return (...values: unknown[]) => enlarged(target.bind(...values));
        if (name !== "all") return typeof member === "function" ? member.bind(target) : member;
        return async () => {
          const answer = await target.all();
          return { ...answer, meta: { ...answer.meta, size_after: bytes } };
        };
      },
    });
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (query: string) => enlarged(target.prepare(query));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

it("EVT-4: a D1 above 8 GB is a warning, and the status stays ok", async () => {
  expect(await health(databaseOf(8_000_000_000))).toEqual({ status: 200, body: WELL });
  expect(await health(databaseOf(8_000_000_001))).toEqual({ status: 200, body: { ...WELL, databaseLarge: true } });
});

it("EVT-3: events that are stuck in the objects are counted together with D1's own", async () => {
  expect(await health()).toEqual({ status: 200, body: WELL });
  const [one, other] = [await license(), await license()];
  const stuck = env.DB.prepare("UPDATE licenses SET stuck_events = ? WHERE id = ?");
  await env.DB.batch([stuck.bind(2, one.id), stuck.bind(3, other.id)]);
  const insert = env.DB.prepare("INSERT INTO outbox (id, event, tries, due_at) VALUES (?, '', ?, 9e15)");
  await env.DB.batch([insert.bind("a", 4), insert.bind("b", 5), insert.bind("c", 9)]);
  expect(await health()).toEqual({ status: 200, body: { ...WELL, stuckEvents: 7 } });
});
