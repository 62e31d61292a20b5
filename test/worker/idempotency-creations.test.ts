/** MGMT-4: creations that only write D1, each sent more than once. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { runCron } from "../../src/operations/upkeep/cron.ts";
import { createOnce } from "../../src/operations/create-once.ts";
import { yes } from "../../src/domain/outcome.ts";
import { locatorKeyInForce } from "../../src/tokens/locator.ts";
import { bindingsWith, fetchWith, opened, ROOT_SECRET } from "../support/bindings.ts";
import { jsonOf, mint, productId, rowCounts, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { keyed } from "../support/world.ts";

const DAY = 86_400_000;

async function send(path: string, key: string, body: unknown, token?: string): Promise<Response> {
  return await v3("POST", path, {
    body,
    headers: { "Idempotency-Key": key },
    ...(token === undefined ? {} : { token }),
  });
}

async function kept(): Promise<number> {
  return Number(await env.DB.prepare("SELECT count(*) AS n FROM idempotency_records").first("n"));
}

async function wanted(path: string, salt: string): Promise<Json> {
  if (path === "/licenses") return { productId: await productId(), metadata: [{ key: "k", value: salt }] };
  if (path === "/trial-policies") return { name: salt, trialLength: 60 };
  return path === "/users" ? { email: `${salt}@example.test`, firstName: salt } : { name: `App ${salt}` };
}

const CREATIONS = ["/licenses", "/products", "/users", "/tags", "/license-templates", "/trial-policies"] as const;
/** Whose names or e-mails are taken once. */
const UNIQUE: ReadonlySet<string> = new Set(["/users", "/tags"]);

describe.each(CREATIONS)("POST /v3%s with an Idempotency-Key", (path) => {
  it("MGMT-4: creates once and answers the same again, body and Location", async () => {
    const sent = await wanted(path, `once${path.slice(1)}`);
    const first = await send(path, "order 1", sent);
    const resource = await jsonOf(first, 201);
    const before = await rowCounts();
    const again = await send(path, "order 1", sent);
    expect(again.headers.get("Location")).toBe(first.headers.get("Location"));
    expect(await jsonOf(again, 201)).toEqual(resource);
    expect(await rowCounts()).toEqual(before);
  });

  it("MGMT-4: bodies compare as JSON, unknown members included; another one is 422 and creates nothing", async () => {
    const sent = await wanted(path, `bodies${path.slice(1)}`);
    const { id } = await jsonOf(await send(path, "order 2", sent), 201);
    const turned = JSON.stringify(Object.fromEntries(Object.entries(sent).toReversed()), null, 3);
    expect((await jsonOf(await send(path, "order 2", turned), 201)).id).toBe(id);
    const before = await rowCounts();
    for (const other of [{ ...sent, unknown: 1 }, await wanted(path, "other")])
      await problemOf(await send(path, "order 2", other), 422, "IDEMPOTENCY_KEY_REUSED");
    expect((await rowCounts()).events).toBe(path === "/licenses" ? Number(before.events) + 1 : before.events);
  });

  it("MGMT-4: of many at once, one creates and all answer it", async () => {
    const sent = await wanted(path, `many${path.slice(1)}`);
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(path, "order 3", sent)));
    const ids = await Promise.all(answers.map(async (answer) => (await jsonOf(answer, 201)).id));
    expect(new Set(ids).size).toBe(1);
    const other = { ...sent, unknown: 2 };
    const mixed = await Promise.all([send(path, "order 4", other), send(path, "order 4", { ...other, more: 1 })]);
    const statuses = mixed.map(({ status }) => status).toSorted((one, two) => one - two);
    // An e-mail or name is taken by now, and no refusal is kept.
    expect(statuses).toEqual(UNIQUE.has(path) ? [409, 409] : [201, 422]);
  });

  it("MGMT-4: a refusal is not kept", async () => {
    const before = await kept();
    expect((await send(path, "order 5", { metadata: "none" })).status).toBe(400);
    expect(await kept()).toBe(before);
    await jsonOf(await send(path, "order 5", await wanted(path, `refused${path.slice(1)}`)), 201);
    expect(await kept()).toBe(before + 1);
  });

  it("MGMT-4: another principal's key is another key", async () => {
    const token = await mint(["*"]);
    const sent = await wanted(path, `own${path.slice(1)}`);
    const { id } = await jsonOf(await send(path, "order 6", sent), 201);
    const answer = await send(path, "order 6", sent, token);
    if (UNIQUE.has(path)) await problemOf(answer, 409, "ALREADY_EXISTS");
    else expect((await jsonOf(answer, 201)).id).not.toBe(id);
  });

  it.each(["", "k".repeat(256), "käse"])("MGMT-4: a malformed key (%j) is 400", async (key) => {
    const before = await rowCounts();
    await problemOf(await send(path, key, { name: "App", email: "a@b.test" }), 400, "INVALID_REQUEST");
    expect(await rowCounts()).toEqual(before);
  });
});

