/** From a change over /v3 to a receiver: everything is real but the customer (EVT-2, EVT-3, HOOK-1, HOOK-4). */

import { createHmac } from "node:crypto";
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { v7 as uuidv7 } from "uuid";
import { expect, it, vi } from "vitest";
import { handOver } from "../../src/operations/webhook/hand-over.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, license, listOf, productId, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { newReceiver, type Receiver } from "../support/receivers.ts";
import { failingObjects } from "../support/webhook-objects.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const MINUTE = 60_000;

async function webhook(receiver: Receiver, members: Json = {}): Promise<Json> {
  return await created("/webhooks", { name: "shop", url: receiver.url, events: ["license.created"], ...members });
}

async function attemptsOf(id: unknown, query = ""): Promise<readonly Json[]> {
  return await listOf(await v3("GET", `/webhook-event-logs?webhookId=${id}${query}`));
}

/** As soon as the object has written down what came of them. */
async function attemptsLogged(id: unknown, count: number): Promise<readonly Json[]> {
  return await vi.waitUntil(async () => {
    const attempts = await attemptsOf(id);
    return attempts.length >= count ? attempts : null;
  });
}

function idsOf(requests: readonly { readonly headers: Readonly<Record<string, string>> }[]): readonly unknown[] {
  return requests.map(({ headers }) => headers["webhook-id"]);
}

it("EVT-2, HOOK-1: a created license reaches its receiver as GET shows it, signed as Standard Webhooks", async () => {
  const receiver = await newReceiver();
  const { id, token } = await webhook(receiver);
  const resource = await license({ metadata: [{ key: "order", value: "7" }] });
  const [request] = await receiver.received(1);
  const body = new Webhook(String(token)).verify(request?.body ?? "", { ...request?.headers }) as Json;
  expect(body).toEqual({
    id: request?.headers["webhook-id"],
    event: "license.created",
    sequence: 0,
    triggeredAt: resource.createdAt,
    data: resource,
    changes: {},
  });
  expect(resource.key).toMatch(/^[A-F0-9]{6}-/);
  // Its attempt tells all of it but the key.
  const [attempt] = await attemptsLogged(id, 1);
  expect(attempt).toMatchObject({
    webhookId: id,
    event: "license.created",
    eventId: body.id,
    attempt: 1,
    success: true,
    statusCode: 204,
    error: null,
    request: { url: receiver.url },
  });
  expect(JSON.stringify(attempt)).not.toContain(resource.key);
  expect(await read(`/webhook-event-logs/${attempt?.id}`)).toEqual(attempt);
  expect(await read(`/webhook-event-logs/${attempt?.id}?webhookId=${id}`)).toEqual(attempt);
  const elsewhere = `/webhook-event-logs/${attempt?.id}?webhookId=${crypto.randomUUID()}`;
  await problemOf(await v3("GET", elsewhere), 404, "NOT_FOUND");
  expect(await read(`/webhooks/${id}/health`)).toEqual({
    status: "healthy",
    statusReason: null,
    waiting: 0,
    waitingBytes: 0,
    givenUp: 0,
    failures: 0,
    nextAttemptAt: null,
    lastSuccessAt: expect.any(String),
    missedFrom: null,
  });
  // That one event again: from the log, where there is no key.
  expect(await jsonOf(await v3("POST", `/webhook-event-logs/${attempt?.id}/replay`), 202)).toEqual({ replayed: 1 });
  const [, again] = await receiver.received(2);
  expect(JSON.parse(again?.body ?? "{}")).toEqual({ ...body, redacted: true, data: { ...resource, key: null } });
});

