/**
 * Shop integrations written for Cryptlex, as they are seen on the wire (MGMT-1, EXP-4, EXP-8): they change the base URL
 * and nothing else.
 */

import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { created, fullToken, jsonOf, license, listOf, productId, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { tryActivate } from "../support/shop.ts";

const BASE = "http://leasehold.test/v3";
const DAY_MS = 86_400_000;

async function raw(path: string, init: RequestInit): Promise<Response> {
  const headers = { Authorization: `Bearer ${await fullToken()}`, ...init.headers };
  return await exports.default.fetch(`${BASE}${path}`, { ...init, headers });
}

function end(shown: Json): number {
  return Date.parse(String(shown.expiresAt));
}

/** As the integrations read an error: any status but 2xx, and a JSON body with both. */
async function errorOf(answer: Response): Promise<{ readonly code: string; readonly message: string }> {
  expect(answer.ok).toBe(false);
  const body = (await answer.json()) as { code: string; message: string };
  expect(body).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/./) });
  return body;
}

describe("what clients send", () => {
  it.each([
    ["a form's media type, as axios", { headers: { "Content-Type": "application/x-www-form-urlencoded" } }],
    ["no media type, as fetch", {}],
    ["text/plain", { headers: { "Content-Type": "text/plain;charset=UTF-8" } }],
    ["an empty JSON body", { headers: { "Content-Type": "application/json" }, body: "" }],
    ["an empty text as body", { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "" }],
  ])("EXP-4: renew without a body and with %s", async (_, init: RequestInit) => {
    const made = await license({ validity: 86_400 });
    const after = await jsonOf(await raw(`/licenses/${String(made.id)}/renew`, { method: "POST", ...init }), 200);
    expect(end(after)).toBe(end(made) + DAY_MS);
    expect(after).toMatchObject({ id: made.id, key: made.key, validity: 86_400 });
  });

  it("IN-1: unknown members, voids and both spellings of who sees metadata", async () => {
    const made = await license({
      accountId: "c2c9e2d4-1111-4222-8333-444455556666",
      somethingNew: { deep: [1] },
      subscriptionInterval: "",
      entitlementSetId: null,
      organizationId: null,
      userId: null,
      metadata: [
        { key: "subscription_id", value: "sub_1", visible: false },
        { key: "shown", value: "1", visible: true },
        { key: "new", value: "2", viewPermissions: [] },
        { key: "both", value: "3", visible: false, viewPermissions: ["user"] },
      ],
    });
    expect(made).toMatchObject({ perpetual: true, expiresAt: null, entitlementSetId: null, user: null });
    const items = made.metadata as readonly Json[];
    expect(items.map(({ key, visible, viewPermissions }) => [key, visible, viewPermissions])).toEqual([
      ["subscription_id", false, []],
      ["shown", true, ["activation"]],
      ["new", false, []],
      ["both", false, ["user"]],
    ]);
  });

  it("IN-1: lists are bare arrays, whose first item is read", async () => {
    const user = await created("/users", { email: "list@shop.test" });
    const data = await listOf(await v3("GET", "/users?email[eq]=list@shop.test"));
    expect(data[0]?.id).toBe(user.id);
  });

  it("DEL-1: DELETE is 204 without a byte", async () => {
    const made = await license();
    const answer = await v3("DELETE", `/licenses/${String(made.id)}`);
    expect(answer.status).toBe(204);
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
    expect(answer.headers.get("Content-Type")).toBeNull();
    expect(await errorOf(await v3("GET", `/licenses/${String(made.id)}`))).toMatchObject({ code: "NOT_FOUND" });
  });

  it("ERR-1: errors have a message and a code", async () => {
    expect((await errorOf(await v3("POST", "/licenses", { body: {} }))).code).toBe("INVALID_REQUEST");
    expect((await errorOf(await v3("GET", "/licenses", { token: "wrong" }))).code).toBe("UNAUTHORIZED");
    const gone = "/licenses/00000000-0000-8000-8000-000000000000";
    expect((await errorOf(await v3("PATCH", gone, { body: {} }))).code).toBe("NOT_FOUND");
  });

  it("REF-1: a buyer who comes twice is 409, and found by e-mail in whatever case", async () => {
    const body = { email: "Buyer@Shop.test", firstName: "Bea", password: "not kept 12345", role: "user" };
    const [one, two] = await Promise.all([v3("POST", "/users", { body }), v3("POST", "/users", { body })]);
    const [made, refused] = one.status === 201 ? [one, two] : [two, one];
    const user = await jsonOf(made, 201);
    expect(JSON.stringify(user)).not.toContain("not kept");
    await problemOf(refused, 409, "ALREADY_EXISTS");
    for (const query of ["email[eq]=buyer@shop.test", "email=Buyer%40Shop.test", "email%5Beq%5D=BUYER@shop.test"])
      expect((await listOf(await v3("GET", `/users?${query}`))).map(({ id }) => id)).toEqual([user.id]);
  });

  it("LIM-1: a 429 says in whole seconds, at most 60, when to come back", async () => {
    const app = createApp(deploymentOpener());
    const headers = { Authorization: `Bearer ${await fullToken()}`, "CF-Connecting-IP": "192.0.2.77" };
    const call = async () =>
      await app.fetch(
        new Request(`${BASE}/products?limit=1`, { headers }),
        { ...env, RATE_LIMITS: "on" },
        createExecutionContext(),
      );
    let refused: Response | null = null;
    for (let calls = 0; calls < 210 && refused === null; calls += 1) {
      const answer = await call();
      if (answer.status === 429) refused = answer;
      else await answer.arrayBuffer();
    }
    expect(refused?.headers.get("Retry-After")).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(refused === null ? null : await errorOf(refused)).toMatchObject({ code: "TOO_MANY_REQUESTS" });
  });
});

