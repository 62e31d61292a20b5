/** Whom a license is for: `userId` and `user` over /v3, and users that are in use (REF-1, DEL-1, IN-2). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deployment, newLicense } from "../support/shop.ts";
import { removeUser } from "../../src/operations/catalogue/remove-user.ts";
import { created, jsonOf, license, listOf, productId, read, rowCounts, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

let made = 0;

async function user(members: Json = {}): Promise<Json> {
  made += 1;
  return await created("/users", { email: `Grace.${made}@Example.test`, ...members });
}

async function assign(resource: Json, userId: unknown): Promise<Response> {
  return await v3("PATCH", `/licenses/${resource.id}`, { body: { userId } });
}

async function erase(resource: Json, query = ""): Promise<Response> {
  return await v3("DELETE", `/users/${resource.id}${query}`);
}

/** What D1 says of a license's user, and the reservations that are left. */
async function references(resource: Json): Promise<unknown> {
  return await env.DB.prepare(
    "SELECT user_id AS userId, (SELECT count(*) FROM license_references WHERE license_id = id) AS reserved FROM licenses WHERE id = ?",
  )
    .bind(resource.id)
    .first();
}

describe("a license's user", () => {
  it("REF-1: given at creation, shown by every read, and in the list", async () => {
    const person = await user({ firstName: "Grace", lastName: "Hopper", company: "Navy" });
    const made1 = await license({ userId: String(person.id).toUpperCase() });
    expect(made1.user).toEqual({
      id: person.id,
      name: "Grace Hopper",
      firstName: "Grace",
      lastName: "Hopper",
      email: person.email,
      company: "Navy",
    });
    expect(await read(`/licenses/${made1.id}`)).toEqual(made1);
    expect(await listOf(await v3("GET", "/licenses?sort=-createdAt"))).toContainEqual(made1);
    expect(await references(made1)).toEqual({ userId: person.id, reserved: 0 });
    for (const nobody of [null, ""]) expect((await license({ userId: nobody })).user).toBeNull();
  });

  it("REF-1: assigned, changed and taken off by a PATCH, in D1 by the time of the answer", async () => {
    const [one, two] = [await user(), await user()];
    const made1 = await license();
    expect(await jsonOf(await assign(made1, one.id), 200)).toMatchObject({ user: { id: one.id, email: one.email } });
    expect(await references(made1)).toEqual({ userId: one.id, reserved: 0 });
    expect(await jsonOf(await assign(made1, two.id), 200)).toMatchObject({ user: { id: two.id } });
    expect(await references(made1)).toEqual({ userId: two.id, reserved: 0 });
    const listed = await listOf(await v3("GET", "/licenses?sort=-createdAt"));
    expect(listed.find(({ id }) => id === made1.id)).toMatchObject({ user: { id: two.id, email: two.email } });
    for (const nobody of [null, ""]) {
      await jsonOf(await assign(made1, two.id), 200);
      expect(await jsonOf(await assign(made1, nobody), 200)).toMatchObject({ user: null });
      expect(await references(made1)).toEqual({ userId: null, reserved: 0 });
    }
  });

  it("IN-2: the object `user` is ignored in a PATCH, so a license that was read can be sent back", async () => {
    const [one, two] = [await user(), await user()];
    const made1 = await license({ userId: one.id });
    expect(await jsonOf(await v3("PATCH", `/licenses/${made1.id}`, { body: made1 }), 200)).toEqual(made1);
    const other = { user: { id: two.id, email: two.email }, notes: "n" };
    const changed = await jsonOf(await v3("PATCH", `/licenses/${made1.id}`, { body: other }), 200);
    expect(changed).toMatchObject({ user: { id: one.id }, notes: "n" });
  });

  it("REF-1: an unknown or malformed user is 400 at /userId, and nothing is written", async () => {
    const made1 = await license();
    const product = await productId();
    const before = [await rowCounts(), await read(`/licenses/${made1.id}`)];
    for (const userId of [crypto.randomUUID(), "none", 7, {}]) {
      const posted = await v3("POST", "/licenses", { body: { productId: product, userId } });
      expect(pointersOf(await problemOf(posted, 400, "INVALID_REQUEST"))).toEqual(["/userId"]);
      const patched = await v3("PATCH", `/licenses/${made1.id}`, { body: { userId, notes: "n" } });
      expect(pointersOf(await problemOf(patched, 400, "INVALID_REQUEST"))).toEqual(["/userId"]);
    }
    expect([await rowCounts(), await read(`/licenses/${made1.id}`)]).toEqual(before);
    expect(await references(made1)).toEqual({ userId: null, reserved: 0 });
  });
});