it("EVT-1, HOOK-1: suspending, lifting, revoking and a note are told apart, in both formats, under both signatures", async () => {
  const user = await created("/users", { email: "changed@example.test" });
  const { id } = await license({ notes: "a".repeat(2000) });
  const person = { id: user.id, email: "changed@example.test" };
  const patches: readonly Json[] = [
    ...[{ suspended: true }, { suspended: false }, { notes: "paid by bank" }],
    ...[{ userId: user.id, key: "another secret key" }, { revoked: true }],
  ];
  const changes = [
    { suspended: { before: false, after: true } },
    { suspended: { before: true, after: false } },
    { notes: { before: "a".repeat(2000), after: "paid by bank" } },
    // That the key changed is told, and neither key.
    { user: { before: null, after: person }, key: { before: null, after: null } },
    { revoked: { before: false, after: true } },
  ];
  const shops = await Promise.all(
    ["json", "cloudevents"].flatMap((format) =>
      [null, "a token of another scheme"].map(async (token) => {
        const receiver = await newReceiver();
        const made = await webhook(receiver, { events: ["license.updated"], format, token });
        return { receiver, id: made.id, token: token ?? String(made.token), isCloud: format === "cloudevents" };
      }),
    ),
  );
  for (const body of patches) await jsonOf(await v3("PATCH", `/licenses/${id}`, { body }), 200);
  const last = await read(`/licenses/${id}`);
  for (const { receiver, token, isCloud } of shops) {
    const requests = await receiver.received(changes.length);
    const bodies = requests.map(({ body, headers }) => {
      if (token.startsWith("whsec_")) return new Webhook(token).verify(body, { ...headers }) as Json;
      expect(headers["webhook-signature"]).toBe(createHmac("sha256", token).update(body).digest("base64"));
      return JSON.parse(body) as Json;
    });
    const inOrder = bodies.toSorted((one, other) => Number(one.sequence) - Number(other.sequence));
    expect(inOrder.map((body) => (isCloud ? (body.data as Json) : body).changes)).toEqual(changes);
    const ended = inOrder.at(-1)?.data as Json;
    expect(isCloud ? ended.resource : ended).toEqual(last);
  }

  // From the log: the same, without people, and of what had no room there (2 KB) the id alone.
  const [shop] = shops;
  await attemptsLogged(shop?.id, changes.length);
  await jsonOf(await v3("POST", `/webhooks/${shop?.id}/replay`, { body: { from: "2020-01-01T00:00:00Z" } }), 202);
  const again = (await shop?.receiver.received(2 * changes.length))?.slice(changes.length) ?? [];
  const replayed = again.map(({ body }) => JSON.parse(body) as Json);
  replayed.sort((one, other) => Number(one.sequence) - Number(other.sequence));
  expect(replayed.map((body) => body.changes)).toEqual([
    ...[changes[0], changes[1], {}],
    { ...changes[3], user: { before: null, after: { ...person, email: null } } },
    changes[4],
  ]);
  for (const body of replayed) expect(body).toMatchObject({ redacted: true, data: { id } });
  for (const { id: each } of shops) await v3("DELETE", `/webhooks/${each}`);
});

it("HOOK-1: a test reaches the receiver at once, under the old token and the new one", async () => {
  const receiver = await newReceiver();
  const { id, token } = await webhook(receiver, { enabled: false });
  const rotated = await jsonOf(await v3("POST", `/webhooks/${id}/rotate-secret`), 200);
  const attempt = await jsonOf(await v3("POST", `/webhooks/${id}/test-fire`), 200);
  expect(attempt).toMatchObject({ webhookId: id, event: "webhook.test", success: true, statusCode: 204 });
  const [request] = await receiver.received(1);
  for (const secret of [token, rotated.token])
    expect(new Webhook(String(secret)).verify(request?.body ?? "", { ...request?.headers })).toMatchObject({
      event: "webhook.test",
      data: { webhookId: id },
      changes: {},
    });
  await receiver.follow({ otherwise: { do: "answer", status: 500, body: "no" } });
  const failed = await jsonOf(await v3("POST", `/webhooks/${id}/test-fire`), 200);
  expect(failed).toMatchObject({ success: false, statusCode: 500, response: { body: "no" } });
  expect((await attemptsOf(id, "&success=false")).map((one) => one.id)).toEqual([failed.id]);
});

it("MGMT-1: attempts of all webhooks in one list, newest first, over pages", async () => {
  const receivers = [await newReceiver(), await newReceiver()];
  const webhooks = [];
  for (const receiver of receivers) webhooks.push(await webhook(receiver, { events: ["webhook.test"] }));
  const fired: Json[] = [];
  for (const turn of [0, 1, 0, 1, 1])
    fired.push(await jsonOf(await v3("POST", `/webhooks/${webhooks[turn]?.id}/test-fire`), 200));
  const both = webhooks.map(({ id }) => `webhookId=${id}`).join("&");
  const seen: Json[] = [];
  let next: string | undefined = `/webhook-event-logs?${both}&limit=2`;
  while (next !== undefined) {
    const answer: Response = await v3("GET", next);
    expect(answer.headers.get("Pagination-Count")).toBeNull();
    next = /<\/v3(.*)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
    seen.push(...(await listOf(answer)));
  }
  expect(seen).toEqual(fired.toReversed());
  expect(await listOf(await v3("GET", `/webhook-event-logs?${both}&limit=2&page=2`))).toEqual(seen.slice(2, 4));
  expect(await listOf(await v3("GET", `/webhook-event-logs?${both}&sort=createdAt`))).toEqual(fired);
  const { eventId } = fired[3] ?? {};
  expect(await listOf(await v3("GET", `/webhook-event-logs?eventId=${eventId}`))).toEqual([fired[3]]);
});

it("EVT-3: only what a webhook wants while it is enabled; replay brings the rest from the log", async () => {
  const receiver = await newReceiver();
  const product = await productId();
  const { id } = await webhook(receiver, { events: ["product.*"], enabled: false });
  const from = new Date().toISOString();
  const missed = await created("/products", { name: "missed" });
  await vi.waitUntil(async () => (await listOf(await v3("GET", `/event-logs?resourceId=${missed.id}`))).length === 1);
  await jsonOf(await v3("PATCH", `/webhooks/${id}`, { body: { enabled: true } }), 200);
  await license({ productId: product });
  const told = await created("/products", { name: "told" });
  const [first] = await receiver.received(1);
  expect(JSON.parse(first?.body ?? "{}")).toMatchObject({ event: "product.created", data: told });
  await vi.waitUntil(async () => (await listOf(await v3("GET", `/event-logs?resourceId=${told.id}`))).length === 1);
  await jsonOf(await v3("POST", `/webhooks/${id}/replay`, { body: { from } }), 202);
  const bodies = (await receiver.received(2)).map(({ body }) => JSON.parse(body) as { data: Json });
  expect(bodies.map(({ data }) => data.id)).toContain(missed.id);
});

