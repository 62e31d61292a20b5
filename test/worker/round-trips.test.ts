/** What calls wait for, one after the other (page 66): round trips in sequence, and what a stranger makes of them. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { bindingsWith, ROOT_SECRET } from "../support/bindings.ts";
import { created, fullToken, jsonOf, listOf, mint, productId, v3, type Json } from "../support/management.ts";
import type { Issued } from "../support/explained.ts";
import { problemOf } from "../support/problems.ts";
import { recordedTrips, type Trip } from "../support/round-trips.ts";

/** One isolate, its wires recorded. */
const trips = recordedTrips();
const app = createApp(deploymentOpener());
const bindings = {
  ...bindingsWith({ ROOT_SECRET, ENVIRONMENT: "development" }, trips.db),
  LICENSES: trips.licenses,
};

interface Sent {
  readonly token?: string;
  readonly body?: unknown;
}

async function call(method: string, path: string, { token, body }: Sent = {}): Promise<Response> {
  const context = createExecutionContext();
  const headers = {
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
  };
  const request = new Request(`http://leasehold.test${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await app.fetch(request, bindings, context);
  await waitOnExecutionContext(context);
  return answer;
}

interface Measured {
  readonly answer: Response;
  readonly trips: readonly Trip[];
  /** Kinds of trips by depth, as `d1+object, d1`. */
  readonly chain: string;
}

/** What is begun after the answer is nobody's wait: the last use of a token is on record already. */
async function measured(method: string, path: string, sent: Sent = {}): Promise<Measured> {
  trips.taken();
  const answer = await call(method, path, sent);
  const taken = trips.taken();
  const steps = Object.values(Object.groupBy(taken, ({ depth }) => depth));
  const chain = steps
    .map((step = []) =>
      step
        .map(({ to }) => to)
        .toSorted()
        .join("+"),
    )
    .join(", ");
  return { answer, trips: taken, chain };
}

let token = "";
let product = "";
let user = "";
let tag = "";
/** Used once. */
let license: Json = {};
/** Of the activation API. */
let session: Json = {};

beforeAll(async () => {
  token = await fullToken();
  product = await productId();
  user = String((await created("/users", { email: "ada@example.test", firstName: "Ada", lastName: "Byron" })).id);
  tag = String((await created("/tags", { name: "vip" })).name);
  license = await created("/licenses", { productId: product, userId: user, tags: [tag], allowedActivations: 5 });
  session = await activated();
  // The isolate opens, and knows token, product and keys.
  await jsonOf(await call("GET", "/v3/me", { token }), 200);
  await activated();
});

async function activated(fingerprint = "device"): Promise<Json> {
  const body = { activationCode: license.key, fingerprint };
  return await jsonOf(await call("POST", "/api/v1/activations/license", { body }), 200);
}

const USER = { firstName: "Ada", lastName: "Byron" };

describe("one thing", () => {
  it("READ-1: a license in use is asked of its object and of D1 at once, names and all", async () => {
    const got = await measured("GET", `/v3/licenses/${license.id}`, { token });
    expect(await jsonOf(got.answer, 200)).toMatchObject({
      id: license.id,
      tags: ["vip"],
      user: USER,
      totalActivations: 1,
    });
    expect(got.chain).toBe("d1+object");
    expect(got.trips.find(({ to }) => to === "d1")?.statements).toHaveLength(2);
  });

  it("READ-1, ID-5: so is one that was never used, and its object stays empty", async () => {
    const unborn = await created("/licenses", { productId: product, userId: user, tags: [tag] });
    const got = await measured("GET", `/v3/licenses/${unborn.id}`, { token });
    expect(await jsonOf(got.answer, 200)).toMatchObject({ id: unborn.id, tags: ["vip"], user: USER });
    expect(got.chain).toBe("d1+object");
    const row = await env.DB.prepare("SELECT fence, born_at FROM licenses WHERE id = ?").bind(unborn.id).first();
    expect(row).toEqual({ fence: 0, born_at: null });
    const usage = await measured("GET", `/v3/licenses/${unborn.id}/usage`, { token });
    expect(await jsonOf(usage.answer, 200)).toMatchObject({ used: 0, limit: 1 });
    expect(usage.chain).toBe("d1+object");
  });

  it("READ-1: names that the row does not have yet take one more", async () => {
    const behind = await created("/licenses", { productId: product, userId: user, tags: [tag] });
    await jsonOf(await v3("PATCH", `/licenses/${behind.id}`, { body: { notes: "born" } }), 200);
    await env.DB.prepare(
      "UPDATE licenses SET user_id = NULL, terms = json_set(terms, '$.tags', json('[]')) WHERE id = ?",
    )
      .bind(behind.id)
      .run();
    const got = await measured("GET", `/v3/licenses/${behind.id}`, { token });
    expect(await jsonOf(got.answer, 200)).toMatchObject({ tags: ["vip"], user: USER });
    expect(got.chain).toBe("d1+object, d1");
  });

  it("READ-1: an activation, with its user where it is asked for", async () => {
    const id = String(session.sessionId);
    // MGMT-2: D1 shows it soon.
    await listOf(await v3("PATCH", `/licenses/${license.id}`, { body: {} }).then(() => v3("GET", "/activations")));
    const plain = await measured("GET", `/v3/activations/${id}`, { token });
    expect(await jsonOf(plain.answer, 200)).toMatchObject({ id, licenseId: license.id });
    const wide = await measured("GET", `/v3/activations/${id}?include=user`, { token });
    expect(await jsonOf(wide.answer, 200)).toMatchObject({ id, user: { ...USER, email: "ada@example.test" } });
    expect([plain.chain, wide.chain]).toEqual(["d1+object", "d1+object"]);
  });

  it("READ-1: rows of the catalogue take one round trip, their token included", async () => {
    const template = await created("/license-templates", { name: "basic" });
    const minted = await created("/personal-access-tokens", { name: "one", scopes: ["tag:read"] });
    const tagged = await created("/users", { email: "grace@example.test", tags: [tag] });
    const [{ id: tagId } = {}] = await listOf(await v3("GET", "/tags?limit=1"));
    const paths = [
      `products/${product}`,
      `users/${tagged.id}`,
      `tags/${tagId}`,
      `license-templates/${template.id}`,
      `personal-access-tokens/${minted.id}`,
    ];
    for (const path of paths) {
      const got = await measured("GET", `/v3/${path}`, { token });
      expect([path, got.answer.status, got.chain]).toEqual([path, 200, "d1"]);
      if (path.startsWith("users")) expect(await jsonOf(got.answer, 200)).toMatchObject({ tags: ["vip"] });
    }
    const self = await measured("GET", "/v3/me", { token });
    expect([self.answer.status, self.chain]).toEqual([200, "d1"]);
  });

  it("READ-1: a change asks D1 once before its object, and after it only for new names", async () => {
    const path = `/v3/licenses/${license.id}`;
    const noted = await measured("PATCH", path, { token, body: { notes: "x" } });
    expect(await jsonOf(noted.answer, 200)).toMatchObject({ notes: "x", tags: ["vip"], user: USER });
    expect(noted.chain).toMatch(/^d1, object(, d1)?$/);
    await created("/tags", { name: "new" });
    const tagged = await measured("PATCH", path, {
      token,
      body: { tags: ["vip", "new"], licensedProductIds: [product] },
    });
    expect(await jsonOf(tagged.answer, 200)).toMatchObject({ tags: ["vip", "new"], user: USER });
    expect(tagged.chain).toMatch(/^d1, d1, object, d1/);
  });
});

describe("lists", () => {
  it.each([
    ["", "d1, d1"],
    ["productId={product}&revoked=false&sort=-updatedAt", "d1, d1"],
    ["productId={product}&revoked=false", "d1, d1"],
    ["user.email=ada@example.test&tag=vip", "d1, d1"],
    ["search=ada", "d1, d1"],
    ["expiresAt[lt]=2099-01-01T00:00:00Z&sort=createdAt", "d1, d1"],
  ])("READ-3: a page of licenses ?%s takes two round trips, the token's included", async (query, chain) => {
    const got = await measured("GET", `/v3/licenses?${query.replace("{product}", product)}`, { token });
    const rows = await listOf(got.answer);
    expect(got.chain).toBe(chain);
    if (!query.includes("expiresAt"))
      expect(rows[0]).toMatchObject({ tags: expect.arrayContaining(["vip"]), user: USER });
  });

  it("READ-3: so does one of users; of one license's activations, its object has the last word", async () => {
    const users = await measured("GET", "/v3/users?search=ada", { token });
    expect((await listOf(users.answer)).length).toBeGreaterThan(0);
    expect(users.chain).toBe("d1, d1");
    const all = await measured("GET", `/v3/activations?productId=${product}`, { token });
    expect((await listOf(all.answer))[0]).toMatchObject({ licenseId: license.id, user: { id: user } });
    expect(all.chain).toBe("d1, d1");
    const own = await measured("GET", `/v3/activations?licenseId=${license.id}`, { token });
    expect((await listOf(own.answer))[0]).toMatchObject({ licenseId: license.id, user: { id: user } });
    expect(own.chain).toBe("d1, d1, object");
  });
});

describe("the hot path", () => {
  it("HOT-1: activate, renew and check-in wait for one object and nothing else", async () => {
    const body = { activationCode: license.key, fingerprint: "device" };
    const bearer = String(session.licenseToken);
    await call("POST", `/api/v1/activations/${session.sessionId}/renew`, { token: bearer });
    for (const [path, sent] of [
      ["license", { body }],
      [`${session.sessionId}/renew`, { token: bearer }],
      [`${session.sessionId}/check-in`, { token: bearer }],
    ] as const) {
      const got = await measured("POST", `/api/v1/activations/${path}`, sent);
      expect([path, got.answer.status, got.chain]).toEqual([path, 200, "object"]);
    }
  });
});

describe("strangers", () => {
  const made = `lh_pat_${"A".repeat(43)}`;

  it.each(["made up", "revoked", "expired"])("READ-2: a token that is %s reads no row of any license", async (how) => {
    const bearer = how === "made up" ? made : await spoilt(how);
    for (const id of [String(license.id), `${String(license.id).slice(0, -4)}0000`]) {
      const got = await measured("GET", `/v3/licenses/${id}`, { token: bearer });
      await problemOf(got.answer, 401, "UNAUTHORIZED");
      const [asked, ...more] = got.trips.filter(({ to }) => to === "d1");
      expect(more).toEqual([]);
      const [lookUp, ...others] = await Promise.all((asked?.statements ?? []).map(rowsRead));
      expect([lookUp, ...others]).toEqual(how === "made up" ? [0, 0] : [1, 1]);
    }
  });

  it("READ-2: their 401, and the 403 of a token without the scope, do not wait for the object", async () => {
    const weak = await mint(["tag:read"]);
    await call("GET", "/v3/me", { token: weak });
    const held = trips.holdBack("object");
    try {
      await problemOf(await call("GET", `/v3/licenses/${license.id}`, { token: made }), 401, "UNAUTHORIZED");
      await problemOf(await call("GET", `/v3/licenses/${license.id}`, { token: weak }), 403, "FORBIDDEN");
    } finally {
      held.open();
    }
  });

  it("READ-2: nothing is answered before D1 has vouched for the token", async () => {
    const held = trips.holdBack("d1");
    let isAnswered = false;
    const answer = call("GET", `/v3/licenses/${license.id}`, { token }).finally(() => (isAnswered = true));
    await env.LICENSES.get(env.LICENSES.idFromName("somebody else's")).describe(String(license.id));
    expect(isAnswered).toBe(false);
    held.open();
    expect((await answer).status).toBe(200);
  });

  it("READ-2: what is no access token by its form asks neither", async () => {
    for (const bearer of ["x", `${made}x`, ROOT_SECRET]) {
      const got = await measured("GET", `/v3/licenses/${license.id}`, { token: bearer });
      expect([401, 403]).toContain(got.answer.status);
      expect(got.trips).toEqual([]);
    }
    expect((await measured("GET", `/v3/licenses/${license.id}`)).trips).toEqual([]);
  });

  it("READ-2: an object is asked, and nobody is born of it", async () => {
    const unborn = await created("/licenses", { productId: product });
    const got = await measured("GET", `/v3/licenses/${unborn.id}`, { token: made });
    expect(got.answer.status).toBe(401);
    const row = await env.DB.prepare("SELECT fence, born_at FROM licenses WHERE id = ?").bind(unborn.id).first();
    expect(row).toEqual({ fence: 0, born_at: null });
  });
});

async function spoilt(how: string): Promise<string> {
  const minted = await created("/personal-access-tokens", { name: how, scopes: ["*"] });
  const change = how === "revoked" ? "revoked = 1" : "expires_at = 1";
  await env.DB.prepare(`UPDATE access_tokens SET ${change} WHERE id = ?`).bind(minted.id).run();
  return String(minted.token);
}

async function rowsRead({ text, values }: Issued): Promise<number> {
  const { meta } = await env.DB.prepare(text)
    .bind(...values)
    .all();
  return meta.rows_read;
}