/** The license of a subscription, as the integrations look for it. */
async function ofSubscription(subscription: string, product: unknown): Promise<Json> {
  const query = `metadata.key[eq]=subscription_id&metadata.value[eq]=${subscription}&productId[eq]=${String(product)}`;
  const data = await listOf(await v3("GET", `/licenses?${query}&include=user`));
  expect(data).toHaveLength(1);
  return data[0] ?? {};
}

async function sold(subscription: string, product: string, more: Json = {}): Promise<Json> {
  const user = await created("/users", { email: `${subscription}@shop.test`, firstName: "Sub" });
  const metadata = [{ key: "subscription_id", value: subscription, viewPermissions: [] }];
  return await license({ productId: product, userId: user.id, metadata, subscriptionInterval: "P1M", ...more });
}

async function renewed(id: unknown): Promise<Json> {
  return await jsonOf(await raw(`/licenses/${String(id)}/renew`, { method: "POST" }), 200);
}

async function patched(id: unknown, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${String(id)}`, { body }), 200);
}

describe("what shops do", () => {
  it("EXP-4: Stripe, invoice.paid: subscription_create sells, subscription_cycle renews", async () => {
    const product = await productId();
    const made = await sold("sub_stripe", product);
    const found = await ofSubscription("sub_stripe", product);
    expect(found).toMatchObject({ id: made.id, user: { email: "sub_stripe@shop.test" } });
    const after = await renewed(found.id);
    expect(end(after)).toBeGreaterThanOrEqual(end(made) + 28 * DAY_MS);
    expect(end(await ofSubscription("sub_stripe", product))).toBe(end(after));
  });

  it("STAND-3: FastSpring: overdue suspends, charge completed renews and lifts, deactivated deletes", async () => {
    const product = await productId();
    const made = await sold("sub_fast", product);
    const { id } = await ofSubscription("sub_fast", product);
    expect(await patched(id, { suspended: true })).toMatchObject({ suspended: true });
    expect((await tryActivate(String(made.key))).status).toBe(403);
    const paid = await renewed(id);
    expect(paid).toMatchObject({ suspended: true });
    expect(end(paid)).toBeGreaterThan(end(made));
    expect(await patched(id, { suspended: false })).toMatchObject({ suspended: false, expiresAt: paid.expiresAt });
    expect((await tryActivate(String(made.key))).status).toBe(200);
    expect((await v3("DELETE", `/licenses/${String(id)}`)).status).toBe(204);
    expect(await listOf(await v3("GET", `/licenses?productId[eq]=${product}`))).toEqual([]);
    expect((await tryActivate(String(made.key))).status).toBe(404);
  });

  it("EXP-8: Paddle: next_billed_at sets the end, paused suspends, canceled revokes", async () => {
    const product = await productId();
    const made = await sold("sub_paddle", product);
    const { id } = await ofSubscription("sub_paddle", product);
    const nextBilledAt = "2030-04-12T10:18:47.635628Z";
    const path = `/licenses/${String(id)}/expires-at`;
    const billed = await jsonOf(await v3("PATCH", path, { body: { expiresAt: nextBilledAt } }), 200);
    expect(billed.expiresAt).toBe("2030-04-12T10:18:47.635Z");
    expect(await patched(id, { suspended: true })).toMatchObject({ suspended: true, revoked: false });
    expect(await patched(id, { revoked: true })).toMatchObject({ revoked: true });
    expect((await tryActivate(String(made.key))).status).toBe(403);
    expect((await errorOf(await raw(`/licenses/${String(id)}/renew`, { method: "POST" }))).code).toBe(
      "REVOKED_LICENSE",
    );
  });
});
