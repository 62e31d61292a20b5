/** Charts (page 93): what the cron counts, what isolates see of refusals; no granted call writes for either. */

import { env } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventType } from "../../src/domain/license/event.ts";
import { countDays, numbersOfNow } from "../../src/operations/upkeep/count-days.ts";
import { HOUR_MS, stepTally, TALLIES } from "../../src/registry/upkeep/analytics.ts";
import { insertEvents } from "../../src/registry/events/event-log.ts";
import { created, jsonOf, mint, v3, type Json } from "../support/management.ts";
import { activated, deployment, newFloating, newLicense, tryActivate } from "../support/shop.ts";

const DAY_MS = 24 * HOUR_MS;
/** A noon: no hour of the tests is of another day by chance. */
const NOON = Date.UTC(2027, 4, 20, 12, 30);

beforeEach(() => void vi.setSystemTime(NOON));
afterEach(async () => {
  vi.useRealTimers();
  await env.DB.exec("DELETE FROM event_hours; DELETE FROM refusal_hours; DELETE FROM tallies; DELETE FROM event_log");
});

async function happened(type: EventType, at: number): Promise<void> {
  const event = { id: uuidv7({ msecs: at }), type, at, subjectId: uuidv7(), sequence: 1, requestId: "r" };
  await env.DB.batch(
    insertEvents(env.DB, [{ ...event, actor: { type: "system", id: "cron" }, changes: {}, data: {} }]),
  );
}

const cron = async (at: number) => await countDays(await deployment(), at);

async function day(date: string, query = ""): Promise<Json | undefined> {
  const { days } = await jsonOf(await v3("GET", `/analytics/days?from=${date}&to=${date}${query}`), 200);
  return (days as readonly Json[])[0];
}

async function hours(): Promise<readonly unknown[]> {
  return (await env.DB.prepare("SELECT hour, type, n FROM event_hours ORDER BY hour, type").all()).results;
}

describe("events by day", () => {
  it("are counted by the cron, who comes late, twice or out of order", async () => {
    for (const ago of [0, 60_000, 5 * HOUR_MS]) await happened("activation.created", NOON - ago);
    await happened("license.renewed", NOON - 23 * HOUR_MS);
    await happened("product.created", NOON);
    await cron(NOON);
    expect(await day("2027-05-20", "&metrics=activationsCreated")).toEqual({
      date: "2027-05-20",
      activationsCreated: 2,
    });
    for (let minute = 0; minute < 24; minute += 1) await cron(NOON + minute * 60_000);
    const all = await hours();
    await cron(NOON);
    await cron(NOON);
    expect(await hours()).toEqual(all);
    expect(await day("2027-05-20")).toMatchObject({ activationsCreated: 3, licensesRenewed: 0, usersCreated: 0 });
    expect(await day("2027-05-19")).toMatchObject({ activationsCreated: 0, licensesRenewed: 1 });
    // A hand-over that came late.
    await happened("activation.created", NOON - 5 * HOUR_MS);
    for (let minute = 0; minute < 24; minute += 1) await cron(NOON + minute * 60_000);
    expect(await day("2027-05-20")).toMatchObject({ activationsCreated: 4 });
    // What the log has forgotten stays counted.
    await env.DB.exec("DELETE FROM event_log");
    for (let minute = 0; minute < 24; minute += 1) await cron(NOON + minute * 60_000);
    expect(await day("2027-05-20")).toMatchObject({ activationsCreated: 4 });
  });

  it("are one row a day after 32 days, with the same numbers", async () => {
    for (const ago of [0, HOUR_MS, 2 * HOUR_MS]) {
      await happened("activation.created", NOON - ago);
      await cron(NOON - ago);
    }
    expect(await hours()).toHaveLength(3);
    await cron(NOON + 32 * DAY_MS);
    expect(await hours()).toHaveLength(3);
    for (const _ of [1, 2]) await cron(NOON + 33 * DAY_MS);
    expect(await hours()).toEqual([{ hour: (NOON - 12.5 * HOUR_MS) / HOUR_MS, type: "activation.created", n: 3 }]);
    expect(await day("2027-05-20")).toMatchObject({ activationsCreated: 3 });
  });

  it("are shown day by day, thirty unless asked otherwise; what cannot be read is 400 at its parameter", async () => {
    const { days } = await jsonOf(await v3("GET", "/analytics/days?metrics=leasesExpired"), 200);
    expect((days as readonly Json[]).map(({ date }) => date)).toEqual(
      Array.from({ length: 30 }, (_, n) => new Date(NOON - (29 - n) * DAY_MS).toISOString().slice(0, 10)),
    );
    for (const [query, pointer] of [
      ["from=2027-02-30", "/from"],
      ["to=today", "/to"],
      ["from=2027-05-21&to=2027-05-20", "/from"],
      ["from=2020-01-01", "/from"],
      ["metrics=everything", "/metrics"],
    ]) {
      const refused = await jsonOf(await v3("GET", `/analytics/days?${query}`), 400);
      expect(refused.errors).toMatchObject([{ pointer }]);
    }
  });
});

