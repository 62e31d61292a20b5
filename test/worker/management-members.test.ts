/** Members that bodies name: what was read is sent back whole, and what is misspelt is told of (IN-2, IN-3). */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { created, jsonOf, license, productId, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newReceiver } from "../support/receivers.ts";
import { activated, post } from "../support/shop.ts";

const STRICT = { headers: { Prefer: "handling=strict" } };

/** Under `handling=strict`, so that each member shown stands in the table, too. */
async function sendBack(path: string, resource: Json): Promise<Json> {
  const answer = await v3("PATCH", path, { body: resource, ...STRICT });
  expect(answer.headers.get("Preference-Applied")).toBe("handling=strict");
  return await jsonOf(answer, 200);
}

it("IN-2: each resource is sent back whole after things have moved, and nothing changes", async () => {
  await created("/tags", { name: "sent-back" });
  const user = await created("/users", { email: "back@shop.test", firstName: "Bea", tags: ["sent-back"] });
  const template = await created("/license-templates", { name: "plan", validity: 60, keyPattern: "[A-F0-9]{40}" });
  const metadata = [{ key: "k", value: "v", viewPermissions: ["user"] }];
  const product = await created("/products", { name: "App", licenseTemplateId: template.id, metadata });
  const given = { productId: product.id, userId: user.id, tags: ["sent-back"], metadata };
  const sold = await license({ ...given, expirationStrategy: "delayed", validity: 86_400, externalReference: "back" });
  const webhook = await created("/webhooks", { name: "hook", url: (await newReceiver()).url, events: ["tag.*"] });
  const { token, ...minted } = await created("/personal-access-tokens", { name: "t", scopes: ["tag:read"] });

  const before = await read(`/licenses/${sold.id}`);
  expect(before).toMatchObject({ expiresAt: null, totalActivations: 0, activatedAt: null, lastUsedAt: null });
  await activated(String(sold.key));
  await jsonOf(await v3("POST", `/licenses/${sold.id}/renew`), 200);
  const moved = await read(`/licenses/${sold.id}`);
  expect(moved).toMatchObject({ totalActivations: 1, expiresAt: expect.any(String), lastUsedAt: expect.any(String) });
  expect(await sendBack(`/licenses/${sold.id}`, before)).toEqual(moved);
  expect(await sendBack(`/licenses/${sold.id}`, { ...moved, updatedAt: before.updatedAt })).toEqual(moved);
  const floating = await license({ productId: product.id, type: "hosted-floating", licenseTemplateId: "" });
  expect(await sendBack(`/licenses/${floating.id}`, { ...floating, perpetual: false })).toEqual(floating);

  await jsonOf(await v3("GET", "/tags", { token: String(token) }), 200);
  await env.DB.prepare("UPDATE access_tokens SET last_used_at = 86400000 WHERE id = ?").bind(minted.id).run();
  const used = await sendBack(`/personal-access-tokens/${minted.id}`, minted);
  expect(used).toEqual({ ...minted, lastUsedAt: "1970-01-02T00:00:00.000Z" });
  await env.DB.prepare("UPDATE webhooks SET status = 'unhealthy' WHERE id = ?").bind(webhook.id).run();
  expect(await sendBack(`/webhooks/${webhook.id}`, webhook)).toMatchObject({ status: "unhealthy" });
  const { token: _, ...shown } = webhook;
  expect(await sendBack(`/webhooks/${webhook.id}`, shown)).toEqual({ ...shown, status: "unhealthy" });
  for (const [path, resource] of [
    ["/products", product],
    ["/license-templates", template],
    ["/license-policies", template],
    ["/users", user],
    ["/tags", await created("/tags", { name: "another" })],
  ] as const) {
    expect(await sendBack(`${path}/${resource.id}`, resource)).toEqual(resource);
  }
});

it("IN-3: a misspelt member is 400 at it, with what was meant, and nothing is written", async () => {
  const product = await productId();
  const sold = await license({ productId: product });
  const counts = await rowCounts();
  for (const [method, path, body, pointers] of [
    ["POST", "/licenses", { productId: product, validty: 2_592_000 }, ["/validty"]],
    ["POST", "/licenses", { productID: product }, ["/productID", "/productId"]],
    ["PATCH", `/licenses/${sold.id}`, { allowedActivation: 5, note: "x" }, ["/allowedActivation", "/note"]],
    ["POST", `/licenses/${sold.id}/extend`, { extentionLength: 60 }, ["/extentionLength", "/extensionLength"]],
    ["POST", "/license-templates", { name: "p", validty: 1 }, ["/validty"]],
    [
      "POST",
      "/products",
      { name: "p", metadata: [{ key: "a", valeu: "b" }] },
      ["/metadata/0/valeu", "/metadata/0/value"],
    ],
    ["POST", "/users", { email: "a@shop.test", fistName: "A" }, ["/fistName"]],
    ["POST", "/personal-access-tokens", { name: "t", scopes: ["*"], expireAt: null }, ["/expireAt"]],
  ] as const) {
    const answer = await v3(method, path, { body });
    expect(answer.headers.has("Preference-Applied")).toBe(false);
    const problem = await problemOf(answer, 400, "INVALID_REQUEST");
    expect(pointersOf(problem)).toEqual(pointers);
    expect(problem.detail).toContain("did you mean `");
  }
  expect(await rowCounts()).toEqual(counts);
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`somethingOfTheShop${at}`, at]));
  const refused = await problemOf(await v3("PATCH", `/licenses/${sold.id}`, { body: many }), 400, "INVALID_REQUEST");
  expect(pointersOf(refused)).toEqual([""]);
  const { somethingOfTheShop0: _, ...fewer } = many;
  await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { ...fewer, fingerprint: "of the other API" } }), 200);
  const proto = `{"__proto__": {"revoked": true}, "constructor": 1, "notes": "n"}`;
  const patched = await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: proto }), 200);
  expect(patched).toMatchObject({ notes: "n", revoked: false });
});

it("IN-3: handling=strict refuses what nobody knows in both APIs, and every answer says that it was asked for", async () => {
  const sold = await license();
  const device = { activationCode: sold.key, fingerprint: "strict", colour: "red" };
  const applied = (answer: Response) => answer.headers.get("Preference-Applied");
  const refused = await post("/license", device, undefined, STRICT.headers);
  expect(applied(refused)).toBe("handling=strict");
  expect(pointersOf(await problemOf(refused, 400, "invalid-request"))).toEqual(["/colour"]);
  expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 0 });
  const lenient = await post("/license", { ...device, fingerprnt: "x" });
  expect([lenient.status, applied(lenient)]).toEqual([200, null]);
  const { colour: _, ...plain } = device;
  const granted = await post("/license", { ...plain, hostname: "h", productId: "v3's" }, undefined, STRICT.headers);
  expect([granted.status, applied(granted)]).toEqual([200, "handling=strict"]);

  const ofShop = { body: { stripeId: "sub_1", notes: "n" } };
  const answer = await v3("PATCH", `/licenses/${sold.id}`, { ...ofShop, ...STRICT });
  expect(applied(answer)).toBe("handling=strict");
  expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/stripeId"]);
  const malformed = await v3("PATCH", `/licenses/${sold.id}`, { body: "{", ...STRICT });
  expect([malformed.status, applied(malformed)]).toEqual([400, "handling=strict"]);
  expect(await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, ofShop), 200)).toMatchObject({ notes: "n" });
});
