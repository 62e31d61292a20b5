/** v3's client calls over HTTP (docs/clients-v3.md): their codes, who may make them, repetition and cost. */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { activate, bodyOf, grantOf, send, sync, tokenOf } from "../support/clients-v3.ts";
import { created, jsonOf, license, mint, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { newProvider } from "../support/provider.ts";
import { activated } from "../support/shop.ts";
import { appWith } from "../support/signed-in-app.ts";

const DAY = 86_400_000;

describe("refusals", () => {
  it("STAND-4, ERR-1: of an activation have v3's codes, and say what an app can do", async () => {
    const sold = await license();
    await tokenOf(await activate(sold));
    const other = String((await created("/products", { name: "Other" })).id);
    const cases = [
      [{ fingerprint: "another" }, "ACTIVATION_LIMIT_REACHED", "release-a-device"],
      [{ key: "nobody's" }, "INVALID_LICENSE_KEY", "fix-request"],
      [{ key: "\u0007" }, "INVALID_LICENSE_KEY", "fix-request"],
      [{ key: "" }, "INVALID_LICENSE_KEY", "fix-request"],
      [{ productId: other }, "INVALID_PRODUCT_ID", "fix-request"],
      [{ productId: "none" }, "INVALID_PRODUCT_ID", "fix-request"],
    ] as const;
    for (const [more, code, action] of cases) {
      expect([code, (await problemOf(await activate(sold, more), 400, code)).action]).toEqual([code, action]);
    }
    const full = await problemOf(await activate(sold, { fingerprint: "b" }), 400, "ACTIVATION_LIMIT_REACHED");
    expect(full).toMatchObject({ limit: 1, used: 1 });
    const usage = await read(`/licenses/${sold.id}/usage`);
    expect(usage.denials).toMatchObject({ "seats-exhausted": 2, "product-mismatch": 2 });

    const later = await license({ effectiveDate: new Date(Date.now() + DAY).toISOString() });
    expect((await problemOf(await activate(later), 400, "LICENSE_NOT_EFFECTIVE")).action).toBe("wait");
    const signIn = await license({ requireAuthentication: true });
    expect((await problemOf(await activate(signIn), 400, "AUTHENTICATION_FAILED")).action).toBe("sign-in");
    const once = await license({ duplicateActivation: "reject" });
    await tokenOf(await activate(once));
    await problemOf(await activate(once), 400, "DEVICE_ALREADY_ACTIVATED");
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { revoked: true } }), 200);
    expect((await problemOf(await activate(sold), 400, "REVOKED_LICENSE")).action).toBe("contact-vendor");
  });

  it("STAND-4: of sync and deactivate come in their order", async () => {
    const sold = await license({ allowedDeactivations: 0 });
    const { aid } = await grantOf(sold);
    const deactivate = (id: unknown, more: Json = {}) =>
      send("POST", `/activations/${id}/deactivate`, { fingerprint: "a device", ...more });
    const neighbour = `${String(aid).slice(0, -1)}${String(aid).endsWith("0") ? "1" : "0"}`;
    for (const call of [(id: unknown, more: Json = {}) => sync(sold, id, more), deactivate]) {
      for (const id of ["x", "0193f3a4-0000-7000-8000-000000000000", neighbour]) {
        expect((await problemOf(await call(id), 404, "NOT_FOUND")).action).toMatch(/activate-again|fix-request/);
      }
      await problemOf(await call(aid, { key: "wrong", fingerprint: "another" }), 400, "INVALID_LICENSE_KEY");
      await problemOf(await call(aid, { fingerprint: "another" }), 400, "INVALID_ACTIVATION_FINGERPRINT");
    }
    await problemOf(await sync(sold, aid, { productId: "none" }), 400, "INVALID_PRODUCT_ID");
    const limit = await problemOf(await deactivate(aid), 409, "DEACTIVATION_LIMIT_REACHED");
    expect(limit).toMatchObject({ limit: 0, action: "contact-vendor" });
    expect((await v3("DELETE", `/activations/${aid}`)).status).toBe(204);
    await problemOf(await deactivate(aid), 404, "NOT_FOUND");
    await problemOf(await sync(sold, aid, { key: "wrong" }), 400, "INVALID_LICENSE_KEY");
  });

  it("KEY-2: a device with the license's old key is told so, and its activation stays", async () => {
    const sold = await license({ key: "THE-OLD-KEY-OF-THIS-LICENSE" });
    const { aid } = await grantOf(sold);
    const key = "THE-NEW-KEY-OF-THIS-LICENSE";
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { key } }), 200);
    await problemOf(await sync(sold, aid), 400, "INVALID_LICENSE_KEY");
    expect(decodeJwt(await tokenOf(await sync(sold, aid, { key: key.toLowerCase() }), 200))).toMatchObject({ aid });
  });

  it("LIM-2, IN-1: of bodies point at the member; null is absent, and what nobody knows is ignored", async () => {
    const sold = await license();
    const item = (key: string, value = "") => ({ key, value });
    const cases: readonly (readonly [Json, string])[] = [
      [{ key: undefined }, "/key"],
      [{ productId: null }, "/productId"],
      [{ fingerprint: " " }, "/fingerprint"],
      [{ leaseDuration: -2 }, "/leaseDuration"],
      [{ leaseDuration: "60" }, "/leaseDuration"],
      [{ container: "no" }, "/container"],
      [{ userHash: "" }, "/userHash"],
      [{ os: "o".repeat(257) }, "/os"],
      [{ hostname: "h".repeat(1025) }, "/hostname"],
      [{ releasePublishedAt: "yesterday" }, "/releasePublishedAt"],
      [{ metadata: [{ key: "" }] }, "/metadata/0/key"],
      [{ metadata: [item("a"), item("a")] }, "/metadata"],
      [{ metadata: Array.from({ length: 51 }, (_, at) => item(`${at}`)) }, "/metadata"],
      [{ metadata: Array.from({ length: 20 }, (_, at) => item(`${at}`, "v".repeat(4096))) }, "/metadata"],
    ];
    for (const [more, pointer] of cases) {
      const problem = await problemOf(await activate(sold, more), 400, "INVALID_REQUEST");
      expect([more, pointersOf(problem)[0]]).toEqual([more, pointer]);
      expect(problem.action).toBe("fix-request");
    }
    const nulls = { os: null, container: null, metadata: null, leaseDuration: null, vmName: null, userHash: null };
    await tokenOf(await activate(sold, { ...nulls, accountId: 7, userId: {}, keyy: 1, deviceChallenge: [] }));
    const strict = await activate(sold, { keyy: 1 }, { Prefer: "handling=strict" });
    expect(pointersOf(await problemOf(strict, 400, "INVALID_REQUEST"))).toEqual(["/keyy"]);
  });
});

