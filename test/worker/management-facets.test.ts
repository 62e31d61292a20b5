/** What licenses and users are found by stays true in D1, whatever happens to them through /v3 (MGMT-1). */

import { describe, expect, it } from "vitest";

import { expectFacetsTrue, facetsOf, stateOf } from "../support/facets.ts";
import type { FacetName } from "../../src/domain/terms/facets.ts";
import { created, jsonOf, license, listOf, productId, v3, type Json } from "../support/management.ts";
import { activated, tryActivate } from "../support/shop.ts";

async function patched(path: string, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", path, { body }), 200);
}

async function refused(method: string, path: string, body: Json, status: number): Promise<void> {
  expect((await v3(method, path, { body })).status).toBe(status);
}

const ORDER = { key: "order", value: "A 17" };

describe("a license", () => {
  it("MGMT-1, ID-5: is found by what it is from its creation on, before its object is born", async () => {
    const made = await license({ metadata: [ORDER], suspended: true });
    const id = String(made.id);
    expect(await facetsOf(id, "product")).toEqual([String(made.productId).replaceAll("-", "")]);
    expect(await stateOf(id)).toMatchObject({ revoked: false, suspended: true });
    expect(await facetsOf(id, "metadata-value")).toEqual(["a 17"]);
    expect(await facetsOf(id, "word")).toEqual(["17", "a"]);
    await expectFacetsTrue();
  });

  it.each([
    ["x", 70],
    ["\u{20000}", 40],
    ["aaa\u{20000}", 18],
  ])("MGMT-1: a long word (%s, %i times) is found as a whole, and by its beginning", async (letters, times) => {
    const word = letters.repeat(times);
    const user = await created("/users", { email: `${crypto.randomUUID()}@long.test`, company: `${word} Ltd` });
    const own = await license({ metadata: [{ key: "order", value: `A ${word}` }] });
    const theirs = await license({ userId: user.id });
    const found = async (path: string, search: string) =>
      (await listOf(await v3("GET", `/${path}?search=${encodeURIComponent(search)}`))).map(({ id }) => id);
    for (const search of [word, word.toUpperCase(), `${word} ${word}`, letters.repeat(times - 1), letters.repeat(9)]) {
      expect((await found("licenses", search)).toSorted()).toEqual([own.id, theirs.id].toSorted());
      expect(await found("users", search)).toEqual([user.id]);
    }
    expect(await found("licenses", `y${word}`)).toEqual([]);
  });

  it("KEY-1, MGMT-1: a long key is found by any beginning of it", async () => {
    const key = `${"K".repeat(63)}-${"L".repeat(40)}`;
    const { id } = await license({ key });
    for (const length of [1, 40, 63, 64, 65, 100, key.length]) {
      const found = await listOf(await v3("GET", `/licenses?key[sw]=${key.slice(0, length)}`));
      expect([length, found.map((one) => one.id)]).toEqual([length, [id]]);
    }
  });

  it("MGMT-1: a creation that is refused leaves nothing to find", async () => {
    const { key, productId: product } = await license();
    await refused("POST", "/licenses", { productId: product, key }, 409);
    await refused("POST", "/licenses", { productId: crypto.randomUUID() }, 400);
    await expectFacetsTrue();
  });

  it("MGMT-1, MGMT-2: each change is found when it is answered, and what it was no more", async () => {
    const { id, productId: own } = await license({ metadata: [ORDER] });
    const other = await productId();
    const path = `/licenses/${String(id)}`;
    const of = async (facet: FacetName) => await facetsOf(String(id), facet);
    for (const [change, facet, values] of [
      [{ licensedProductIds: [own, other] }, "licensed-product", [other.replaceAll("-", "")]],
      [{ metadata: [{ key: "order", value: "B 18" }] }, "metadata-value", ["b 18"]],
      [{ suspended: true }, "state", [64 + 8]],
      [{ revoked: true }, "state", [64 + 8 + 1]],
      [{ revoked: false, suspended: false }, "state", [64]],
      [{ key: "a chosen key" }, "word", ["18", "a", "a chosen key", "b", "chosen", "key"]],
      [{ subscriptionInterval: "P1M" }, "model", [0]],
      [{ metadata: [], notes: "n" }, "metadata", []],
      [{ licensedProductIds: [own] }, "licensed-product", []],
    ] as const) {
      await patched(path, change);
      expect(await of(facet)).toEqual(values);
      await expectFacetsTrue();
    }
    await refused("PATCH", path, { metadata: [ORDER, ORDER] }, 400);
    expect(await of("metadata")).toEqual([]);
    await expectFacetsTrue();
  });

  it("MGMT-1, EXP-8: ends and renewals move it between perpetual and not", async () => {
    const { id } = await license({ validity: 86_400 });
    const path = `/licenses/${String(id)}`;
    expect(await stateOf(String(id))).toMatchObject({ perpetual: false });
    await patched(`${path}/expires-at`, { expiresAt: null });
    expect(await stateOf(String(id))).toMatchObject({ perpetual: true });
    await patched(`${path}/expires-at`, { expiresAt: "2030-01-01T00:00:00Z" });
    expect((await v3("POST", `${path}/extend`, { body: { extensionLength: 60 } })).status).toBe(200);
    expect(await stateOf(String(id))).toMatchObject({ perpetual: false });
    await expectFacetsTrue();
  });

  it("MGMT-1: activations and refusals change nothing that it is found by", async () => {
    const { id, key } = await license({ expirationStrategy: "delayed", validity: 60 });
    await activated(String(key), "device");
    expect((await tryActivate(String(key), "too many")).status).toBe(409);
    expect(await stateOf(String(id))).toMatchObject({ perpetual: false });
    await expectFacetsTrue();
  });

  it("DEL-1, MGMT-1: is not found after its deletion, born or not", async () => {
    const [unborn, born] = [await license({ metadata: [ORDER] }), await license({ metadata: [ORDER] })];
    await activated(String(born.key), "device");
    await patched(`/licenses/${String(born.id)}`, { key: "renamed before the end" });
    for (const { id } of [unborn, born]) {
      expect((await v3("DELETE", `/licenses/${String(id)}`)).status).toBe(204);
      expect(await facetsOf(String(id), "product")).toEqual([]);
      expect(await facetsOf(String(id), "word")).toEqual([]);
    }
    await expectFacetsTrue();
  });
});

