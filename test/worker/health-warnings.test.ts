/** What health warns of while all is in order still, and the numbers behind it (CFG-2, EVT-3, EVT-4, OBS-2). */

import { version } from "../../package.json";
import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { expect, it, vi } from "vitest";
import { warningsOf } from "../../src/operations/upkeep/warnings.ts";
import { noteCron, readGauges, type Gauges } from "../../src/registry/upkeep/gauges.ts";
import { bindingsWith, fetchWith, ROOT_SECRET } from "../support/bindings.ts";
import { jsonOf, license, mint, type Json, read, v3 } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";

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

const MINUTE = 60_000;

/** An instant's place among ids. */
function idAt(at: number): string {
  return uuidv7({ msecs: at });
}

it("EVT-4, OBS-2: a D1 above 8 GB is a warning, and the status stays ok", async () => {
  expect(await health(databaseOf(8_000_000_000))).toEqual({ status: 200, body: WELL });
  expect(await health(databaseOf(8_000_000_001))).toEqual({
    status: 200,
    body: { ...WELL, warnings: ["database-large"] },
  });
});

it("EVT-3, OBS-2: warnings are told by name, and the numbers to whoever may read the account", async () => {
  expect(await health()).toEqual({ status: 200, body: WELL });
  const [one, other] = [await license(), await license()];
  const stuck = env.DB.prepare("UPDATE licenses SET stuck_events = ? WHERE id = ?");
  await env.DB.batch([stuck.bind(2, one.id), stuck.bind(3, other.id)]);
  await vi.waitUntil(async () => (await env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n")) === 0);
  const insert = env.DB.prepare("INSERT INTO outbox (id, event, tries, due_at) VALUES (?, '', ?, 9e15)");
  const since = Date.now() - 11 * MINUTE;
  // One that is stuck is older, and not what the others wait for.
  const waiting = [insert.bind(idAt(since - MINUTE), 5), insert.bind(idAt(since), 4), insert.bind(idAt(Date.now()), 9)];
  await env.DB.batch(waiting);
  await noteCron(env.DB, Date.now() - 5 * MINUTE - 1000);
  const hook = env.DB.prepare(
    `INSERT INTO webhooks (id, name, url, secrets, wrapping_key, events, format, enabled, status, status_reason,
       created_at, updated_at)
     SELECT ?1, 'h', '', '', wrapping_check, '["tag.*"]', 'json', ?2, ?3, ?4, 0, 0 FROM deployment`,
  );
  await env.DB.batch([
    hook.bind("1", 1, "healthy", null),
    hook.bind("2", 1, "unhealthy", null),
    hook.bind("3", 1, "suspended", "failing"),
    hook.bind("4", 1, "suspended", "backlog-full"),
    hook.bind("5", 0, "suspended", "gone"),
    hook.bind("6", 0, "suspended", "failing"),
  ]);
  const warnings = ["cron-late", "webhooks-failing", "outbox-old", "events-stuck"];
  expect(await health()).toEqual({ status: 200, body: { ...WELL, warnings } });

  expect((await read("/deployment")).webhooks).toMatchObject({ unhealthy: 1 });
  await env.DB.prepare("UPDATE webhooks SET status = 'healthy' WHERE id = '2'").run();
  // For ten seconds the answer is repeated.
  const told = await jsonOf(await v3("GET", "/deployment", { token: await mint(["account:read"]) }), 200);
  const recorded = await env.DB.prepare("SELECT id, created_at FROM deployment").first<Recorded>();
  expect(told).toEqual({
    id: recorded?.id,
    version,
    issuer: `urn:leasehold:${recorded?.id}`,
    environment: "development",
    jurisdiction: null,
    createdAt: new Date(recorded?.created_at ?? 0).toISOString(),
    warnings,
    cron: { lastRunAt: expect.stringMatching(/^20\d\d-/) },
    outbox: { waiting: expect.any(Number), waitingSince: new Date(since).toISOString() },
    stuckEvents: 7,
    webhooks: { unhealthy: 1, suspended: 2, gone: 1 },
    databaseBytes: expect.any(Number),
    keysToWrap: 0,
    migrations: [expect.stringMatching(/^0000_baseline_/)],
    variables: expect.arrayContaining([
      { name: "ROOT_SECRET", isSet: true },
      { name: "PUBLIC_URL", isSet: false },
    ]),
    checks: expect.any(Array),
  });
  const failed = (told.checks as readonly Json[]).filter(({ state }) => state === "failed").map(({ name }) => name);
  expect(failed.toSorted()).toEqual([...warnings, "no-public-url"].toSorted());
  for (const { words, cure } of told.checks as readonly Json[])
    expect([words, cure]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  // No value of a variable: the root secret is one.
  expect(JSON.stringify(told)).not.toContain(ROOT_SECRET);
  expect(told.databaseBytes).toBeGreaterThan(10_000);
  expect(told.outbox).toMatchObject({ waiting: 3 });

  await noteCron(env.DB, Date.now());
  await env.DB.exec("DELETE FROM outbox; DELETE FROM webhooks; UPDATE licenses SET stuck_events = 0");
  expect(await health()).toEqual({ status: 200, body: WELL });
});

it("OBS-2: the numbers take the scope account:read", async () => {
  await problemOf(await v3("GET", "/deployment", { token: await mint(["license:read"]) }), 403, "FORBIDDEN");
});

it("OBS-2: a cron that never came is late five minutes after the deployment was made, not before", () => {
  const gauges = { ...QUIET, createdAt: 0, cronAt: null };
  expect(warningsOf(gauges, 0, 5 * MINUTE)).toEqual([]);
  expect(warningsOf(gauges, 0, 5 * MINUTE + 1)).toEqual(["cron-late"]);
  expect(warningsOf({ ...gauges, cronAt: MINUTE }, 1, 6 * MINUTE)).toEqual(["keys-to-wrap"]);
});

it("OBS-2: an outbox is old after ten minutes, and a webhook that is gone is not failing", () => {
  const gauges = { ...QUIET, cronAt: 10 * MINUTE, waitingEvents: 1, waitingSince: 0, goneWebhooks: 1 };
  expect(warningsOf(gauges, 0, 10 * MINUTE)).toEqual([]);
  expect(warningsOf(gauges, 0, 10 * MINUTE + 1)).toEqual(["outbox-old"]);
});

it("OBS-2: the numbers read a bounded part of the outbox, however much waits", async () => {
  await env.DB.exec(
    "INSERT INTO outbox (id, event, tries, due_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT printf('0193f3a4-%04d', i), '', 9, 9e15 FROM n",
  );
  expect(await readGauges(env.DB)).toMatchObject({ waitingEvents: 1000, stuckEvents: 1000, waitingSince: null });
});

const QUIET: Gauges = {
  createdAt: 0,
  cronAt: 0,
  waitingEvents: 0,
  waitingSince: null,
  stuckEvents: 0,
  unhealthyWebhooks: 0,
  suspendedWebhooks: 0,
  goneWebhooks: 0,
  databaseBytes: 0,
};

interface Recorded {
  readonly id: string;
  readonly created_at: number;
}
