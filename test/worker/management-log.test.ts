/**
 * EVT-4: what the vendor's own people and tokens did is kept apart, and nobody outside the vendor pushes it out; and
 * what a request did is found by its id.
 */

import { env, exports } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";
import { describe, expect, it, vi } from "vitest";
import type { Actor } from "../../src/domain/license/calls.ts";
import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import { forgetEvents } from "../../src/operations/upkeep/forget-events.ts";
import { handOver } from "../../src/operations/webhook/hand-over.ts";
import { insertEvents } from "../../src/registry/events/event-log.ts";
import { listEvents } from "../../src/registry/events/event-log-list.ts";
import { beginningAt, WALK, type EventLogFilter } from "../../src/registry/events/event-log-seek.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";
import { fill } from "../support/filled-log.ts";
import { created, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { activated, bearer, post } from "../support/shop.ts";

const MOST = 1000;

function event(actor: Actor, subjectId: string): LeaseholdEvent {
  const who = { actor, requestId: "r", changes: {}, data: {} };
  return { id: uuidv7(), type: "activation.created", at: Date.now(), subjectId, sequence: 1, ...who };
}

async function tablesOf(subjectId: string): Promise<readonly unknown[]> {
  const rows = env.DB.prepare(
    `SELECT 'event_log' AS log, actor ->> 'type' AS actor FROM event_log WHERE subject_id = ?1
     UNION ALL SELECT 'management_log', actor ->> 'type' FROM management_log WHERE subject_id = ?1`,
  ).bind(subjectId);
  return (await rows.all()).results;
}

async function logs(query: string): Promise<readonly Json[]> {
  return await listOf(await v3("GET", `/event-logs?limit=100&${query}`));
}

it("EVT-4: a device that activates and checks out all day does not push out the vendor's audit", async () => {
  const deployment = await opened({ ROOT_SECRET, EVENT_LOG_EVENTS: String(MOST) });
  const product = await created("/products", { name: "P" });
  const sold = await license({ productId: product.id });
  await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { suspended: true } }), 200);
  await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { suspended: false } }), 200);
  await handOver(deployment, Date.now());
  const audit = [...(await logs(`resourceId=${product.id}`)), ...(await logs(`resourceId=${sold.id}`))];
  expect(audit.map(({ event: type }) => type)).toEqual([
    ...["product.created", "license.created", "license.updated", "license.updated"],
  ]);
  const document = await activated(String(sold.key));
  const checkOut = await post(`/${document.sessionId}/check-out`, { fingerprint: "device" }, bearer(document));
  expect(checkOut.status).toBe(200);
  const day = Array.from({ length: 2 * MOST }, () => event({ type: "device" }, String(sold.id)));
  await env.DB.batch(insertEvents(env.DB, day));
  await forgetEvents(deployment, Date.now());
  expect(await env.DB.prepare("SELECT count(*) AS n FROM event_log").first("n")).toBe(MOST);
  for (const one of audit) expect(await read(`/event-logs/${one.id}`)).toEqual(one);
  const [first] = audit.slice(1);
  expect((await logs(`resourceId=${sold.id}`))[0]).toEqual(first);
});

