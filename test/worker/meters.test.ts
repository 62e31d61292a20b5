/** Meter attributes over HTTP, and in D1's lists (METER-1, docs/clients-v3.md). */

import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it, vi } from "vitest";
import { locatorOf } from "../../src/domain/terms/identifier.ts";
import { activate, grantOf, send, sync, tokenOf } from "../support/clients-v3.ts";
import { created, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";

const PAGES = { name: "pages", allowedUses: 100 };
const TABS = { name: "tabs", allowedUses: 5, floating: true };

interface Meter {
  readonly id: string;
  readonly name: string;
  readonly totalUses: number;
}

function meters(sold: Json): readonly Meter[] {
  return sold.meterAttributes as readonly Meter[];
}

async function evict({ id }: Json): Promise<void> {
  await evictDurableObject(env.LICENSES.get(env.LICENSES.idFromName(locatorOf(String(id)) ?? "")));
}

function count(meter: Meter | undefined, aid: unknown, increment: number, more: Json = {}, headers = {}) {
  const body = { increment, activationId: aid, accountId: "any", ...more };
  return v3("POST", `/activations/meter-attributes/${meter?.id}`, { token: null, body, headers });
}

function uses(name: string, usesIncrement: unknown): Json {
  return { meterAttributes: [{ name, usesIncrement }] };
}

async function totals(sold: Json): Promise<Json> {
  const shown = await read(`/licenses/${sold.id}`);
  return Object.fromEntries(meters(shown).map(({ name, totalUses }) => [name, totalUses]));
}

describe("meter attributes", () => {
  it("METER-1: are sold, counted, told by the token, returned, reset and deleted", async () => {
    const sold = await license({ allowedActivations: 9, meterAttributes: [PAGES, TABS] });
    expect(meters(sold)).toMatchObject([
      { ...PAGES, floating: false, visible: true, viewPermissions: ["activation"], totalUses: 0, grossUses: 0 },
      { ...TABS, totalUses: 0 },
    ]);
    const [pages, tabs] = meters(sold);
    const claims = await grantOf(sold, { meterAttributes: [...[uses("pages", 3), uses("tabs", 2)].flatMap(itemsOf)] });
    expect(JSON.parse(String(claims.lma))).toEqual([
      { id: pages?.id, name: "pages", allowedUses: 100, totalUses: 3, grossUses: 3 },
      { id: tabs?.id, name: "tabs", allowedUses: 5, totalUses: 2, grossUses: 2 },
    ]);
    expect(JSON.parse(String(claims.ama))).toEqual([
      { name: "pages", uses: 3 },
      { name: "tabs", uses: 2 },
    ]);
    await tokenOf(await sync(sold, claims.aid, uses("tabs", 3)), 200);
    const full = await problemOf(
      await sync(sold, claims.aid, uses("tabs", 1)),
      400,
      "METER_ATTRIBUTE_USES_LIMIT_REACHED",
    );
    expect(full).toMatchObject({ limit: 5, used: 5, action: "contact-vendor" });
    await problemOf(await count(tabs, claims.aid, 1), 400, "METER_ATTRIBUTE_USES_LIMIT_REACHED");
    await problemOf(await activate(sold, { fingerprint: "b", ...uses("nobody's", 1) }), 400, "INVALID_REQUEST");
    await tokenOf(await count(pages, String(claims.aid).toUpperCase(), -1), 200);
    expect(await totals(sold)).toEqual({ pages: 2, tabs: 5 });
    expect(await read(`/activations/${claims.aid}`)).toMatchObject({
      meterAttributes: [
        { name: "pages", uses: 2 },
        { name: "tabs", uses: 5 },
      ],
    });
    // D1's copies.
    const all = async (path: string) => await listOf(await v3("GET", path));
    await vi.waitUntil(async () => {
      const [one] = await all(`/licenses?key=${sold.key}`);
      return meters(one ?? {})[0]?.totalUses === 2;
    });
    const [copy] = await all(`/activations?productId=${sold.productId}`);
    expect(copy?.meterAttributes).toEqual([
      { name: "pages", uses: 2 },
      { name: "tabs", uses: 5 },
    ]);
    const told = await all(`/event-logs?event=activation.updated&limit=100`);
    const [one, other] = [3, 2].map((used) => ({ name: "pages", uses: used }));
    const held = { name: "tabs", uses: 5 };
    expect(told.map(({ changes }) => (changes as Json).meterAttributes)).toContainEqual({
      before: [one, held],
      after: [other, held],
    });

    const reset = await jsonOf(await v3("POST", `/licenses/meter-attributes/${pages?.id}/reset`), 200);
    expect(meters(reset)).toMatchObject([{ totalUses: 0, grossUses: 3 }, { totalUses: 5 }]);
    expect((await send("POST", `/activations/${claims.aid}/deactivate`, { fingerprint: "a device" })).status).toBe(200);
    expect(await totals(sold)).toEqual({ pages: 0, tabs: 0 });
    // What was read can be sent back (IN-2).
    const again = await jsonOf(
      await v3("PATCH", `/licenses/${sold.id}`, { body: { meterAttributes: meters(reset) } }),
      200,
    );
    expect(meters(again).map(({ id }) => id)).toEqual([pages?.id, tabs?.id]);
    expect((await v3("DELETE", `/licenses/meter-attributes/${pages?.id}`)).status).toBe(204);
    await problemOf(await v3("DELETE", `/licenses/meter-attributes/${pages?.id}`), 404, "NOT_FOUND");
    await problemOf(await v3("POST", `/licenses/meter-attributes/${pages?.id}/reset`), 404, "NOT_FOUND");
    expect(meters(await read(`/licenses/${sold.id}`)).map(({ name }) => name)).toEqual(["tabs"]);
  });

  it("METER-1, CLOCK-1: 200 increments at once on a limit of 100 end at 100, and stay so in a new instance", async () => {
    const sold = await license({ meterAttributes: [PAGES] });
    const [pages] = meters(sold);
    const { aid } = await grantOf(sold);
    const answers = await Promise.all(Array.from({ length: 200 }, () => count(pages, aid, 1)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => 200), ...Array.from({ length: 100 }, () => 400)]);
    await evict(sold);
    expect(await totals(sold)).toEqual({ pages: 100 });
    await problemOf(await count(pages, aid, 1), 400, "METER_ATTRIBUTE_USES_LIMIT_REACHED");
  });

  it("METER-1, MGMT-4: one Idempotency-Key counts once, at once and later, whatever was answered", async () => {
    const sold = await license({ meterAttributes: [PAGES] });
    const [pages] = meters(sold);
    const { aid } = await grantOf(sold);
    const key = { "Idempotency-Key": "once" };
    const answers = await Promise.all(Array.from({ length: 5 }, () => count(pages, aid, 7, {}, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    await evict(sold);
    await tokenOf(await count(pages, aid, 7, {}, key), 200);
    await problemOf(await count(pages, aid, 8, {}, key), 422, "IDEMPOTENCY_KEY_REUSED");
    expect(await totals(sold)).toEqual({ pages: 7 });
  });

  it("METER-1, MGMT-7: who knows an activation's id alone learns neither the key nor whose device it is", async () => {
    const user = await created("/users", { email: "ada@example.test", firstName: "Ada" });
    const metadata = [{ key: "k", value: "v", viewPermissions: ["activation"] }];
    const sold = await license({ userId: user.id, meterAttributes: [PAGES], metadata });
    const [pages] = meters(sold);
    const { aid } = await grantOf(sold, { os: "linux" });
    const stranger = decodeJwt(await tokenOf(await count(pages, aid, 1), 200));
    expect(stranger).toMatchObject({ aid, key: "", fp: "", name: "", email: "", os: "", lmd: "[]", amd: "[]" });
    const named = { key: sold.key, productId: sold.productId };
    const device = decodeJwt(await tokenOf(await count(pages, aid, 1, named), 200));
    expect(device).toMatchObject({ aid, key: sold.key, fp: "a device", email: "ada@example.test", os: "linux" });
    await problemOf(await count(pages, aid, 1, { key: "another" }), 400, "INVALID_LICENSE_KEY");
    await problemOf(await count(pages, aid, 1, { productId: "another" }), 400, "INVALID_PRODUCT_ID");
    expect(await totals(sold)).toEqual({ pages: 2 });
  });

  it("METER-1, ERR-2: what is malformed, unknown or without the scope is refused", async () => {
    const sold = await license({ meterAttributes: [PAGES] });
    const [pages] = meters(sold);
    const { aid } = await grantOf(sold);
    for (const [increment, activationId] of [
      [1.5, aid],
      ["1", aid],
      [2 ** 53, aid],
      [1, 7],
      [undefined, aid],
    ] as const)
      await problemOf(await count(pages, activationId, increment as number), 400, "INVALID_REQUEST");
    for (const activationId of ["", "no id", "00000000-0000-8000-8000-000000000000"])
      await problemOf(await count(pages, activationId, 1), 404, "NOT_FOUND");
    await problemOf(await count({ ...(pages as Meter), id: "nobody's" }, aid, 1), 404, "NOT_FOUND");
    const twice = [...itemsOf(uses("pages", 1)), ...itemsOf(uses("pages", 1))];
    for (const meterAttributes of [
      twice,
      [{ name: "pages" }],
      [{ name: "pages", usesIncrement: 0.5 }],
      [{ usesIncrement: 1 }],
    ])
      await problemOf(await activate(sold, { meterAttributes }), 400, "INVALID_REQUEST");
    const faults = [
      [[{ name: "" }], "/meterAttributes/0/name"],
      [[{ name: "a" }], "/meterAttributes/0/allowedUses"],
      [[{ ...PAGES, allowedUses: -2 }], "/meterAttributes/0/allowedUses"],
      [[PAGES, PAGES], "/meterAttributes/1/name"],
      [[{ ...PAGES, floating: true }], "/meterAttributes/0/floating"],
      [[{ ...PAGES, alowedUses: 7 }], "/meterAttributes/0/alowedUses"],
    ] as const;
    for (const [meterAttributes, pointer] of faults) {
      const answer = await v3("PATCH", `/licenses/${sold.id}`, { body: { meterAttributes } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toContain(pointer);
    }
    const token = await mint(["license:read", "activation:write"]);
    const path = `/licenses/meter-attributes/${pages?.id}`;
    await problemOf(await v3("POST", `${path}/reset`, { token }), 403, "FORBIDDEN");
    await problemOf(await v3("DELETE", path, { token }), 403, "FORBIDDEN");
    // One that nobody has activated yet.
    const unborn = await license({ meterAttributes: [PAGES] });
    const reset = await jsonOf(await v3("POST", `/licenses/meter-attributes/${meters(unborn)[0]?.id}/reset`), 200);
    expect(reset.meterAttributes).toEqual(unborn.meterAttributes);
  });
});

function itemsOf({ meterAttributes }: Json): readonly Json[] {
  return meterAttributes as readonly Json[];
}
