/** Events of the catalogue: written with their change, handed over once, redacted (EVT-1, EVT-3, EVT-4). */

import { env } from "cloudflare:workers";
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { v7 as uuidv7 } from "uuid";
import { expect, it, vi } from "vitest";
import worker from "../../src/index.ts";
import { handOver } from "../../src/operations/webhook/hand-over.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";
import { created, fullToken, jsonOf, license, productId, v3, type Json } from "../support/management.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

interface LogRow {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly subject_id: string;
  readonly sequence: number;
  readonly actor: string;
  readonly request_id: string;
  readonly body: string;
}

/** Everything logged about a resource, after a run of the cron. */
async function logOf(id: unknown): Promise<readonly LogRow[]> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController(), env, context);
  await waitOnExecutionContext(context);
  const rows = env.DB.prepare(`SELECT * FROM ${EVENTS} WHERE subject_id = ? ORDER BY id`).bind(id);
  return (await rows.all<LogRow>()).results;
}

it("EVT-1: a created license leaves one event, with who and what, and without its key", async () => {
  const answer = await v3("POST", "/licenses", { body: { productId: await productId(), notes: "n" } });
  const requestId = answer.headers.get("X-Request-Id");
  const resource = await jsonOf(answer, 201);
  const log = await logOf(resource.id);
  expect(log).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      type: "license.created",
      at: Date.parse(String(resource.createdAt)),
      subject_id: resource.id,
      sequence: 0,
      actor: expect.stringMatching(/^\{"type":"token","id":"[0-9a-f-]{36}"\}$/),
      request_id: requestId,
      body: expect.any(String),
    },
  ]);
  const body = JSON.parse(String(log[0]?.body)) as { changes: Json; data: Json };
  expect(body.changes).toEqual({});
  expect(body.data).toMatchObject({ id: resource.id, key: null, terms: { notes: "n" } });
});

it("EVT-3: an event is handed over right after the answer, without the cron", async () => {
  const { id } = await license();
  const logged = env.DB.prepare(`SELECT 1 FROM ${EVENTS} WHERE subject_id = ?`).bind(id);
  await vi.waitUntil(async () => (await logged.first()) !== null);
});

it("EVT-3: no key and no token is anywhere in the log, whatever happened", async () => {
  const token = await created("/personal-access-tokens", { name: "t", scopes: ["*"] }, ROOT_SECRET);
  const resource = await license({ key: "a very secret key", metadata: [{ key: "kept", value: "v" }] });
  await jsonOf(await v3("PATCH", `/licenses/${resource.id}`, { body: { key: "another secret key" } }), 200);
  await logOf(resource.id);
  await logOf(token.id);
  const whole = JSON.stringify((await env.DB.prepare(`SELECT * FROM ${EVENTS}`).all()).results);
  expect(whole).toContain("kept");
  for (const secret of ["very secret", "another secret", String(token.token), await fullToken(), ROOT_SECRET]) {
    expect(whole).not.toContain(secret);
  }
  const hashes = await env.DB.prepare("SELECT hash FROM access_tokens").all<{ hash: string }>();
  for (const { hash } of hashes.results) expect(whole).not.toContain(hash);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n")).toBe(0);
});

it("EVT-1: changes of products and access tokens say what was before and after; no change, no event", async () => {
  const product = await created("/products", { name: "P" });
  await v3("PATCH", `/products/${product.id}`, { body: { name: "Q", description: "" } });
  await v3("PATCH", `/products/${product.id}`, { body: { name: "Q" } });
  const [first, second, ...more] = await logOf(product.id);
  expect([first?.type, second?.type, more]).toEqual(["product.created", "product.updated", []]);
  expect(JSON.parse(String(second?.body))).toMatchObject({
    changes: { name: { before: "P", after: "Q" } },
    data: { id: product.id, name: "Q" },
  });
  const token = await created("/personal-access-tokens", { name: "a", scopes: ["tag:read"] }, ROOT_SECRET);
  await v3("PATCH", `/personal-access-tokens/${token.id}`, { body: { revoked: true } });
  await v3("DELETE", `/personal-access-tokens/${token.id}`);
  await v3("DELETE", `/personal-access-tokens/${token.id}`);
  const log = await logOf(token.id);
  expect(log.map((row) => row.type)).toEqual([
    "personalAccessToken.created",
    "personalAccessToken.updated",
    "personalAccessToken.deleted",
  ]);
  expect(log[0]?.actor).toBe('{"type":"root"}');
});

it("EVT-3: the hand-over may be repeated and may run at once with another", async () => {
  const event = {
    // Young enough for the cron, which forgets old ones.
    id: uuidv7(),
    type: "license.created",
    at: 1,
    subjectId: "twice",
    sequence: 0,
    actor: { type: "system", id: "cron" },
    requestId: "r",
    changes: {},
    data: { key: "secret" },
  };
  const waiting = async () =>
    await env.DB.prepare("INSERT INTO outbox (id, event) VALUES (?, ?)").bind(event.id, JSON.stringify(event)).run();
  const deployment = await opened({ ROOT_SECRET });
  await waiting();
  await Promise.all([handOver(deployment, 1), handOver(deployment, 1)]);
  // A crash between the log and the end of the hand-over looks like this.
  await waiting();
  await handOver(deployment, 1);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n")).toBe(0);
  expect(await logOf("twice")).toHaveLength(1);
});

it("EVT-4: bodies have at most 2 KB, and say when something was left out", async () => {
  const product = await productId();
  const small = await license({ productId: product, notes: "short" });
  const large = await license({ productId: product, notes: "é".repeat(4096) });
  const [short] = await logOf(small.id);
  const [cut] = await logOf(large.id);
  expect(JSON.parse(String(short?.body))).not.toHaveProperty("truncated");
  expect(JSON.parse(String(cut?.body))).toEqual({ changes: {}, data: {}, truncated: true });
});