it("EVT-3: a webhook that does not answer keeps its events for later, and holds up neither the log nor the others", async () => {
  const deployment = await opened({ ROOT_SECRET });
  const objects = failingObjects(deployment.webhooks);
  const stores = { db: env.DB, webhooks: objects };
  const [deaf, well] = [await newReceiver(), await newReceiver()];
  const failing = await webhook(deaf, { events: ["user.*"] });
  const other = await webhook(well, { events: ["user.created"] });
  objects.fail(String(failing.id));
  const now = Date.now();
  const ids = Array.from({ length: 45 }, (_, index) => `0199f6a0-0000-7000-8000-${String(index).padStart(12, "0")}`);
  const actor = { type: "system", id: "cron" };
  const insert = env.DB.prepare("INSERT INTO outbox (id, event) VALUES (?, ?)");
  const event = { type: "user.created", at: now, subjectId: "u", sequence: 0, actor, requestId: "r", changes: {} };
  await env.DB.batch(ids.map((id) => insert.bind(id, JSON.stringify({ id, ...event, data: {} }))));
  await handOver(stores, now);

  expect(idsOf(await well.received(45))).toEqual(ids);
  const waiting = env.DB.prepare("SELECT id FROM outbox WHERE tries = 0 AND due_at = ? ORDER BY id").bind(now + MINUTE);
  expect((await waiting.all<{ id: string }>()).results.map(({ id }) => id)).toEqual(ids);
  const logged = env.DB.prepare(`SELECT count(*) AS n FROM ${EVENTS} WHERE subject_id = 'u'`);
  expect(await logged.first("n")).toBe(45);
  // Waited for once in the run, not once a batch.
  expect(objects.askedOf(String(failing.id))).toBe(1);

  objects.heal(String(failing.id));
  await handOver(stores, now + MINUTE - 1);
  expect(objects.askedOf(String(failing.id))).toBe(1);
  await handOver(stores, now + MINUTE);
  expect(idsOf(await deaf.received(45))).toEqual(ids);
  expect(await env.DB.prepare("SELECT count(*) AS n FROM outbox").first("n")).toBe(0);
  expect(await logged.first("n")).toBe(45);
  // The one that had them knows them by their ids.
  expect(await well.received(45)).toHaveLength(45);
  await v3("DELETE", `/webhooks/${failing.id}`);
  await v3("DELETE", `/webhooks/${other.id}`);
});

it("EVT-2, EVT-3: a crash after the webhook has taken and before the mark delivers once, and logs once", async () => {
  const deployment = await opened({ ROOT_SECRET });
  const receiver = await newReceiver();
  const { id } = await webhook(receiver, { events: ["user.deleted"] });
  const event = { id: uuidv7(), type: "user.deleted", at: Date.now(), subjectId: "crash", sequence: 0 };
  const whole = { ...event, actor: { type: "root" }, requestId: "r", changes: {}, data: {} };
  await env.DB.prepare("INSERT INTO outbox (id, event) VALUES (?, ?)").bind(event.id, JSON.stringify(whole)).run();
  await handOver({ ...deployment, db: withoutMarks() }, Date.now());
  expect(idsOf(await receiver.received(1))).toEqual([event.id]);
  const waiting = env.DB.prepare("SELECT count(*) AS n FROM outbox WHERE id = ?").bind(event.id);
  expect(await waiting.first("n")).toBe(1);
  await handOver(deployment, Date.now());
  expect(await waiting.first("n")).toBe(0);
  // Everything that the object has on its way has landed by the time of this one.
  await jsonOf(await v3("POST", `/webhooks/${id}/test-fire`), 200);
  expect(await receiver.received(2)).toHaveLength(2);
  expect(await listOf(await v3("GET", "/event-logs?resourceId=crash"))).toHaveLength(1);
});

/** D1 that goes away at the last step of a hand-over. */
function withoutMarks(): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...given: unknown[]) => {
        if (String(given[0]).startsWith("DELETE FROM outbox")) throw new Error("D1_ERROR: Network connection lost.");
        return Reflect.apply(member, target, given);
      };
    },
  });
}

it("DEL-1: a deleted webhook is told nothing more, and its attempts are gone", async () => {
  const receiver = await newReceiver();
  const { id } = await webhook(receiver);
  await jsonOf(await v3("POST", `/webhooks/${id}/test-fire`), 200);
  expect(await attemptsOf(id)).toHaveLength(1);
  expect((await v3("DELETE", `/webhooks/${id}`)).status).toBe(204);
  expect(await attemptsOf(id)).toEqual([]);
  await vi.waitUntil(async () => {
    const object = (await opened({ ROOT_SECRET })).webhooks.at(String(id));
    return (await object.attempts(String(id), QUERY)).length === 0;
  });
});

const QUERY = { descending: true, after: null, most: 10, eventId: null, delivered: null };
