/** The event log over /v3: the resource, its filters, and what it never tells (EVT-3, MGMT-1). */

import { env, exports } from "cloudflare:workers";
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import worker from "../../src/index.ts";
import {
  beginningAt,
  eventLogStatements,
  WALK,
  type EventLogFilter,
} from "../../src/registry/events/event-log-seek.ts";
import { listEvents } from "../../src/registry/events/event-log-list.ts";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, fullToken, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { planOf } from "../support/explained.ts";
import { fill } from "../support/filled-log.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const LOGS = "/event-logs";

async function cron(): Promise<void> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController(), env, context);
  await waitOnExecutionContext(context);
}

async function logs(query: string): Promise<readonly Json[]> {
  return await listOf(await v3("GET", `${LOGS}?${query}`));
}

describe("the resource", () => {
  it("EVT-1: who did what, when, with before and after", async () => {
    const product = await created("/products", { name: "P" });
    const answer = await v3("PATCH", `/products/${product.id}`, { body: { name: "Q" } });
    const requestId = answer.headers.get("X-Request-Id");
    const { updatedAt } = await jsonOf(answer, 200);
    await cron();
    const [first, second] = await logs(`resourceId=${product.id}`);
    expect(first).toMatchObject({ event: "product.created", changes: {}, data: { id: product.id, name: "P" } });
    expect(second).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event: "product.updated",
      resourceId: product.id,
      sequence: 0,
      actor: { type: "token", id: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      requestId,
      changes: { name: { before: "P", after: "Q" } },
      data: expect.objectContaining({ id: product.id, name: "Q" }),
      truncated: false,
    });
    expect(Math.abs(Date.parse(String(second?.createdAt)) - Date.parse(String(updatedAt)))).toBeLessThan(60_000);
    expect(await read(`${LOGS}/${second?.id}`)).toEqual(second);
    const large = await created("/products", { name: "L", description: "x".repeat(4000) });
    await cron();
    expect(await logs(`resourceId=${large.id}`)).toMatchObject([{ truncated: true, data: {}, changes: {} }]);
  });

  it("MGMT-1: a far page of many types is refused, since each type is read up to it", async () => {
    const types = ["license.created", "license.updated", "product.created"].map((type) => `event=${type}`).join("&");
    expect((await v3("GET", `${LOGS}?${types}&page=33&limit=100`)).status).toBe(200);
    const problem = await problemOf(await v3("GET", `${LOGS}?${types}&page=34&limit=100`), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual(["/page"]);
  });

  it("EVT-1: a license and its changes are told in the words of its resource, instants as RFC 3339", async () => {
    const sold = await license({ validity: 86_400 });
    const effectiveDate = "2020-01-01T00:00:00.000Z";
    const metadata = [{ key: "order", value: "7" }];
    const changed = await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { effectiveDate, metadata } }), 200);
    const ended = { expiresAt: "2020-02-01T00:00:00.000Z" };
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}/expires-at`, { body: ended }), 200);
    const told = await logs(`resourceId=${sold.id}&event=license.updated&event=license.expiresAt.updated`);
    expect(told.map(({ changes }) => changes)).toEqual([
      {
        effectiveDate: { before: null, after: effectiveDate },
        metadata: { before: [], after: changed.metadata },
      },
      { expiresAt: { before: sold.expiresAt, after: ended.expiresAt } },
    ]);
    expect(told[0]?.data).toEqual({ ...changed, key: null });
  });

  it("EVT-3: no key, secret, token, e-mail or fingerprint is in it, whatever happened", async () => {
    const secrets = [
      "a very secret key",
      "ada@example.test",
      "a secret device",
      "whsec_",
      "Lovelace",
      "hooks.example",
      "ada's pc",
      "ada's vm",
      "192.0.2.99",
    ];
    const user = await created("/users", { email: "ada@example.test", firstName: "Ada", lastName: "Lovelace" });
    const resource = await license({ key: "a very secret key", userId: user.id, allowedActivations: 2 });
    const activation = { activationCode: "a very secret key", fingerprint: "a secret device" };
    const activated = await exports.default.fetch("http://leasehold.test/api/v1/activations/license", {
      method: "POST",
      headers: { "Content-Type": "application/json", "CF-Connecting-IP": "192.0.2.99" },
      body: JSON.stringify({ ...activation, hostname: "ada's pc", vmName: "ada's vm" }),
    });
    expect(activated.status).toBe(200);
    const token = await created("/personal-access-tokens", { name: "t", scopes: ["*"] }, ROOT_SECRET);
    const webhook = await created("/webhooks", {
      name: "h",
      url: "http://127.0.0.1:9/hooks?s=hooks.example",
      events: ["user.*"],
    });
    const rotated = await jsonOf(await v3("POST", `/webhooks/${webhook.id}/rotate-secret`), 200);
    await v3("PATCH", `/users/${user.id}`, { body: { email: "ada@other.test" } });
    await v3("DELETE", `/webhooks/${webhook.id}`);
    await v3("DELETE", `/licenses/${resource.id}`);
    await cron();
    const whole = JSON.stringify([await logs("limit=100"), await logs("limit=100&sort=-createdAt")]);
    for (const type of ["license.created", "user.updated", "webhook.deleted", "personalAccessToken.created"])
      expect(whole).toContain(type);
    for (const secret of [...secrets, "other.test", token.token, webhook.token, rotated.token, await fullToken()])
      expect(whole).not.toContain(String(secret));
  });
});

describe("filters", () => {
  const DAY = Date.parse("2020-02-03T00:00:00Z");

  beforeAll(async () => {
    await fill("ab", 30, DAY);
    await fill("cd", 30, DAY + 60_000);
  });

  it("MGMT-1: by type (any of), by resource, by both, in both orders, over pages", async () => {
    const even = (await logs("event=tag.created&limit=100")).map(({ sequence, resourceId }) => [resourceId, sequence]);
    expect(even).toHaveLength(30);
    expect(even[0]).toEqual(["ab", 0]);
    expect(even.at(-1)).toEqual(["cd", 28]);
    const both = await logs("event[in][]=tag.created&event[in][]=tag.deleted&limit=100&sort=-createdAt");
    expect(both).toHaveLength(60);
    expect(both.map(({ id }) => id)).toEqual(
      both
        .map(({ id }) => String(id))
        .toSorted()
        .toReversed(),
    );
    expect(await logs("resourceId=ab&event=tag.deleted&limit=100")).toHaveLength(15);
    expect(await logs("event=nothing")).toEqual([]);
    for (const query of [
      ...["event=tag.deleted&event=tag.created", "resourceId=cd", "resourceId=ab&event=tag.deleted", "x"],
      ...["actor=of%20ab", "actor=of%20cd&event=tag.deleted", "actor=of%20ab&resourceId=ab&event=tag.created"],
    ]) {
      for (const sort of ["createdAt", "-createdAt"]) {
        const filter = query === "x" ? "createdAt[gte]=2020-02-03T00:00:00Z&createdAt[lt]=2020-02-04T00:00:00Z" : query;
        const expected = await logs(`${filter}&limit=100&sort=${sort}`);
        const seen: Json[] = [];
        let next: string | undefined = `${LOGS}?${filter}&limit=7&sort=${sort}`;
        while (next !== undefined) {
          const answer: Response = await v3("GET", next);
          expect(answer.headers.get("Pagination-Count")).toBe(String(expected.length));
          next = /<\/v3(.*)>; rel="next"/.exec(answer.headers.get("Link") ?? "")?.[1];
          seen.push(...(await listOf(answer)));
        }
        expect(seen).toEqual(expected);
        expect(await logs(`${filter}&limit=7&page=2&sort=${sort}`)).toEqual(expected.slice(7, 14));
      }
    }
  });

  it("MGMT-1: by instants, with each operator, at the millisecond", async () => {
    const at = (second: number) => new Date(DAY + second * 1000).toISOString();
    const found = async (query: string) => (await logs(`resourceId=ab&limit=100&${query}`)).map((one) => one.sequence);
    expect(await found(`createdAt[gt]=${at(27)}`)).toEqual([28, 29]);
    expect(await found(`createdAt[gte]=${at(27)}`)).toEqual([27, 28, 29]);
    expect(await found(`createdAt[lt]=${at(2)}`)).toEqual([0, 1]);
    expect(await found(`createdAt[lte]=${at(2)}`)).toEqual([0, 1, 2]);
    expect(await found(`createdAt[gt]=${at(3)}&createdAt[lte]=${at(5)}`)).toEqual([4, 5]);
    expect(await found(`createdAt=${at(5)}`)).toEqual([5]);
    expect(await found(`createdAt[gt]=${at(5)}&createdAt[lt]=${at(5)}`)).toEqual([]);
  });

  it("ERR-1: unknown filters, operators, orders and instants that are none are 400", async () => {
    for (const [query, pointer] of [
      ["actor=a&actor=b", "/actor"],
      ["actor[ne]=root", "/actor[ne]"],
      ["subject=root", "/subject"],
      ["event[ne]=a", "/event[ne]"],
      ["createdAt[ne]=2020-02-03T00:00:00Z", "/createdAt[ne]"],
      ["createdAt[gt]=yesterday", "/createdAt[gt]"],
      ["createdAt[gt]=2020-02-03T00:00:00Z&createdAt[gt]=2020-02-03T00:00:00Z", "/createdAt[gt]"],
      ["resourceId=a&resourceId=b", "/resourceId"],
      ["requestId=alarm", "/requestId"],
      [`requestId=${crypto.randomUUID()}`, "/requestId"],
      [`requestId=${REQUEST}&requestId=${REQUEST}`, "/requestId"],
      ["sort=sequence", "/sort"],
      ["createdAt[gt][lt]=1", "/createdAt[gt][lt]"],
    ] as const) {
      const problem = await problemOf(await v3("GET", `${LOGS}?${query}`), 400, "INVALID_REQUEST");
      expect(pointersOf(problem)).toEqual([pointer]);
    }
  });

  it("LIM-2: a page of one resource's rare events looks through ten thousand and says where to go on", async () => {
    await fill("many", WALK + 2, DAY + 86_400_000);
    for (const table of ["event_log", "management_log"])
      await env.DB.exec(`UPDATE ${table} SET type = 'test.rare' WHERE subject_id = 'many' AND sequence >= 10000`);
    const query = { types: ["test.rare"], subjectId: "many", actorId: null, requestId: null, from: null, below: null };
    const request = { descending: false, limit: 10, from: { skip: 0 } };
    const first = await listEvents(env.DB, request, query);
    expect(first).toMatchObject({ events: [], next: expect.any(String), total: null });
    const rest = await listEvents(env.DB, { ...request, from: { after: String(first.next) } }, query);
    expect(rest.events.map(({ sequence }) => sequence)).toEqual([10_000, 10_001]);
    expect(rest.next).toBeNull();
  });
});

it("ERR-2: cursors and parameters that no client of ours sends are 400, or a page", async () => {
  const cursor = (content: unknown) => btoa(JSON.stringify(content)).replaceAll("=", "");
  for (const list of [LOGS, "/webhook-event-logs", "/webhooks"]) {
    for (const query of [
      "cursor=x",
      `cursor=${cursor(["createdAt", null, "x"])}`,
      `cursor=${cursor(["-createdAt", 1, ""])}&sort=-createdAt`,
      `cursor=${cursor(["createdAt", "'; --", "\u0000"])}&sort=createdAt`,
      `cursor=${cursor([])}`,
      "constructor[eq]=1",
      "event[in][]=&event[in][]=\u0000",
      "createdAt[gt]=",
      "[gt]=1",
      "=1",
      `event=${"x".repeat(5000)}`,
      "resourceId=%00",
      "success=",
      "page=999999999",
    ]) {
      const answer = await v3("GET", `${list}?${query}`);
      expect([list, query, answer.status]).toEqual([list, query, expect.toBeOneOf([200, 400])]);
    }
  }
});

const REQUEST = "019b76da-a800-7000-8000-000000000000";
const ANY = { types: null, subjectId: null, actorId: null, requestId: null };

/** A seek for each type, and one for each event. */
const BY_TYPES =
  /^SEARCH \w+_log USING (COVERING INDEX \w+_log_type( \(type>\?\)| \(type=\? AND id(=|>\? AND id<)\?\))?|INTEGER PRIMARY KEY \(rowid=\?\))$/;

it("MGMT-1: no page reads the whole log, whatever it is filtered by", async () => {
  const filters: readonly Partial<EventLogFilter>[] = [
    {},
    { types: ["a"] },
    { types: ["a", "b"] },
    { subjectId: "s" },
    { subjectId: "s", types: ["a", "b"] },
    { actorId: "a" },
    { actorId: "a", types: ["a", "b"] },
    { actorId: "a", subjectId: "s" },
    { actorId: "a", subjectId: "s", types: ["a"] },
    { requestId: REQUEST },
    { requestId: REQUEST, types: ["a"] },
    { requestId: REQUEST, subjectId: "s" },
    { requestId: REQUEST, actorId: "a" },
    { requestId: REQUEST, actorId: "a", subjectId: "s", types: ["a"] },
  ];
  for (const filter of filters) {
    for (const times of [{}, { from: 1 }, { below: 2 }, { from: 1, below: 2 }]) {
      for (const descending of [true, false]) {
        for (const from of [{ skip: 40 }, { after: "0199f6a0-0000-7000-8000-000000000000" }]) {
          const whole = { ...ANY, from: null, below: null, ...filter, ...times };
          const { types, subjectId, actorId, requestId } = whole;
          const { seeks, counts, walkEnd } = eventLogStatements({ descending, limit: 20, from }, whole);
          for (const statement of [...seeks, ...counts, ...walkEnd]) {
            const [{ text }, plan] = [statement, await planOf(statement)];
            const details = plan.filter((detail) => detail.includes("_log"));
            const isByIds = subjectId === null && actorId === null && (types === null || requestId !== null);
            const tables = actorId === null ? ["event_log", "management_log"] : ["management_log"];
            const found = tables.map((table) => new RegExp(`^SEARCH ${table} USING .*INDEX .*id>\\? AND id<\\?\\)$`));
            const expected = isByIds ? details.map(() => BY_TYPES) : found;
            expect(details, text).toEqual(expected.map((one) => expect.stringMatching(one)));
            // In order as they come: neither table is read further than the page.
            if (!isByIds && !text.includes("json_each")) expect(plan.join(" "), text).not.toContain("B-TREE");
          }
        }
      }
    }
  }
  expect(beginningAt(Date.parse("2026-01-01T00:00:00Z")) < REQUEST).toBe(true);
});

it("MGMT-5, ERR-3: eventLog:read reads; unknown ids are 404; nothing writes", async () => {
  const [reader, other] = [await mint(["eventLog:read"]), await mint(["webhook:read"])];
  for (const path of [LOGS, `${LOGS}/${crypto.randomUUID()}`]) {
    await problemOf(await v3("GET", path, { token: null }), 401, "UNAUTHORIZED");
    for (const token of [other, ROOT_SECRET]) await problemOf(await v3("GET", path, { token }), 403, "FORBIDDEN");
    expect([200, 404]).toContain((await v3("GET", path, { token: reader })).status);
    await problemOf(await v3("DELETE", path), 405, "METHOD_NOT_ALLOWED");
  }
  for (const id of [crypto.randomUUID(), "none"]) await problemOf(await v3("GET", `${LOGS}/${id}`), 404, "NOT_FOUND");
});