describe("a user", () => {
  it("MGMT-1: is found by what it is, from its creation through each change to its deletion", async () => {
    const user = await created("/users", { email: "Ada@Engines.test", firstName: "Ada", metadata: [ORDER] });
    const id = String(user.id);
    expect(user).not.toHaveProperty("folded");
    expect(await facetsOf(id, "name")).toEqual(["ada"]);
    const path = `/users/${id}`;
    for (const [change, facet, values] of [
      [{ lastName: "King" }, "name", ["ada king"]],
      [{ company: "Analytical Engines" }, "company", ["analytical engines"]],
      [{ metadata: [{ key: "order", value: "B 18" }] }, "metadata-value", ["b 18"]],
      [{ metadata: [], lastName: null }, "metadata", []],
      [{ company: null, email: "ada@b.test" }, "word", ["ada", "ada@b.test", "b", "test"]],
    ] as const) {
      expect(await patched(path, change)).not.toHaveProperty("folded");
      expect(await facetsOf(id, facet)).toEqual(values);
      await expectFacetsTrue();
    }
    expect((await v3("DELETE", path)).status).toBe(204);
    expect(await facetsOf(id, "word")).toEqual([]);
    await expectFacetsTrue();
  });

  it("MGMT-1: a refused creation, change or deletion leaves everything as it was", async () => {
    const [one, other] = [
      await created("/users", { email: "one@refused.test", firstName: "One" }),
      await created("/users", { email: "other@refused.test", firstName: "Other" }),
    ];
    await refused("POST", "/users", { email: "ONE@refused.test", firstName: "Two" }, 409);
    await refused("PATCH", `/users/${String(other.id)}`, { email: "one@refused.test", firstName: "Three" }, 409);
    await license({ userId: one.id });
    expect((await v3("DELETE", `/users/${String(one.id)}`)).status).toBe(409);
    expect(await facetsOf(String(one.id), "name")).toEqual(["one"]);
    expect(await facetsOf(String(other.id), "name")).toEqual(["other"]);
    await expectFacetsTrue();
    expect((await v3("DELETE", `/users/${String(one.id)}?detach=true`)).status).toBe(204);
    await expectFacetsTrue();
  });
});
