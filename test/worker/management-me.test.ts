/** `/v3/me` (MGMT-5, MGMT-6): tokens and people about themselves, and people about their licenses. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { ROOT_SECRET } from "../support/bindings.ts";
import { created, jsonOf, license, listOf, mint, productId, rowCounts, v3, type Json } from "../support/management.ts";
import { handedOver } from "../support/objects.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { activated } from "../support/shop.ts";
import { appWith, type SignedInApp } from "../support/signed-in-app.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

const ADA = "ada@acme.test";

interface Person {
  readonly app: SignedInApp;
  readonly token: string;
}

async function person(claims: Json, vars = {}): Promise<Person> {
  const provider = await newProvider({ "subject-1": claims });
  return { app: appWith(provider.issuer, vars), token: (await provider.tokens("subject-1")).access_token };
}

async function verified(email: string, more: Json = {}): Promise<Person> {
  return await person({ email, email_verified: true, ...more });
}

async function get({ app, token }: Person, path: string): Promise<Response> {
  return await app.call("GET", `/v3${path}`, { token });
}

async function patch({ app, token }: Person, body: unknown, headers = {}): Promise<Response> {
  return await app.call("PATCH", "/v3/me", { token, body, headers });
}

let ada: Json = {};

beforeAll(async () => {
  ada = await created("/users", {
    email: ADA,
    firstName: "Ada",
    lastName: "Byron",
    metadata: [
      { key: "crm", value: "42" },
      { key: "plan", value: "gold", viewPermissions: ["user"] },
    ],
  });
});

describe("an access token", () => {
  it("MGMT-5: is told who it is, whatever its scopes, and not its secret", async () => {
    const expiresAt = "2099-01-01T00:00:00.000Z";
    const token = await mint(["tag:read"], { name: "shop", expiresAt });
    const self = await jsonOf(await v3("GET", "/me", { token }), 200);
    const deployment = await env.DB.prepare("SELECT id FROM deployment").first<Json>();
    expect(self).toMatchObject({
      type: "personal-access-token",
      accountId: deployment?.id,
      name: "shop",
      scopes: ["tag:read"],
      expiresAt,
      revoked: false,
    });
    expect(JSON.stringify(self)).not.toContain(token);
  });

  it("MGMT-6: reads the one account by the accountId that it sees, and any other is 404", async () => {
    const token = await mint(["account:read"]);
    const { accountId } = await jsonOf(await v3("GET", "/me", { token }), 200);
    const row = await env.DB.prepare("SELECT id, created_at FROM deployment").first<Json>();
    expect(await jsonOf(await v3("GET", `/accounts/${accountId}`, { token }), 200)).toEqual({
      id: row?.id,
      createdAt: new Date(Number(row?.created_at)).toISOString(),
      issuer: `urn:leasehold:${row?.id}`,
    });
    for (const id of [crypto.randomUUID(), "me"])
      await problemOf(await v3("GET", `/accounts/${id}`, { token }), 404, "NOT_FOUND");
  });

  it("MGMT-5: is no person", async () => {
    const token = await mint(["*"]);
    for (const path of ["/me/licenses", "/me/activations", `/me/licenses/${String((await license()).id)}`])
      await problemOf(await v3("GET", path, { token }), 403, "FORBIDDEN");
    await problemOf(await v3("PATCH", "/me", { token, body: { firstName: "x" } }), 403, "FORBIDDEN");
  });
});

it("MGMT-5: ROOT_SECRET is nobody's, and strangers are 401", async () => {
  for (const path of ["/me", "/me/licenses", "/me/activations"]) {
    await problemOf(await v3("GET", path, { token: ROOT_SECRET }), 403, "FORBIDDEN");
    await problemOf(await v3("GET", path, { token: null }), 401, "UNAUTHORIZED");
    await problemOf(await v3("GET", path, { token: "lh_pat_nobody" }), 401, "UNAUTHORIZED");
  }
  await problemOf(await v3("PATCH", "/me", { token: ROOT_SECRET, body: {} }), 403, "FORBIDDEN");
});

describe("a signed-in person", () => {
  it("MGMT-5: is told who they are, as the vendor knows them, in any case of the e-mail", async () => {
    const self = await jsonOf(await get(await verified("ADA@acme.test"), "/me"), 200);
    expect(self).toMatchObject({
      type: "user",
      sub: "subject-1",
      email: "ADA@acme.test",
      role: "user",
      id: ada.id,
      name: "Ada Byron",
      firstName: "Ada",
      company: null,
    });
    expect((self.metadata as readonly Json[]).map(({ key }) => key)).toEqual(["plan"]);
    const admin = await jsonOf(await get(await verified(ADA, { roles: ["admin"] }), "/me"), 200);
    expect(admin).toMatchObject({ role: "admin", id: ada.id });
  });

  it.each([
    ["an unverified e-mail", { email: ADA, email_verified: false }, null],
    ["no e-mail", {}, null],
    ["an e-mail that no user has", { email: "nobody@acme.test", email_verified: true }, "nobody@acme.test"],
  ])("MGMT-5, AUTH-1: with %s is nobody that the vendor knows, and has no licenses", async (_, claims, email) => {
    const mine = await license({ userId: ada.id });
    const stranger = await person(claims);
    expect(await jsonOf(await get(stranger, "/me"), 200)).toMatchObject({
      sub: "subject-1",
      email,
      id: null,
      name: "",
    });
    const answer = await get(stranger, "/me/licenses");
    expect(answer.headers.get("Pagination-Count")).toBe("0");
    expect(await listOf(answer)).toEqual([]);
    await problemOf(await get(stranger, `/me/licenses/${String(mine.id)}`), 404, "NOT_FOUND");
    const { sessionId } = await activated(String(mine.key));
    expect(await listOf(await get(stranger, "/me/activations"))).toEqual([]);
    await problemOf(await get(stranger, `/me/activations/${sessionId}`), 404, "NOT_FOUND");
    await problemOf(await patch(stranger, { firstName: "Eve" }), 404, "NOT_FOUND");
    expect(await jsonOf(await v3("GET", `/users/${String(ada.id)}`), 200)).toMatchObject({ firstName: "Ada" });
  });

  it("AUTH-1: a deployment that trusts e-mails trusts them here", async () => {
    const trusting = await person({ email: ADA }, { OIDC_TRUST_EMAIL: "true" });
    expect(await jsonOf(await get(trusting, "/me"), 200)).toMatchObject({ id: ada.id });
  });

  it("MGMT-5: may use nothing else of /v3", async () => {
    const plain = await verified(ADA);
    const mine = await license({ userId: ada.id });
    for (const path of ["/licenses", `/licenses/${String(mine.id)}`, "/users", "/licenses/export", "/products"])
      await problemOf(await get(plain, path), 403, "FORBIDDEN");
  });
});

describe("their own names", () => {
  it("MGMT-5, EVT-1: are theirs to change, in the log by their subject", async () => {
    const user = await created("/users", { email: "grace@acme.test", firstName: "Grace" });
    const grace = await verified("grace@acme.test");
    const self = await jsonOf(await get(grace, "/me"), 200);
    const body = { ...self, firstName: "Grace B.", lastName: "Hopper", company: "Navy", unknown: 1 };
    const changed = await jsonOf(await patch(grace, body), 200);
    expect(changed).toMatchObject({
      firstName: "Grace B.",
      lastName: "Hopper",
      company: "Navy",
      name: "Grace B. Hopper",
    });
    expect(await jsonOf(await v3("GET", `/users/${String(user.id)}`), 200)).toMatchObject({ lastName: "Hopper" });
    const told = await env.DB.prepare(`SELECT actor FROM ${EVENTS} WHERE subject_id = ?1 AND type = 'user.updated'`)
      .bind(user.id)
      .all<Json>();
    expect(told.results).toEqual([{ actor: '{"type":"customer","id":"subject-1"}' }]);
    expect(await jsonOf(await patch(grace, { company: null }), 200)).toMatchObject({ company: null });
  });

  it.each([
    ["email", "root@acme.test"],
    ["role", "admin"],
    ["sub", "subject-2"],
    ["accountId", "other"],
    ["id", "00000000-0000-7000-8000-000000000000"],
    ["createdAt", "2020-01-01T00:00:00Z"],
    ["name", "Somebody Else"],
    ["metadata", []],
    ["firstName", "x".repeat(257)],
    ["lastName", 5],
  ])("IN-2: %s cannot be set to %j", async (member, value) => {
    const before = await rowCounts();
    const problem = await problemOf(await patch(await verified(ADA), { [member]: value }), 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual([`/${member}`]);
    expect(await rowCounts()).toEqual(before);
    expect(await jsonOf(await v3("GET", `/users/${String(ada.id)}`), 200)).toEqual(ada);
  });

  it("MGMT-3: are changed under a condition", async () => {
    const plain = await verified(ADA);
    const tag = (await get(plain, "/me")).headers.get("ETag") ?? "";
    await problemOf(await patch(plain, { company: "x" }, { "If-Match": '"other"' }), 412, "PRECONDITION_FAILED");
    await jsonOf(await patch(plain, { company: "Acme" }, { "If-Match": tag }), 200);
    await problemOf(await patch(plain, { company: "y" }, { "If-Match": tag }), 412, "PRECONDITION_FAILED");
    ada = await jsonOf(await v3("GET", `/users/${String(ada.id)}`), 200);
  });

  it("MGMT-3: the tag tells nothing of what is hidden", async () => {
    const user = await created("/users", { email: "edith@acme.test", metadata: [{ key: "pin", value: "4711" }] });
    const plain = await verified("edith@acme.test");
    const tag = (await get(plain, "/me")).headers.get("ETag");
    const metadata = [{ key: "pin", value: "0815" }];
    await jsonOf(await v3("PATCH", `/users/${String(user.id)}`, { body: { metadata } }), 200);
    expect((await get(plain, "/me")).headers.get("ETag")).toBe(tag);
  });
});

describe("their activations", () => {
  it("MGMT-5: are those of their licenses, whoever made them, and nobody else's", async () => {
    const [barbara, product] = [await created("/users", { email: "barbara@acme.test" }), await productId()];
    const one = await license({ productId: product, userId: barbara.id, allowedActivations: 2 });
    const other = await license({ productId: product, userId: ada.id });
    const [first, second] = [await activated(String(one.key), "a"), await activated(String(one.key), "b")];
    const foreign = await activated(String(other.key));
    await handedOver();
    const plain = await verified("barbara@acme.test");
    const answer = await get(plain, "/me/activations");
    expect(answer.headers.get("Pagination-Count")).toBe("2");
    const shown = await listOf(answer);
    expect(shown.map(({ id }) => id)).toEqual([first.sessionId, second.sessionId]);
    expect(shown[0]).toMatchObject({ licenseId: one.id, productId: product, user: { id: barbara.id } });
    expect(JSON.stringify(shown)).not.toContain("fingerprint");
    expect(await jsonOf(await get(plain, `/me/activations/${first.sessionId}`), 200)).toEqual(shown[0]);
    for (const id of [foreign.sessionId, "x", "00000000-0000-8000-8000-000000000000"])
      await problemOf(await get(plain, `/me/activations/${id}`), 404, "NOT_FOUND");
    expect((await v3("DELETE", `/activations/${first.sessionId}`)).status).toBe(204);
    await problemOf(await get(plain, `/me/activations/${first.sessionId}`), 404, "NOT_FOUND");
    expect(await listOf(await get(plain, "/me/activations"))).toHaveLength(1);
  });

  it("MGMT-1: takes no filters", async () => {
    await problemOf(await get(await verified(ADA), "/me/activations?userId=1"), 400, "INVALID_REQUEST");
  });
});

describe("their licenses", () => {
  it("MGMT-5: are those of their user and nobody else's, without what the vendor wrote for itself", async () => {
    const [alan, product] = [await created("/users", { email: "alan@acme.test" }), await productId()];
    const secrets = { notes: "pays late", externalReference: "order-me-1" };
    const metadata = [
      { key: "internal", value: "1", viewPermissions: ["activation"] },
      { key: "shown", value: "2", viewPermissions: ["user", "activation"] },
    ];
    const first = await license({ productId: product, userId: alan.id, metadata, ...secrets });
    const second = await license({ productId: product, userId: alan.id });
    const others = [await license({ productId: product, userId: ada.id }), await license({ productId: product })];
    const person1 = await verified("Alan@ACME.test", { roles: ["admin"] });
    const answer = await get(person1, "/me/licenses?sort=-createdAt&limit=1");
    expect(answer.headers.get("Pagination-Count")).toBe("2");
    expect((await listOf(answer.clone())).map(({ id }) => id)).toEqual([second.id]);
    const [, next = ""] = /<\/v3([^>]*)>/.exec(answer.headers.get("Link") ?? "") ?? [];
    const [shown = {}, ...more] = await listOf(await get(person1, next));
    expect(more).toEqual([]);
    expect(shown).toMatchObject({ id: first.id, key: first.key, notes: null, externalReference: null, tags: [] });
    expect(shown.user).toMatchObject({ email: "alan@acme.test" });
    expect((shown.metadata as readonly Json[]).map(({ key }) => key)).toEqual(["shown"]);
    expect(await jsonOf(await get(person1, `/me/licenses/${String(first.id).toUpperCase()}`), 200)).toEqual(shown);
    for (const { id } of others) await problemOf(await get(person1, `/me/licenses/${String(id)}`), 404, "NOT_FOUND");
    for (const id of ["export", "00000000-0000-8000-8000-000000000000", "x"])
      await problemOf(await get(person1, `/me/licenses/${id}`), 404, "NOT_FOUND");
  });

  it("MGMT-2: one that went to somebody else is theirs no more", async () => {
    const [edsger, other] = [
      await created("/users", { email: "edsger@acme.test" }),
      await created("/users", { email: "other@acme.test" }),
    ];
    const theirs = await license({ userId: edsger.id });
    const plain = await verified("edsger@acme.test");
    expect(await listOf(await get(plain, "/me/licenses"))).toHaveLength(1);
    await jsonOf(await v3("PATCH", `/licenses/${String(theirs.id)}`, { body: { userId: other.id } }), 200);
    expect(await listOf(await get(plain, "/me/licenses"))).toEqual([]);
    await problemOf(await get(plain, `/me/licenses/${String(theirs.id)}`), 404, "NOT_FOUND");
    expect(await listOf(await get(await verified("other@acme.test"), "/me/licenses"))).toHaveLength(1);
  });

  it.each(["limit=0", "limit=101", "page=0", "sort=notes", "colour=blue", "user.email=x"])(
    "MGMT-1: %s is 400",
    async (query) => {
      await problemOf(await get(await verified(ADA), `/me/licenses?${query}`), 400, "INVALID_REQUEST");
    },
  );

  it.each([
    ["POST", "/me", "GET, HEAD, OPTIONS, PATCH"],
    ["DELETE", "/me", "GET, HEAD, OPTIONS, PATCH"],
    ["POST", "/me/licenses", "GET, HEAD, OPTIONS"],
  ])("ERR-3: %s %s is 405", async (method, path, allowed) => {
    const answer = await v3(method, path);
    await problemOf(answer, 405, "METHOD_NOT_ALLOWED");
    expect(answer.headers.get("Allow")).toBe(allowed);
  });
});
