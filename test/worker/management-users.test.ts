/** Users over /v3: the resource, its lists and its bad input (MGMT-1, MGMT-6). */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, listOf, mint, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

let made = 0;

/** An e-mail that no other test has. */
function email(): string {
  made += 1;
  return `Ada.${made}@Example.test`;
}

async function user(members: Json = {}): Promise<Json> {
  return await created("/users", { email: email(), ...members });
}

async function patch(resource: Json, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/users/${resource.id}`, { body }), 200);
}

describe("the resource", () => {
  it("MGMT-6: every member; the e-mail as it was given; a password is accepted and kept nowhere", async () => {
    const body = { email: email(), firstName: "Ada", lastName: "Lovelace", company: "Engines", role: "user" };
    const password = "correct horse battery staple";
    const answer = await v3("POST", "/users", { body: { ...body, password, accountId: "any" } });
    const location = answer.headers.get("Location");
    const resource = await jsonOf(answer, 201);
    expect(resource).toEqual({
      ...body,
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updatedAt: resource.createdAt,
      name: "Ada Lovelace",
      twoFactorEnabled: false,
      googleSsoEnabled: false,
      allowCustomerPortalAccess: false,
      lastLoginAt: null,
      lastSeenAt: null,
      organizationId: null,
      resellerId: null,
      groups: [],
      metadata: [],
      tags: [],
    });
    expect(location).toBe(`/v3/users/${resource.id}`);
    expect(await read(`/users/${resource.id}`)).toEqual(resource);
    expect(await read(`/users/${String(resource.id).toUpperCase()}`)).toEqual(resource);
    const stored = await env.DB.batch(
      ["users", "outbox", "event_log", "management_log"].map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
    );
    expect(JSON.stringify(stored)).not.toContain(password);
    expect(JSON.stringify(stored)).toContain(String(resource.id));
  });

  it("IN-1: only the e-mail is required; null is absent, and in a PATCH clears", async () => {
    const bare = await user({ firstName: null, metadata: null, unknown: { any: 1 } });
    expect(bare).toMatchObject({ firstName: null, lastName: null, company: null, name: "" });
    const metadata = [{ key: "crm", value: "7", viewPermissions: ["user"] }];
    const named = await patch(bare, { firstName: "Ada", company: "Engines", metadata });
    expect(named).toMatchObject({ name: "Ada", company: "Engines", metadata, email: bare.email });
    expect(await patch(named, { firstName: null, email: null, metadata: null })).toMatchObject({
      ...named,
      firstName: null,
      name: "",
      updatedAt: expect.any(String),
    });
  });

  it("IN-2: what was read can be sent back; read-only members that differ are 400", async () => {
    const resource = await user({ firstName: "Ada" });
    expect(await patch(resource, resource)).toEqual(resource);
    for (const [member, value] of [
      ["id", crypto.randomUUID()],
      ["createdAt", "2020-01-01T00:00:00Z"],
      ["name", "Grace"],
    ] as const) {
      const answer = await v3("PATCH", `/users/${resource.id}`, { body: { lastName: "Other", [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    expect(await read(`/users/${resource.id}`)).toEqual(resource);
  });

  it("DEL-1: a deleted user is gone, and the e-mail is free again", async () => {
    const resource = await user();
    const answer = await v3("DELETE", `/users/${resource.id}`);
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 204, text: "" });
    for (const method of ["GET", "DELETE"])
      await problemOf(await v3(method, `/users/${resource.id}`), 404, "NOT_FOUND");
    await problemOf(await v3("PATCH", `/users/${resource.id}`, { body: { firstName: "A" } }), 404, "NOT_FOUND");
    expect((await created("/users", { email: resource.email })).id).not.toBe(resource.id);
  });
});

describe("e-mails", () => {
  it("MGMT-1: one that is taken, in whatever case, is 409, and the list finds who has it", async () => {
    const first = await user();
    const other = await user();
    const address = String(first.email);
    const before = await rowCounts();
    for (const taken of [address, address.toLowerCase(), address.toUpperCase()]) {
      const refused = await problemOf(await v3("POST", "/users", { body: { email: taken } }), 409, "ALREADY_EXISTS");
      expect(pointersOf(refused)).toEqual(["/email"]);
      const patched = await v3("PATCH", `/users/${other.id}`, { body: { email: taken, firstName: "Eve" } });
      expect(pointersOf(await problemOf(patched, 409, "ALREADY_EXISTS"))).toEqual(["/email"]);
      for (const filter of ["email", "email[eq]"]) {
        const found = await listOf(await v3("GET", `/users?${new URLSearchParams({ [filter]: taken })}`));
        expect(found).toEqual([first]);
      }
    }
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/users/${other.id}`)).toEqual(other);
  });

  it("MGMT-1: of many at once exactly one is created", async () => {
    const address = email();
    const sent = Array.from({ length: 8 }, () => v3("POST", "/users", { body: { email: address } }));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 7 }, () => 409)]);
  });

  it("SNAP-1: one's own e-mail in another case is a change, not a conflict", async () => {
    const resource = await user();
    const upper = String(resource.email).toUpperCase();
    expect(await patch(resource, { email: upper })).toMatchObject({ id: resource.id, email: upper });
  });
});