describe("a license's creation", () => {
  it("MGMT-4: with a chosen key, of many at once none is told that the key is taken", async () => {
    const sent = { productId: await productId(), key: "CHOSEN ONCE" };
    const answers = await Promise.all(Array.from({ length: 6 }, () => send("/licenses", "chosen", sent)));
    const ids = await Promise.all(answers.map(async (answer) => (await jsonOf(answer, 201)).id));
    expect(new Set(ids).size).toBe(1);
    await problemOf(await send("/licenses", "another", sent), 409, "ALREADY_EXISTS");
  });

  it("MGMT-4: with a known externalReference keeps its 200, and parallel copies of the first keep their 201", async () => {
    const sent = { productId: await productId(), externalReference: "line 1" };
    const firsts = await Promise.all(Array.from({ length: 5 }, () => send("/licenses", "line 1", sent)));
    const ids = await Promise.all(firsts.map(async (answer) => (await jsonOf(answer, 201)).id));
    expect(new Set(ids).size).toBe(1);
    const second = await jsonOf(await send("/licenses", "line 1 again", sent), 200);
    await jsonOf(await v3("PATCH", `/licenses/${String(ids[0])}`, { body: { notes: "changed" } }), 200);
    expect(await jsonOf(await send("/licenses", "line 1 again", sent), 200)).toEqual(second);
    await problemOf(await send("/licenses", "line 1 again", { ...sent, x: 1 }), 422, "IDEMPOTENCY_KEY_REUSED");
  });

  it("MGMT-4: answers what was answered then, also when the license has changed or gone", async () => {
    const sent = { productId: await productId() };
    const first = await jsonOf(await send("/licenses", "then", sent), 201);
    expect((await v3("DELETE", `/licenses/${String(first.id)}`)).status).toBe(204);
    expect(await jsonOf(await send("/licenses", "then", sent), 201)).toEqual(first);
  });

  it("MGMT-4: a batch that was applied although D1 said that it failed is found by the next try", async () => {
    const token = await mint(["*"]);
    const sent = JSON.stringify({ productId: await productId() });
    const wire = { isCut: false };
    const db = losingOneAnswer(wire);
    const open = deploymentOpener();
    const bindings = bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }, db);
    const common = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const call = async (key = "lost") => {
      const headers = { ...common, "Idempotency-Key": key };
      return await fetchWith(bindings, "/v3/licenses", open, headers, { method: "POST", body: sent });
    };
    const count = async () => Number(await env.DB.prepare("SELECT count(*) AS n FROM licenses").first("n"));
    expect((await call("first")).status).toBe(201);
    const before = await count();
    wire.isCut = true;
    await problemOf(await call(), 503, "STORAGE_UNAVAILABLE");
    expect(await count()).toBe(before + 1);
    expect((await call()).status).toBe(201);
    expect(await count()).toBe(before + 1);
  });
});

