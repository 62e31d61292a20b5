/** A license's term and standing as both APIs show them together (EXP-2, EXP-3, EXP-6, EXP-9, EXP-10, STAND-1). */

import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { jsonOf as managed, license, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { activated, bearer, documentOf, jsonOf, look, post, tryActivate, type Document } from "../support/shop.ts";

const HOUR = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

function keyOf(resource: Json): string {
  return String(resource.key);
}

async function current({ id }: Json): Promise<Json> {
  return await read(`/licenses/${id}`);
}

async function renewTerm({ id }: Json): Promise<Json> {
  return await managed(await v3("POST", `/licenses/${id}/renew`), 200);
}

async function renewSession(session: Document): Promise<Response> {
  return await post(`/${session.sessionId}/renew`, undefined, bearer(session));
}

async function checkIn(session: Document): Promise<Response> {
  return await post(`/${session.sessionId}/check-in`, undefined, bearer(session));
}

/** `license_expires_at`, in epoch seconds. */
function endOf(session: Document): unknown {
  return decodeJwt(session.licenseToken)["license_expires_at"];
}

describe("a delayed license", () => {
  it("EXP-2: has no end until the first activation, whose end all activations share", async () => {
    const created = await license({ expirationStrategy: "delayed", validity: 3_600, allowedActivations: 3 });
    expect(await current(created)).toMatchObject({ expiresAt: null, activatedAt: null });

    const first = await activated(keyOf(created), "one");
    const started = Date.parse(first.serverTime);
    const end = new Date(started + HOUR).toISOString();
    expect(await current(created)).toMatchObject({ expiresAt: end, activatedAt: first.serverTime });

    vi.setSystemTime(started + HOUR / 2);
    const second = await activated(keyOf(created), "two");
    expect(second.serverTime).toBe(new Date(started + HOUR / 2).toISOString());
    expect([endOf(first), endOf(second)]).toEqual(Array(2).fill(Math.floor((started + HOUR) / 1000)));
    expect(await current(created)).toMatchObject({ expiresAt: end, totalActivations: 2 });

    vi.setSystemTime(started + HOUR);
    await problemOf(await tryActivate(keyOf(created), "three"), 404, "license-expired");
  });

  it("EXP-2: does not begin while nobody uses it, nor by an activation that is refused", async () => {
    const created = await license({ expirationStrategy: "delayed", validity: 3_600 });
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { suspended: true } }), 200);
    await problemOf(await tryActivate(keyOf(created)), 403, "license-suspended");
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { suspended: false } }), 200);
    vi.setSystemTime(Date.now() + 1_000 * HOUR);
    expect(await current(created)).toMatchObject({ expiresAt: null, activatedAt: null });
    const first = await activated(keyOf(created));
    expect(await current(created)).toMatchObject({
      expiresAt: new Date(Date.parse(first.serverTime) + HOUR).toISOString(),
    });
  });
});

describe("a rolling license", () => {
  const ROLLING = { expirationStrategy: "rolling", validity: 3_600, allowedActivations: 3 };

  it("EXP-6: a renewal moves the end of every session by one period, the license's stays null, newcomers start with one", async () => {
    const created = await license(ROLLING);
    const first = await activated(keyOf(created), "one");
    const started = Date.parse(first.serverTime);
    vi.setSystemTime(started + HOUR / 2);
    const second = await activated(keyOf(created), "two");
    const ends = [started + HOUR, started + 1.5 * HOUR].map((end) => Math.floor(end / 1000));
    expect([endOf(first), endOf(second)]).toEqual(ends);

    expect(await renewTerm(created)).toMatchObject({ expiresAt: null, totalActivations: 2 });
    const renewed = [await documentOf(await renewSession(first)), await documentOf(await renewSession(second))];
    expect(renewed.map(endOf)).toEqual(ends.map((end) => end + 3_600));
    expect(renewed.map(({ sessionId }) => sessionId)).toEqual([first.sessionId, second.sessionId]);
    const third = await activated(keyOf(created), "three");
    expect(endOf(third)).toBe(Math.floor(Date.parse(third.serverTime) / 1000) + 3_600);
  });

  it("EXP-3: each device has its own end, and gets it back when it activates again after a check-out", async () => {
    const created = await license(ROLLING);
    const first = await activated(keyOf(created), "one");
    expect((await post(`/${first.sessionId}/check-out`, undefined, bearer(first))).status).toBe(200);
    vi.setSystemTime(Date.parse(first.serverTime) + HOUR / 2);
    const again = await activated(keyOf(created), "one");
    const other = await activated(keyOf(created), "two");
    expect(again.sessionId).not.toBe(first.sessionId);
    expect(endOf(again)).toBe(endOf(first));
    expect(endOf(other)).toBe(Math.floor(Date.parse(other.serverTime) / 1000) + 3_600);
    expect(await current(created)).toMatchObject({ expiresAt: null, totalActivations: 2 });
  });

  it("EXP-6, EXP-9, EXP-10: a session at its end is refused and keeps its seat; a renewal lets it go on", async () => {
    const created = await license({ ...ROLLING, allowedActivations: 1 });
    const first = await activated(keyOf(created), "one");
    const started = Date.parse(first.serverTime);

    vi.setSystemTime(started + HOUR - 1);
    expect((await renewSession(first)).status).toBe(200);
    vi.setSystemTime(started + HOUR);
    await problemOf(await renewSession(first), 403, "license-expired");
    await problemOf(await checkIn(first), 403, "license-expired");
    await problemOf(await tryActivate(keyOf(created), "one"), 404, "license-expired");
    await problemOf(await tryActivate(keyOf(created), "two"), 409, "seats-exhausted");

    await renewTerm(created);
    expect(endOf(await documentOf(await renewSession(first)))).toBe(Math.floor((started + 2 * HOUR) / 1000));
    expect((await activated(keyOf(created), "one")).sessionId).toBe(first.sessionId);
  });
});