describe("who is of the vendor", () => {
  it.each([
    [{ type: "token", id: "t" }, "management_log"],
    [{ type: "root" }, "management_log"],
    [{ type: "user", id: "boss" }, "management_log"],
    [{ type: "customer", id: "ada" }, "event_log"],
    [{ type: "device" }, "event_log"],
    [{ type: "system", id: "alarm" }, "event_log"],
  ] as const)("EVT-4: what %o does is in %s, once", async (actor, log) => {
    const subject = crypto.randomUUID();
    const one = event(actor, subject);
    for (let times = 0; times < 2; times += 1) await env.DB.batch(insertEvents(env.DB, [one]));
    expect(await tablesOf(subject)).toEqual([{ log, actor: actor.type }]);
  });

  it("EVT-4: a batch of both goes to both, and lists show it in the order of the ids", async () => {
    const subject = crypto.randomUUID();
    const actors: readonly Actor[] = [{ type: "token", id: "t" }, { type: "device" }, { type: "root" }];
    const events = [...actors, ...actors].map((actor) => event(actor, subject));
    await env.DB.batch(insertEvents(env.DB, events));
    expect((await logs(`resourceId=${subject}`)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });
});

it("EVT-4: actor= finds what a token, ROOT_SECRET or a person of the vendor did, and no device", async () => {
  const deployment = await opened({ ROOT_SECRET });
  const token = await mint(["product:write", "product:read"]);
  const answer = await v3("POST", "/products", { token, body: { name: "Theirs" } });
  const product = await jsonOf(answer, 201);
  await handOver(deployment, Date.now());
  const [made] = await logs(`resourceId=${product.id}`);
  const actor = made?.actor as { readonly id: string };
  expect(await logs(`actor=${actor.id}`)).toEqual([made]);
  expect(await logs(`actor=${actor.id}&event=product.created&resourceId=${product.id}`)).toEqual([made]);
  expect(await logs(`actor=${actor.id}&event=product.deleted`)).toEqual([]);
  const roots = await logs("actor=root");
  expect(roots.length).toBeGreaterThan(0);
  for (const one of roots) expect(one.actor).toEqual({ type: "root", id: null });
  await env.DB.batch(
    insertEvents(env.DB, [event({ type: "device" }, "s"), event({ type: "customer", id: "ada" }, "s")]),
  );
  for (const nobody of ["device", "ada", "customer"]) expect(await logs(`actor=${nobody}`)).toEqual([]);
});

it("MGMT-7: who a customer is, the provider's subject says, and that is for user:read", async () => {
  const subject = crypto.randomUUID();
  const actors: readonly Actor[] = [
    { type: "customer", id: "ada@example.com" },
    { type: "user", id: "boss" },
  ];
  await env.DB.batch(
    insertEvents(
      env.DB,
      actors.map((actor) => event(actor, subject)),
    ),
  );
  const seenWith = async (scopes: readonly string[]) => {
    const token = await mint(["eventLog:read", ...scopes]);
    const list = await listOf(await v3("GET", `/event-logs?resourceId=${subject}`, { token }));
    const one = await jsonOf(await v3("GET", `/event-logs/${list[0]?.id}`, { token }), 200);
    return [...list, one].map(({ actor }) => actor);
  };
  const [customer, user] = actors;
  expect(await seenWith(["user:read"])).toEqual([customer, user, customer]);
  const unnamed = { type: "customer", id: null };
  // The vendor's own people are what the audit is about.
  expect(await seenWith(["license:read", "activation:read"])).toEqual([unnamed, user, unnamed]);
});

const ALL: EventLogFilter = {
  types: null,
  subjectId: null,
  actorId: null,
  requestId: null,
  from: null,
  below: null,
};

it("OBS-1, EVT-1: what a request did is found by its id, of whichever table, and with other filters", async () => {
  const sold = await license({ allowedActivations: 2 });
  const patched = await v3("PATCH", `/licenses/${sold.id}`, { body: { notes: "found" } });
  const body = JSON.stringify({ activationCode: sold.key, fingerprint: "a device" });
  const headers = { "Content-Type": "application/json" };
  const url = "http://leasehold.test/api/v1/activations/license";
  const granted = await exports.default.fetch(url, { method: "POST", headers, body });
  const [byVendor = "", byDevice = ""] = [patched, granted].map((answer) => answer.headers.get("X-Request-Id") ?? "");
  const typesOf = async (query: string) => (await logs(query)).map((one) => one["event"]);
  await vi.waitUntil(async () => (await typesOf(`requestId=${byDevice}`)).length === 2);
  expect(await typesOf(`requestId=${byVendor.toUpperCase()}`)).toEqual(["license.updated"]);
  expect(await typesOf(`requestId=${byDevice}&sort=createdAt`)).toEqual([
    "license.first-activated",
    "activation.created",
  ]);
  expect(await typesOf(`requestId=${byDevice}&event=activation.created`)).toEqual(["activation.created"]);
  expect(await typesOf(`requestId=${byDevice}&resourceId=${sold.id}`)).toHaveLength(2);
  expect(await typesOf(`requestId=${byDevice}&resourceId=${crypto.randomUUID()}`)).toEqual([]);
  expect(await typesOf(`requestId=${byVendor}&actor=${crypto.randomUUID()}`)).toEqual([]);
  expect(await typesOf(`requestId=019b76da-a800-7000-8000-000000000000`)).toEqual([]);
  // Page by page, there is nothing lost.
  const first = await v3("GET", `/event-logs?requestId=${byDevice}&limit=1`);
  expect(first.headers.get("Pagination-Count")).toBe("2");
});

it("LIM-2: events around a request are looked through ten thousand at a time, from a minute before to a quarter after", async () => {
  const at = Date.UTC(2021, 5, 1);
  await fill("crowd", WALK + 2, at, 50);
  const requestId = `${beginningAt(at)}-7000-8000-000000000000`;
  for (const table of ["event_log", "management_log"])
    await env.DB.exec(
      `UPDATE ${table} SET request_id = '${requestId}' WHERE subject_id = 'crowd' AND sequence >= 10000`,
    );
  const request = { descending: false, limit: 10, from: { skip: 0 } };
  const first = await listEvents(env.DB, request, { ...ALL, requestId });
  expect(first).toMatchObject({ events: [], next: expect.any(String), total: null });
  const rest = await listEvents(env.DB, { ...request, from: { after: String(first.next) } }, { ...ALL, requestId });
  expect(rest.events.map(({ sequence }) => sequence)).toEqual([10_000, 10_001]);
  const elsewhere = [beginningAt(at - 900_000), beginningAt(at + 561_000)];
  for (const begin of elsewhere) {
    const other = `${begin}-7000-8000-000000000000`;
    expect((await listEvents(env.DB, request, { ...ALL, requestId: other })).events).toEqual([]);
  }
});
