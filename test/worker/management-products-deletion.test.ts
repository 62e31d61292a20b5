/** The end of a product, and of its signing keys (DEL-1, REF-1, TOK-4). */

import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { created, jsonOf, license, listOf, mint, productId, rowCounts, v3 } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated } from "../support/shop.ts";

afterEach(() => {
  vi.useRealTimers();
});

async function remove(id: unknown): Promise<Response> {
  return await v3("DELETE", `/products/${id}`);
}

async function keysOf(id: unknown): Promise<number> {
  return Number(
    await env.DB.prepare("SELECT count(*) AS n FROM signing_keys WHERE product_id = ?").bind(id).first("n"),
  );
}

describe("deleting a product", () => {
  it("DEL-1, TOK-4: takes its signing keys along, which are published no longer after a minute", async () => {
    const product = await created("/products", { name: "P", metadata: [{ key: "a", value: "1" }] });
    const jwks = async () => await exports.default.fetch(`http://leasehold.test/v3/products/${product.id}/jwks`);
    expect(await jsonOf(await jwks(), 200)).toEqual({ keys: [expect.anything(), expect.anything()] });
    const answer = await remove(String(product.id).toUpperCase());
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 204, text: "" });
    expect(await keysOf(product.id)).toBe(0);
    for (const method of ["GET", "PATCH", "DELETE"])
      await problemOf(await v3(method, `/products/${product.id}`), 404, "NOT_FOUND");
    const refused = await v3("POST", "/licenses", { body: { productId: product.id } });
    expect(pointersOf(await problemOf(refused, 400, "INVALID_REQUEST"))).toEqual(["/productId"]);
    vi.setSystemTime(Date.now() + 60_000);
    await problemOf(await jwks(), 404, "NOT_FOUND");
  });

  it("EVT-1: tells of itself once", async () => {
    const product = await created("/products", { name: "P" });
    expect((await remove(product.id)).status).toBe(204);
    expect((await remove(product.id)).status).toBe(404);
    const events = await vi.waitUntil(async () => {
      const list = await listOf(await v3("GET", `/event-logs?resourceId=${product.id}`));
      return list.length === 2 ? list : null;
    });
    expect(events[1]).toMatchObject({ event: "product.deleted", changes: {}, data: product });
  });

  it("DEL-1: a license of it, or that covers it, keeps it", async () => {
    const [own, covered] = [await productId(), await productId()];
    const unborn = await license({ productId: own });
    const born = await license({ productId: own, licensedProductIds: [own, covered] });
    await activated(String(born.key), "device");
    const before = await rowCounts();
    for (const id of [own, covered]) {
      const refused = await problemOf(await remove(id), 409, "IN_USE");
      expect([refused.detail, refused.retryable]).toEqual([expect.stringContaining("licenses"), undefined]);
    }
    expect(await rowCounts()).toEqual(before);
    expect([await keysOf(own), await keysOf(covered)]).toEqual([2, 2]);
    for (const { id } of [unborn, born]) expect((await v3("DELETE", `/licenses/${id}`)).status).toBe(204);
    await vi.waitUntil(async () => (await remove(own)).status === 204);
    expect((await remove(covered)).status).toBe(204);
  });

  it("REF-1: beside creations of licenses, either it stays or they are refused", async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = await productId();
      const creations = Array.from({ length: 4 }, () => v3("POST", "/licenses", { body: { productId: id } }));
      const [deletion, ...made] = await Promise.all([remove(id), ...creations]);
      const isGone = deletion.status === 204;
      expect([isGone ? 204 : 409, isGone ? 0 : 2]).toEqual([deletion.status, await keysOf(id)]);
      for (const answer of made) expect(answer.status === 201 ? !isGone : answer.status === 400).toBe(true);
    }
    const orphans = env.DB.prepare(
      "SELECT count(*) AS n FROM licenses WHERE product_id NOT IN (SELECT id FROM products)",
    );
    expect(await orphans.first("n")).toBe(0);
  });

  it("MGMT-5: takes product:write", async () => {
    const id = await productId();
    const path = `/products/${id}`;
    await problemOf(await v3("DELETE", path, { token: null }), 401, "UNAUTHORIZED");
    for (const token of [await mint(["product:read"]), await mint(["license:write"])])
      await problemOf(await v3("DELETE", path, { token }), 403, "FORBIDDEN");
    expect((await v3("DELETE", path, { token: await mint(["product:write"]) })).status).toBe(204);
    for (const unknown of [crypto.randomUUID(), "none"])
      await problemOf(await v3("DELETE", `/products/${unknown}`), 404, "NOT_FOUND");
  });
});