describe("users in use", () => {
  it("REF-1: a user of any license, born or not, is not deleted: 409 IN_USE", async () => {
    const person = await user();
    const unborn = await license({ userId: person.id });
    const refused = await problemOf(await erase(person), 409, "IN_USE");
    expect(refused.retryable).toBeUndefined();
    const born = await license();
    await jsonOf(await assign(born, person.id), 200);
    expect((await v3("DELETE", `/licenses/${unborn.id}`)).status).toBe(204);
    await problemOf(await erase(person), 409, "IN_USE");
    await jsonOf(await assign(born, null), 200);
    expect((await erase(person)).status).toBe(204);
    expect(await references(born)).toEqual({ userId: null, reserved: 0 });
  });

  it("DEL-1: detach takes the user off born and unborn licenses, and leaves others alone", async () => {
    const [person, other] = [await user(), await user()];
    const unborn = await license({ userId: person.id });
    const born = await license();
    await jsonOf(await assign(born, person.id), 200);
    const others = await license({ userId: other.id });
    await problemOf(await erase(person, "?detach=false"), 409, "IN_USE");
    expect((await erase(person, "?detach=true")).status).toBe(204);
    for (const { id } of [unborn, born]) {
      expect(await read(`/licenses/${id}`)).toMatchObject({ user: null });
      const births = env.DB.prepare("SELECT born_at AS bornAt FROM licenses WHERE id = ?").bind(id);
      expect(await births.first("bornAt")).not.toBeNull();
    }
    expect(await read(`/licenses/${others.id}`)).toEqual(others);
    await problemOf(await v3("GET", `/users/${person.id}`), 404, "NOT_FOUND");
  });

  it("DEL-1: detach leaves a license alone that is another's by now, whatever D1 says", async () => {
    const [person, other] = [await user(), await user()];
    const moved = await license({ userId: person.id });
    await jsonOf(await assign(moved, other.id), 200);
    await env.DB.prepare("UPDATE licenses SET user_id = ? WHERE id = ?").bind(person.id, moved.id).run();
    await problemOf(await erase(person, "?detach=true"), 409, "IN_USE");
    expect(await read(`/licenses/${moved.id}`)).toMatchObject({ user: { id: other.id } });
    // The next relay says whose it is, and then the same call succeeds.
    await jsonOf(await v3("PATCH", `/licenses/${moved.id}`, { body: { notes: "n" } }), 200);
    expect((await erase(person, "?detach=true")).status).toBe(204);
  });

  it("DEL-1: a detachment that met a failing license goes on where it ended", async () => {
    const person = await user();
    const all = [];
    const product = await productId();
    for (let count = 0; count < 25; count += 1)
      all.push(await newLicense({ productId: product, userId: String(person.id) }));
    const stores = await deployment();
    const broken = new Set(all.slice(0, 3).map(({ id }) => id));
    const asked: string[] = [];
    const licenses: typeof stores.licenses = {
      at: (locator) => ({
        ...stores.licenses.at(locator),
        patch: async (id, call) => {
          asked.push(id);
          const failing = {
            reached: "license",
            outcome: { ok: false, refusal: { code: "overloaded", what: "license" } },
          } as const;
          return broken.has(id) ? failing : await stores.licenses.at(locator).patch(id, call);
        },
      }),
    };
    const caller = { actor: { type: "system", id: "cron" }, requestId: "test" } as const;
    const detach = async () =>
      await removeUser({ ...stores, licenses }, String(person.id), "detach", caller, Date.now());
    expect(await detach()).toMatchObject({ ok: false, refusal: { code: "overloaded" } });
    expect(new Set(asked).size).toBe(25);
    const left = env.DB.prepare("SELECT count(*) AS n FROM licenses WHERE user_id = ?").bind(person.id);
    expect(await left.first("n")).toBe(3);
    asked.length = 0;
    broken.clear();
    expect(await detach()).toEqual({ ok: true, value: null });
    expect(asked.length).toBe(3);
    await problemOf(await v3("GET", `/users/${person.id}`), 404, "NOT_FOUND");
  });

  it("REF-1: of a deletion and an assignment at once, only one succeeds", async () => {
    for (let round = 0; round < 12; round += 1) {
      const person = await user();
      const made1 = await license();
      const calls = [() => assign(made1, person.id), () => erase(person)];
      const order = round % 2 === 0 ? calls : calls.toReversed();
      const statuses = (await Promise.all(order.map((call) => call()))).map(({ status }) => status);
      const [assigned, erased] = round % 2 === 0 ? statuses : statuses.toReversed();
      expect([
        [200, 409],
        [400, 204],
      ]).toContainEqual([assigned, erased]);
      const shown = await read(`/licenses/${made1.id}`);
      expect(shown.user === null).toBe(erased === 204);
    }
  });

  it("REF-1: of a deletion and a creation at once, only one succeeds", async () => {
    const product = await productId();
    for (let round = 0; round < 12; round += 1) {
      const person = await user();
      const create = () => v3("POST", "/licenses", { body: { productId: product, userId: person.id } });
      const [made1, erased] = await Promise.all([create(), erase(person)]);
      expect([
        [201, 409],
        [400, 204],
      ]).toContainEqual([made1.status, erased.status]);
    }
  });
});
