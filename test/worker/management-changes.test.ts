/** Changing, renewing and deleting licenses over /v3, through the license's object (EXP-4 to EXP-11, KEY-2, DEL-1). */

import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { jsonOf, license, listOf, productId, read, v3, type Json } from "../support/management.ts";
import { isBorn } from "../support/objects.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, post, tryActivate } from "../support/shop.ts";

const DAY = 86_400_000;

async function patch(resource: Json, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${resource.id}`, { body }), 200);
}

async function renew(resource: Json, body?: Json): Promise<Json> {
  return await jsonOf(await v3("POST", `/licenses/${resource.id}/renew`, { body }), 200);
}

describe("renew", () => {
  it("EXP-4: Cryptlex's arithmetic: a renewal adds the validity to the old expiry, and answers the whole license", async () => {
    const created = await license({ createdAt: "2018-05-06T08:49:17.9361143Z", validity: 2_595_000 });
    const once = Date.parse("2018-05-06T08:49:17.936Z") + 2_595_000_000;
    expect(created.expiresAt).toBe(new Date(once).toISOString());
    const renewed = await renew(created);
    expect(renewed).toEqual({
      ...created,
      expiresAt: new Date(once + 2_595_000_000).toISOString(),
      updatedAt: renewed.updatedAt,
    });
    expect(renewed.expiresAt).toBe("2018-07-05T10:29:17.936Z");
    expect(await read(`/licenses/${created.id}`)).toEqual(renewed);
    expect(await renew(created)).toMatchObject({ expiresAt: new Date(once + 2 * 2_595_000_000).toISOString() });
  });

  it("EXP-4: takes an empty body with any content type, and an empty object", async () => {
    const created = await license({ subscriptionInterval: "P1M", createdAt: "2024-01-31T00:00:00Z" });
    const ends: unknown[] = [];
    for (const type of ["application/x-www-form-urlencoded", "text/plain", "application/json", ""]) {
      const headers: Record<string, string> = type === "" ? {} : { "Content-Type": type };
      ends.push((await jsonOf(await v3("POST", `/licenses/${created.id}/renew`, { headers }), 200)).expiresAt);
    }
    ends.push((await renew(created, {})).expiresAt);
    expect(ends).toEqual(["03-31", "04-30", "05-31", "06-30", "07-31"].map((day) => `2024-${day}T00:00:00.000Z`));
    const form = { headers: { "Content-Type": "application/x-www-form-urlencoded" }, body: "from=now" };
    await problemOf(await v3("POST", `/licenses/${created.id}/renew`, form), 415, "UNSUPPORTED_MEDIA_TYPE");
  });

  it("EXP-4: from now, and from now if expired", async () => {
    const month = 30 * DAY;
    const validity = month / 1000;
    const expired = await license({ createdAt: "2020-01-01T00:00:00Z", validity });
    const before = Date.now();
    const now = Date.parse(String((await renew(expired, { from: "now-if-expired" })).expiresAt));
    expect(now).toBeGreaterThanOrEqual(before + month);
    expect(now).toBeLessThanOrEqual(Date.now() + month);
    const later = await renew(expired, { from: "now-if-expired" });
    expect(later.expiresAt).toBe(new Date(now + month).toISOString());
    const again = Date.parse(String((await renew(expired, { from: "now" })).expiresAt));
    expect(again).toBeLessThan(now + month);
    const wrong = await v3("POST", `/licenses/${expired.id}/renew`, { body: { from: "yesterday" } });
    expect(pointersOf(await problemOf(wrong, 400, "INVALID_REQUEST"))).toEqual(["/from"]);
  });

  it("EXP-5: a delayed license remembers renewals until its first activation", async () => {
    const created = await license({ expirationStrategy: "delayed", validity: 100_000 });
    expect(await renew(created)).toMatchObject({ expiresAt: null, pendingRenewals: 1, pendingExtension: 0 });
    await activated(String(created.key));
    const used = await read(`/licenses/${created.id}`);
    expect(Date.parse(String(used.expiresAt))).toBe(Date.parse(String(used.activatedAt)) + 200_000_000);
    expect(used).toMatchObject({ pendingRenewals: 0, totalActivations: 1 });
  });

  it("EXP-7: perpetual, fixed and revoked licenses are refused; suspended ones renew", async () => {
    const refused = async (members: Json, code: string) => {
      const { id } = await license(members);
      await problemOf(await v3("POST", `/licenses/${id}/renew`), 400, code);
    };
    await refused({}, "LICENSE_PERPETUAL");
    await refused({ expiresAt: "2040-01-01T00:00:00Z" }, "NO_PERIOD");
    await refused({ validity: 3600, revoked: true }, "REVOKED_LICENSE");
    expect(await renew(await license({ validity: 3600, suspended: true }))).toMatchObject({ suspended: true });
  });

  it("EXP-11: the same renewalReference again adds nothing", async () => {
    const created = await license({ validity: 3600, createdAt: "2024-01-01T00:00:00Z" });
    const once = await renew(created, { renewalReference: "invoice-1" });
    expect(once.expiresAt).toBe("2024-01-01T02:00:00.000Z");
    expect(await renew(created, { renewalReference: "invoice-1" })).toEqual(once);
    expect((await renew(created, { renewalReference: "invoice-2" })).expiresAt).toBe("2024-01-01T03:00:00.000Z");
    for (const renewalReference of ["", "x".repeat(256), 7]) {
      const answer = await v3("POST", `/licenses/${created.id}/renew`, { body: { renewalReference } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual(["/renewalReference"]);
    }
  });
});

describe("patch", () => {
  it("IN-1: changes what it names, leaves the rest; null clears what is null by default", async () => {
    const created = await license({
      notes: "n",
      effectiveDate: "2020-01-01T00:00:00Z",
      subscriptionInterval: "P1Y",
      allowedActivations: 4,
    });
    const changed = await patch(created, { allowedActivations: 9, suspended: true, revoked: null, whatever: 1 });
    expect(changed).toEqual({ ...created, allowedActivations: 9, suspended: true, updatedAt: changed.updatedAt });
    const cleared = await patch(created, {
      notes: null,
      effectiveDate: null,
      subscriptionInterval: null,
      allowedActivations: null,
    });
    expect(cleared).toMatchObject({
      notes: null,
      effectiveDate: null,
      subscriptionInterval: null,
      allowedActivations: 9,
    });
    // EXP-8: the end in force stays.
    expect(cleared.expiresAt).toBe(created.expiresAt);
    expect(await patch(created, {})).toEqual(cleared);
    expect(await read(`/licenses/${created.id}`)).toEqual(cleared);
  });

  it("IN-2: a license that is read and sent back changes nothing, in any spelling of its instants", async () => {
    const created = await license({
      validity: 3600,
      type: "hosted-floating",
      externalReference: "r",
      metadata: [{ key: "k", value: "v" }],
    });
    const instants = { createdAt: String(created.createdAt).replace("Z", "1234+00:00"), expiresAt: created.expiresAt };
    expect(await patch(created, { ...created, ...instants })).toEqual(created);
  });

  it("IN-2: read-only and immutable members that differ are 400 at that member, and nothing changes", async () => {
    const created = await license({ validity: 3600 });
    const others: Json = {
      id: "0199f6a0-0000-8000-8000-00000000beef",
      type: "hosted-floating",
      productId: "0199f6a0-0000-7000-8000-00000000beef",
      expirationStrategy: "delayed",
      subscriptionStartTrigger: "activation",
      validity: 7200,
      createdAt: "2020-01-01T00:00:00Z",
      expiresAt: null,
      externalReference: "other",
      region: "weur",
      userLocked: true,
    };
    for (const [member, value] of Object.entries(others)) {
      const answer = await v3("PATCH", `/licenses/${created.id}`, { body: { notes: "x", [member]: value } });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([`/${member}`]);
    }
    expect(await read(`/licenses/${created.id}`)).toEqual(created);
    const ignored = { updatedAt: "2020-01-01T00:00:00Z", user: { id: 1 }, organization: { id: 1 } };
    expect(await patch(created, ignored)).toEqual(created);
  });

  it("points at what is wrong, and changes nothing", async () => {
    const created = await license();
    const cases: readonly (readonly [Json, string])[] = [
      [{ allowedActivations: "4" }, "/allowedActivations"],
      [{ key: "" }, "/key"],
      [{ licensedProductIds: [created.productId, "0199f6a0-0000-7000-8000-00000000beef"] }, "/licensedProductIds/1"],
      [{ licensedProductIds: [await productId()] }, "/licensedProductIds"],
      [{ subscriptionInterval: "P1X" }, "/subscriptionInterval"],
      [{ effectiveDate: "soon" }, "/effectiveDate"],
      [
        {
          metadata: [
            { key: "a", value: "" },
            { key: "a", value: "" },
          ],
        },
        "/metadata/1/key",
      ],
    ];
    for (const [body, pointer] of cases) {
      const answer = await v3("PATCH", `/licenses/${created.id}`, { body });
      expect(pointersOf(await problemOf(answer, 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    expect(await read(`/licenses/${created.id}`)).toEqual(created);
  });

  it("KEY-2: a new key activates, the old one does not, the activation stays; a taken key is 409", async () => {
    const created = await license({ allowedActivations: 2 });
    const other = await license();
    const session = await activated(String(created.key), "laptop");
    const taken = await v3("PATCH", `/licenses/${created.id}`, { body: { key: other.key, notes: "x" } });
    expect(pointersOf(await problemOf(taken, 409, "ALREADY_EXISTS"))).toEqual(["/key"]);
    expect((await read(`/licenses/${created.id}`)).notes).toBeNull();
    expect(await patch(created, { key: "a new key" })).toMatchObject({ key: "a new key", totalActivations: 1 });
    expect((await activated("a new key", "laptop")).sessionId).toBe(session.sessionId);
    await problemOf(await tryActivate(String(created.key), "phone"), 404, "activation-code-unknown");
  });

  it("STAND-2, STAND-3: revoking ends every activation, suspending keeps them", async () => {
    const created = await license({ allowedActivations: 2 });
    const session = await activated(String(created.key));
    await patch(created, { suspended: true });
    await problemOf(await post(`/${session.sessionId}/renew`, undefined, bearer(session)), 403, "license-suspended");
    await patch(created, { suspended: false });
    expect((await post(`/${session.sessionId}/renew`, undefined, bearer(session))).status).toBe(200);
    expect(await patch(created, { revoked: true })).toMatchObject({ revoked: true, totalActivations: 0 });
    await problemOf(await tryActivate(String(created.key)), 403, "license-revoked");
    await patch(created, { revoked: false });
    await problemOf(await post(`/${session.sessionId}/renew`, undefined, bearer(session)), 404, "session-unknown");
  });

  it("SEAT-8: the ways of matching and leasing, and the lease, do not change while activations are live", async () => {
    const created = await license({ type: "hosted-floating" });
    await activated(String(created.key));
    for (const [member, value] of [
      ["fingerprintMatchingStrategy", "fuzzy"],
      ["leasingStrategy", "per-user"],
      ["leaseDuration", 0],
    ] as const) {
      const answer = await v3("PATCH", `/licenses/${created.id}`, { body: { [member]: value } });
      expect(pointersOf(await problemOf(answer, 409, "ACTIVATIONS_LIVE"))).toEqual([`/${member}`]);
    }
  });

  it("MGMT-2: a list shows a change to whoever made it, counters included", async () => {
    const created = await license({ createdAt: "2001-01-01T00:00:00Z" });
    await activated(String(created.key));
    const changed = await patch(created, { notes: "seen" });
    const [first] = await listOf(await v3("GET", "/licenses?sort=createdAt&limit=1"));
    expect(first).toEqual(changed);
    expect(first).toMatchObject({ totalActivations: 1, notes: "seen" });
  });
});

describe("delete", () => {
  it("DEL-1: the license is gone, its sessions answer 404, its key is free, its reference stays taken", async () => {
    const product = await productId();
    const created = await license({ productId: product, key: "reusable", externalReference: "order-9" });
    const session = await activated("reusable");
    const answer = await v3("DELETE", `/licenses/${created.id}`);
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    await problemOf(await v3("GET", `/licenses/${created.id}`), 404, "NOT_FOUND");
    await problemOf(await v3("DELETE", `/licenses/${created.id}`), 404, "NOT_FOUND");
    await problemOf(await tryActivate("reusable"), 404, "activation-code-unknown");
    await problemOf(await post(`/${session.sessionId}/renew`, undefined, bearer(session)), 404, "session-unknown");
    const reference = { body: { productId: product, externalReference: "order-9" } };
    const refused = await problemOf(await v3("POST", "/licenses", reference), 409, "ALREADY_EXISTS");
    expect(pointersOf(refused)).toEqual(["/externalReference"]);
    const again = await license({ productId: product, key: "reusable" });
    expect(again.id).not.toBe(created.id);
    expect((await tryActivate("reusable")).status).toBe(200);
  });

  it("DEL-1: an unborn license can be deleted", async () => {
    const created = await license();
    expect((await v3("DELETE", `/licenses/${created.id}`)).status).toBe(204);
    await problemOf(await v3("GET", `/licenses/${created.id}`), 404, "NOT_FOUND");
    const row = env.DB.prepare("SELECT 1 FROM licenses WHERE id = ?").bind(created.id);
    await vi.waitUntil(async () => (await row.first()) === null);
  });
});

describe("a license with a region", () => {
  it("ID-5: is born at creation", async () => {
    const created = await license({ region: "weur" });
    expect(await isBorn(created.id)).toBe(true);
    expect(await read(`/licenses/${created.id}`)).toEqual(created);
  });
});