describe("the instant of the end", () => {
  it("EXP-9: is expired, 404 at activation and 403 at renew and check-in; a millisecond before it is not", async () => {
    const created = await license({ validity: 3_600, allowedActivations: 3 });
    const end = Date.parse(String(created.expiresAt));
    expect(end).toBe(Date.parse(String(created.createdAt)) + HOUR);
    const first = await activated(keyOf(created), "one");

    vi.setSystemTime(end - 1);
    await activated(keyOf(created), "two");
    expect((await renewSession(first)).status).toBe(200);
    expect((await checkIn(first)).status).toBe(200);

    vi.setSystemTime(end);
    for (const device of ["one", "three"])
      expect(await problemOf(await tryActivate(keyOf(created), device), 404, "license-expired")).toMatchObject({
        action: "contact-vendor",
      });
    for (const answer of [await renewSession(first), await checkIn(first)])
      expect(await problemOf(answer, 403, "license-expired")).toMatchObject({ action: "contact-vendor" });
    expect(await current(created)).toMatchObject({ totalActivations: 2 });
  });
});

describe("STAND-1", () => {
  it("STAND-1: an expired license is 404 at activation, of known and new devices, until it is renewed", async () => {
    const created = await license({ createdAt: "2020-01-01T00:00:00Z", validity: 3_600 });
    await problemOf(await tryActivate(keyOf(created), "one"), 404, "license-expired");
    expect(await current(created)).toMatchObject({ totalActivations: 0, activatedAt: null });
    const body = { from: "now" };
    await managed(await v3("POST", `/licenses/${created.id}/renew`, { body }), 200);
    const first = await activated(keyOf(created), "one");
    expect(first.sessionId).not.toBe("");
    expect(await current(created)).toMatchObject({ totalActivations: 1 });
  });

  it("STAND-1, STAND-3: a suspended license is 403 at activation, of known and new devices, and its sessions stay", async () => {
    const created = await license({ allowedActivations: 3 });
    const first = await activated(keyOf(created), "one");
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { suspended: true } }), 200);
    for (const device of ["one", "two"]) {
      const problem = await problemOf(await tryActivate(keyOf(created), device), 403, "license-suspended");
      expect(problem.action).toBe("contact-vendor");
    }
    expect((await look(first.sessionId, bearer(first))).status).toBe(200);
    expect(await current(created)).toMatchObject({ totalActivations: 1, suspended: true });
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { suspended: false } }), 200);
    expect((await jsonOf<Document>(await renewSession(first))).sessionId).toBe(first.sessionId);
  });

  it("STAND-1: a license that is both is expired, and one that is revoked too is revoked", async () => {
    const created = await license({ createdAt: "2020-01-01T00:00:00Z", validity: 3_600, suspended: true });
    await problemOf(await tryActivate(keyOf(created)), 404, "license-expired");
    await managed(await v3("PATCH", `/licenses/${created.id}`, { body: { revoked: true } }), 200);
    await problemOf(await tryActivate(keyOf(created)), 403, "license-revoked");
  });
});