describe("who calls", () => {
  it("AUTH-2, MGMT-5: a bearer that comes along must be valid, and ROOT_SECRET mints tokens alone", async () => {
    const sold = await license();
    const { aid } = await grantOf(sold);
    const body = bodyOf(sold);
    for (const [method, path] of [
      ["POST", "/activations"],
      ["PATCH", `/activations/${aid}`],
      ["POST", `/activations/${aid}/deactivate`],
    ] as const) {
      await problemOf(await v3(method, path, { token: `lh_pat_${"A".repeat(43)}`, body }), 401, "UNAUTHORIZED");
      await problemOf(await v3(method, path, { token: "nonsense", body }), 401, "UNAUTHORIZED");
      await problemOf(await v3(method, path, { token: ROOT_SECRET, body }), 403, "FORBIDDEN");
      const cors = await v3(method, path, { token: null, body, headers: { Origin: "https://elsewhere.test" } });
      expect([method, cors.ok, cors.headers.get("Access-Control-Allow-Origin")]).toEqual([method, true, null]);
    }
  });

  it("AUTH-7: of a person's activation it needs that person, or who may write activations; userId proves nothing", async () => {
    const provider = await newProvider({
      ada: { email: "ada@example.test", email_verified: true },
      eve: { email: "eve@example.test", email_verified: true },
    });
    const app = appWith(provider.issuer);
    const tokenFor = async (name: string) => (await provider.tokens(name)).access_token;
    const sold = await license({ allowedActivations: 3 });
    const ada = await tokenFor("ada");
    const body = bodyOf(sold);
    const grant = decodeJwt(await tokenOf(await app.call("POST", "/v3/activations", { token: ada, body })));
    expect(grant).toMatchObject({ email: "ada@example.test" });
    const path = `/v3/activations/${grant["aid"]}`;
    const others = [undefined, await tokenFor("eve"), await mint(["activation:read"])];
    for (const token of others) {
      const claimed = { ...body, userId: "ada", email: "ada@example.test" };
      await problemOf(await app.call("PATCH", path, { token, body: claimed }), 400, "AUTHENTICATION_FAILED");
      await problemOf(
        await app.call("POST", "/v3/activations", { token, body: claimed }),
        400,
        "AUTHENTICATION_FAILED",
      );
      await problemOf(
        await app.call("POST", `${path}/deactivate`, { token, body: claimed }),
        400,
        "AUTHENTICATION_FAILED",
      );
    }
    expect((await app.call("PATCH", path, { token: ada, body })).status).toBe(200);
    const writer = await mint(["activation:write", "license:write"]);
    expect((await app.call("PATCH", path, { token: writer, body })).status).toBe(200);
    const resumed = decodeJwt(await tokenOf(await app.call("POST", "/v3/activations", { token: writer, body })));
    expect(resumed["aid"]).toBe(grant["aid"]);
    expect((await app.call("PATCH", path, { token: ada, body })).status).toBe(200);
    expect(await jsonOf(await app.call("POST", `${path}/deactivate`, { token: ada, body }), 200)).toEqual({});
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 0, totalDeactivations: 1 });
    const anew = decodeJwt(await tokenOf(await app.call("POST", "/v3/activations", { token: ada, body })));
    await app.call("POST", `/v3/activations/${anew["aid"]}/deactivate`, { token: writer, body });
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 0, totalDeactivations: 1 });
  });
});