describe("lists", () => {
  it("MGMT-1: pages, orders, and filters that the next page keeps", async () => {
    const made3 = [await user(), await user(), await user()];
    const query = new URLSearchParams(made3.map(({ email: address }) => ["email", String(address)]));
    query.set("limit", "2");
    query.set("sort", "-createdAt");
    const first = await v3("GET", `/users?${query}`);
    const next = /<\/v3(.*)>; rel="next"/.exec(first.headers.get("Link") ?? "")?.[1];
    expect(first.headers.get("Pagination-Count")).toBe("3");
    const rest = await v3("GET", String(next));
    const ids = [...(await listOf(first)), ...(await listOf(rest))].map(({ id }) => id);
    expect(ids).toEqual(made3.map(({ id }) => id).toReversed());
    expect(await listOf(await v3("GET", "/users?email=nobody@example.test"))).toEqual([]);
    expect((await listOf(await v3("GET", "/users?limit=100"))).length).toBeGreaterThanOrEqual(3);
  });

  it("MGMT-1: unknown filters, operators, sorts and too many values are 400", async () => {
    const many = Array.from({ length: 21 }, (_, index) => `email=${index}`).join("&");
    for (const [query, pointer] of [
      ["firstName=Ada", "/firstName"],
      ["email[gt]=ada", "/email[gt]"],
      ["productId[ne]=0199f6a0-0000-7000-8000-00000000000a", "/productId[ne]"],
      ["productId[nin][]=0199f6a0-0000-7000-8000-00000000000a", "/productId[nin][]"],
      ["sort=email", "/sort"],
      ["limit=0", "/limit"],
      [many, "/email"],
    ] as const) {
      const problem = await problemOf(await v3("GET", `/users?${query}`), 400, "INVALID_REQUEST");
      expect(pointersOf(problem)).toContain(pointer);
    }
  });
});

describe("who may, and what is refused", () => {
  it("MGMT-5: user:read reads, user:write writes, anything else may neither", async () => {
    const resource = await user();
    const [reader, writer, other] = [
      await mint(["user:read"]),
      await mint(["user:write"]),
      await mint(["license:write"]),
    ];
    const path = `/users/${resource.id}`;
    const calls = [
      { scope: "read", call: (token: string | null) => v3("GET", path, { token }) },
      { scope: "read", call: (token: string | null) => v3("GET", "/users", { token }) },
      { scope: "write", call: (token: string | null) => v3("PATCH", path, { token, body: { firstName: "A" } }) },
      { scope: "write", call: (token: string | null) => v3("POST", "/users", { token, body: { email: email() } }) },
      { scope: "write", call: (token: string | null) => v3("DELETE", `${path}?detach=true`, { token }) },
    ];
    for (const { scope, call } of calls) {
      await problemOf(await call(null), 401, "UNAUTHORIZED");
      for (const token of [other, ROOT_SECRET, scope === "read" ? writer : reader])
        await problemOf(await call(token), 403, "FORBIDDEN");
      expect((await call(scope === "read" ? reader : writer)).ok).toBe(true);
    }
  });

  it("ERR-1: bad members are 400 with their pointers, and nothing is written", async () => {
    const resource = await user();
    const before = await rowCounts();
    const wrong: readonly (readonly [Json, string])[] = [
      [{ email: "nobody" }, "/email"],
      [{ email: "two words@example.test" }, "/email"],
      [{ email: `${"a".repeat(320)}@example.test` }, "/email"],
      [{ email: 7 }, "/email"],
      [{ firstName: "x".repeat(257) }, "/firstName"],
      [{ lastName: [] }, "/lastName"],
      [{ company: "a\u0000" }, "/company"],
      [{ role: "admin" }, "/role"],
      [{ allowCustomerPortalAccess: true }, "/allowCustomerPortalAccess"],
      [{ tags: ["vip"] }, "/tags/0"],
      [
        {
          metadata: [
            { key: "a", value: "1" },
            { key: "a", value: "2" },
          ],
        },
        "/metadata/1/key",
      ],
      [{ metadata: [{ key: "", value: "1" }] }, "/metadata/0/key"],
    ];
    for (const [members, pointer] of wrong) {
      const posted = await v3("POST", "/users", { body: { email: email(), ...members } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual([pointer]);
      const patched = await v3("PATCH", `/users/${resource.id}`, { body: members });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    expect(pointersOf(await problemOf(await v3("POST", "/users", { body: {} }), 400, "INVALID_REQUEST"))).toEqual([
      "/email",
    ]);
    await problemOf(await v3("DELETE", `/users/${resource.id}?detach=maybe`), 400, "INVALID_REQUEST");
    expect(await rowCounts()).toEqual(before);
    expect(await read(`/users/${resource.id}`)).toEqual(resource);
  });

  it("ERR-3: unknown ids, ids that are none, and other methods", async () => {
    for (const id of [crypto.randomUUID(), "none", "0"]) {
      await problemOf(await v3("GET", `/users/${id}`), 404, "NOT_FOUND");
      await problemOf(await v3("DELETE", `/users/${id}?detach=true`), 404, "NOT_FOUND");
    }
    await problemOf(await v3("PUT", "/users"), 405, "METHOD_NOT_ALLOWED");
  });

  it("EVT-1, EVT-3: each change has its event, and the log does not say who it was", async () => {
    const resource = await user({ firstName: "Ada", lastName: "Lovelace", company: "Engines" });
    await patch(resource, { email: `x${resource.email}`, firstName: "Augusta" });
    await v3("DELETE", `/users/${resource.id}`);
    const log = env.DB.prepare(`SELECT type, body, actor FROM ${EVENTS} WHERE subject_id = ? ORDER BY id`);
    const events = await vi.waitUntil(async () => {
      const { results } = await log.bind(resource.id).all<{ type: string; body: string; actor: string }>();
      return results.length === 3 ? results : null;
    });
    expect(events.map(({ type }) => type)).toEqual(["user.created", "user.updated", "user.deleted"]);
    expect(Object.keys((JSON.parse(events[1]?.body ?? "{}") as { changes: object }).changes)).toEqual(
      expect.arrayContaining(["email", "firstName"]),
    );
    expect(JSON.stringify(events)).not.toMatch(/example|"Ada|Augusta|Lovelace|Engines/);
  });
});