/** The real D1; while the wire is cut, the next batch is applied and its answer lost, which mends it. */
function losingOneAnswer(wire: { isCut: boolean }): D1Database {
  const batch = async (statements: D1PreparedStatement[]) => {
    const results = await env.DB.batch(statements);
    if (!wire.isCut) return results;
    wire.isCut = false;
    throw new Error("D1_ERROR: Network connection lost.");
  };
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "batch") return batch;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member as (...given: unknown[]) => unknown).bind(target) : member;
    },
  });
}

describe("kept answers in D1", () => {
  it("MGMT-4: hold no key and no name in clear", async () => {
    const { key } = await jsonOf(await send("/licenses", "secret order", { productId: await productId() }), 201);
    const rows = JSON.stringify((await env.DB.prepare("SELECT * FROM idempotency_records").all()).results);
    expect([rows.includes(String(key)), rows.includes("secret order"), rows.includes("productId")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("MGMT-4: count for 24 hours; then the same call creates anew, before the cron has come and after", async () => {
    const deployment = await opened({ ROOT_SECRET });
    let made = 0;
    const create = async (at: number) =>
      await createOnce<number>(deployment, keyed("day", 1), at, async (keep) => {
        made += 1;
        await env.DB.batch([...(await keep(made))()]);
        return yes(made);
      });
    const now = Date.now();
    const times = [now, now + DAY - 1, now + DAY, now + DAY + 1];
    const answers: unknown[] = [];
    for (const at of times) answers.push(await create(at));
    expect(answers).toEqual([1, 1, 2, 2].map((value) => ({ ok: true, value })));
    await runCron(deployment, now + DAY + 2);
    expect(await create(now + DAY + 2)).toEqual(yes(2));
    await runCron(deployment, now + 3 * DAY);
    expect(await kept()).toBe(0);
  });

  it("MGMT-4: are forgotten a thousand at a time, ten times a run", async () => {
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10500)
       INSERT INTO idempotency_records SELECT 'scope ' || i, 'b', 'a', 'w', i FROM n`,
    ).run();
    const deployment = await opened({ ROOT_SECRET });
    const before = await kept();
    await runCron(deployment, 2 * DAY);
    expect(await kept()).toBe(before - 10_000);
    await runCron(deployment, 2 * DAY);
    expect(await kept()).toBe(before - 10_500);
  });

  it("CFG-3: stay readable through a rotation of ROOT_SECRET, and health counts them until they are wrapped again", async () => {
    await env.DB.prepare("DELETE FROM idempotency_records").run();
    const next = "another-7d1e0b9c85f3a264e7d8b1c0";
    const LOCATOR_KEY = await locatorKeyInForce(ROOT_SECRET, null);
    const rotating = { ROOT_SECRET: next, ROOT_SECRET_PREVIOUS: ROOT_SECRET, LOCATOR_KEY };
    const answer = async (vars: Parameters<typeof opened>[0], made: number) =>
      await createOnce<number>(await opened(vars), keyed("rotated"), Date.now(), async (keep) => {
        await env.DB.batch([...(await keep(made))()]);
        return yes(made);
      });
    const health = async () => (await (await fetchWith(bindingsWith(rotating), "/health")).json()) as Json;
    expect(await answer({ ROOT_SECRET }, 1)).toEqual(yes(1));
    expect(await answer(rotating, 2)).toEqual(yes(1));
    expect(Number((await health()).keysToWrapAgain)).toBeGreaterThan(0);
    // Products' keys and all: nothing is left under the old one.
    for (let run = 0; run < 3; run += 1) await runCron(await opened(rotating), Date.now());
    expect((await health()).keysToWrapAgain).toBeUndefined();
    expect(await answer({ ROOT_SECRET: next, LOCATOR_KEY }, 3)).toEqual(yes(1));
    await env.DB.prepare("UPDATE idempotency_records SET answer = 'x'").run();
    expect(await answer({ ROOT_SECRET: next, LOCATOR_KEY }, 4)).toMatchObject({
      refusal: { code: "storage-unavailable" },
    });
  });
});