describe("repetition and cost", () => {
  it("MGMT-4: the same key answers the same activation, another body is 422, and an ended one 409", async () => {
    const sold = await license({ allowedActivations: 2 });
    const keyed = (more: Json = {}) => activate(sold, more, { "Idempotency-Key": "order-1" });
    const first = decodeJwt(await tokenOf(await keyed()));
    const again = decodeJwt(await tokenOf(await keyed()));
    expect([again["aid"], again["jti"] === first["jti"]]).toEqual([first["aid"], false]);
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 1 });
    await problemOf(await keyed({ os: "linux" }), 422, "IDEMPOTENCY_KEY_REUSED");
    // Another device's key is its own.
    await tokenOf(await keyed({ fingerprint: "b" }));
    await jsonOf(await send("POST", `/activations/${first["aid"]}/deactivate`, { fingerprint: "a device" }), 200);
    await problemOf(await keyed(), 409, "ACTIVATION_ENDED");
  });

  it("HOT-1, SNAP-1: warm, activation, sync and deactivation ask no D1, and go on while it is down", async () => {
    const database = watchedDatabase();
    const app = createApp(deploymentOpener());
    const call = async (method: string, path: string, body: Json): Promise<Response> => {
      const context = createExecutionContext();
      const init = { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
      const request = new Request(`http://leasehold.test/v3/activations${path}`, init);
      const answer = await app.fetch(request, { ...env, DB: database.db }, context);
      await waitOnExecutionContext(context);
      return answer;
    };
    const user = await created("/users", { email: "warm@example.test", company: "Warm" });
    const sold = await license({ userId: user.id, allowedActivations: 0 });
    await tokenOf(await call("POST", "", bodyOf(sold)));
    const before = database.calls();
    const warm = decodeJwt(await tokenOf(await call("POST", "", bodyOf(sold, { fingerprint: "b" }))));
    expect(warm).toMatchObject({ company: "Warm" });
    await tokenOf(await call("PATCH", `/${warm["aid"]}`, bodyOf(sold, { fingerprint: "b" })), 200);
    await jsonOf(await call("POST", `/${warm["aid"]}/deactivate`, { fingerprint: "b" }), 200);
    expect(database.calls()).toBe(before);
    database.fail();
    expect(decodeJwt(await tokenOf(await call("POST", "", bodyOf(sold))))).toMatchObject({ company: "Warm" });

    // Of a user whom this isolate does not know nothing can be said: no seat is taken.
    const other = await license({ userId: (await created("/users", { email: "cold@example.test" })).id });
    await activated(String(other.key), "warms the object up");
    await v3("DELETE", `/activations?licenseId=${other.id}&createdAt[gte]=2020-01-01T00:00:00Z`);
    await problemOf(await call("POST", "", bodyOf(other)), 503, "STORAGE_UNAVAILABLE");
    expect(await read(`/licenses/${other.id}`)).toMatchObject({ totalActivations: 0 });
    database.heal();
    await tokenOf(await call("POST", "", bodyOf(other)));
  });

  it("LIM-1: a key that is nobody's, or not the activation's, is a miss; without one, a wrong fingerprint", async () => {
    const sold = await license();
    const { aid } = await grantOf(sold);
    const app = createApp(deploymentOpener());
    const charged: string[] = [];
    const count = (key: string) => ({ limit: () => Promise.resolve({ success: charged.push(key) > 0 }) });
    const bindings = { ...env, RATE_LIMITS: "on", MISS_LIMIT: count("miss"), BURST_LIMIT: count("burst") };
    const call = async (method: string, path: string, body: Json) => {
      const init = { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
      const context = createExecutionContext();
      const answer = await app.fetch(new Request(`http://leasehold.test/v3${path}`, init), bindings, context);
      await waitOnExecutionContext(context);
      return [answer.status, charged.splice(0)] as const;
    };
    expect(await call("POST", "/activations", bodyOf(sold, { key: "nobody's" }))).toEqual([400, ["burst", "miss"]]);
    expect(await call("PATCH", `/activations/${aid}`, bodyOf(sold, { key: "guess" }))).toEqual([
      400,
      ["burst", "miss"],
    ]);
    const end = `/activations/${aid}/deactivate`;
    const guess = { fingerprint: "guess" };
    expect(await call("POST", end, guess)).toEqual([400, ["burst", "miss"]]);
    expect(await call("POST", end, { ...guess, key: sold.key })).toEqual([400, ["burst"]]);
    expect(await call("PATCH", `/activations/${aid}`, bodyOf(sold))).toEqual([200, ["burst"]]);
  });
});