describe("refusals by day", () => {
  const codes = async () => {
    const { days } = await jsonOf(await v3("GET", "/analytics/refusals?from=2027-05-20&to=2027-05-20"), 200);
    return (days as readonly Json[])[0];
  };
  const unknown = async (code: string) => await tryActivate(code, "f");

  it("are written once a minute and isolate, after a refused call; a granted one writes nothing", async () => {
    vi.setSystemTime(NOON + HOUR_MS);
    const license = await newFloating(1);
    await activated(license.key, "one");
    expect((await tryActivate(license.key, "two")).status).toBe(409);
    await vi.waitUntil(async () => (await codes())?.total === 1);
    await unknown("NOBODYS");
    await unknown("NOBODYS-EITHER");
    await jsonOf(
      await v3("POST", "/activations", {
        token: null,
        body: { key: "NOBODYS", fingerprint: "f".repeat(64), productId: license.terms.productId },
      }),
      400,
    );
    // The vendor's own mistakes are none.
    await jsonOf(await v3("POST", "/products", { body: {} }), 400);
    vi.setSystemTime(NOON + HOUR_MS + 59_000);
    await activated(license.key, "one");
    expect((await codes())?.total).toBe(1);
    vi.setSystemTime(NOON + HOUR_MS + 60_000);
    await activated(license.key, "one");
    expect((await codes())?.total).toBe(1);
    await unknown("NOBODYS");
    await vi.waitUntil(async () => (await codes())?.total === 5);
    expect((await codes())?.codes).toMatchObject({ "activation-code-unknown": 3, "seats-exhausted": 1 });
  });
});

describe("numbers of now", () => {
  it("are exact while few, by standing", async () => {
    const before = await jsonOf(await v3("GET", "/analytics/now"), 200);
    const count = (of: Json, name: string) => Number((of[name] as Json).count);
    const license = await newLicense();
    await created("/users", { email: "a@example.test", firstName: "A" });
    await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { suspended: true } }), 200);
    await jsonOf(await v3("PATCH", `/licenses/${(await newLicense()).id}`, { body: { revoked: true } }), 200);
    await created("/licenses", { productId: license.terms.productId, expiresAt: new Date(NOON + 1_000).toISOString() });
    vi.setSystemTime(NOON + 2_000);
    const after = await jsonOf(await v3("GET", "/analytics/now"), 200);
    const more = Object.keys(after).map((name) => [name, count(after, name) - count(before, name)]);
    expect(Object.fromEntries(more)).toEqual({
      ...{ activations: 0, users: 1, licenses: 3, expired: 1, suspended: 1, revoked: 1 },
    });
    expect(after.licenses).toMatchObject({ isExact: true, countedAt: new Date(NOON + 2_000).toISOString() });
  });

  it("are the cron's where there are many: walked in steps, once an hour", async () => {
    await env.DB.exec("DELETE FROM users");
    const insert = (n: number) =>
      env.DB.prepare(
        `WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < ?1)
         INSERT INTO users (id, email, email_folded, email_lower, first_name, last_name, company, metadata, tags, revision, created_at, updated_at)
         SELECT printf('%08d', n), n, n, n, NULL, NULL, NULL, '[]', '[]', 1, n, n FROM i`,
      ).bind(n);
    await insert(10_002).run();
    const now = async () => (await numbersOfNow(await deployment(), NOON)).users;
    expect(await now()).toEqual({ count: 10_000, isExact: false, countedAt: NOON });
    // Each tally in its turn, each in steps.
    for (let step = 0; step < 20; step += 1) await stepTally(env.DB, 4_000, NOON - 60_000 + step);
    const counted = await now();
    expect(counted).toMatchObject({ count: 10_002, isExact: false });
    expect(counted.countedAt).toBeLessThan(NOON);
    const { results } = await env.DB.prepare("SELECT name, walk FROM tallies ORDER BY name").all();
    expect(results).toEqual([...TALLIES].toSorted().map((name) => ({ name, walk: null })));
    await env.DB.exec("DELETE FROM users");
  });

  it("MGMT-5: and all of it takes analytics:read", async () => {
    const [right, wrong] = [await mint(["analytics:read"]), await mint(["license:read"])];
    for (const path of ["days", "refusals", "now"]) {
      await jsonOf(await v3("GET", `/analytics/${path}`, { token: right }), 200);
      await jsonOf(await v3("GET", `/analytics/${path}`, { token: wrong }), 403);
    }
  });
});
