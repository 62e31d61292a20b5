/** v3's client calls over HTTP (docs/clients-v3.md): their life, and their tokens. */

import fc from "fast-check";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { activate, bodyOf, grantOf, send, sync, tokenOf } from "../support/clients-v3.ts";
import { created, jsonOf, license, listOf, mint, read, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { pemOf, SampleClient } from "../support/sample-client.ts";
import { activated, bearer, post } from "../support/shop.ts";

afterEach(() => void vi.useRealTimers());

describe("a client like Cryptlex's own samples", () => {
  async function sampleOf(members: Json = {}) {
    const product = await created("/products", { name: "Sample", tokenAlgorithm: "RS256" });
    const sold = await license({ productId: product.id, ...members });
    const keys = await listOf(await v3("GET", `/products/${product.id}/keys`));
    const signs = keys.find(({ status }) => status === "active")?.publicKey as object;
    const said = { key: String(sold.key), productId: String(product.id), fingerprint: "f".repeat(64) };
    return { sold, client: new SampleClient(said, pemOf(signs), send) };
  }

  it("TOK-3: activates, activates again, syncs and deactivates, and finds its token good at each step", async () => {
    const { sold, client } = await sampleOf({ subscriptionInterval: "P1Y" });
    await client.activate();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([201, "LA_OK"]);
    const first = await client.claims();
    await client.activate();
    expect([client.status, (await client.claims())?.["aid"]]).toEqual([201, first?.["aid"]]);
    await client.sync({ osVersion: "6.2", leaseDuration: 0 });
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([200, "LA_OK"]);
    // A client whose clock is five minutes slow is within what `aco` allows.
    expect(await client.isGenuine(Date.now() - 300_000)).toBe("LA_OK");
    expect(await read(`/activations/${first?.["aid"]}`)).toMatchObject({
      ...{ os: "linux", osVersion: "6.2", hostname: "pc", container: false, appVersion: "1.2.3" },
      metadata: [{ key: "computer", value: "Ada's" }],
    });
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 1, totalDeactivations: 0 });
    const said = `licenseId=${sold.id}&os=linux&metadata.key=computer&metadata.value=Ada's`;
    const found = async (query: string) => (await listOf(await v3("GET", `/activations?${query}`))).length;
    await vi.waitUntil(async () => (await found(said)) === 1);
    const others = [`${said}&location.countryCode=DE`, said.replace("linux", "windows"), said.replace("Ada", "Eve")];
    for (const query of others) expect([query, await found(query)]).toEqual([query, 0]);
    await client.deactivate();
    expect([client.status, client.token]).toEqual([200, null]);
    expect(await read(`/licenses/${sold.id}`)).toMatchObject({ totalActivations: 0, totalDeactivations: 1 });
  });

  it("STAND-1: is told in its token that the license has expired or is suspended, and that it goes on", async () => {
    const { sold, client } = await sampleOf({ validity: 3600 });
    await client.activate();
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { suspended: true } }), 200);
    await client.sync();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([200, "LA_SUSPENDED"]);
    vi.setSystemTime(Date.now() + 7_200_000);
    await client.sync();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([200, "LA_EXPIRED"]);
    await client.activate();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([201, "LA_EXPIRED"]);
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { suspended: false } }), 200);
    await jsonOf(await v3("POST", `/licenses/${sold.id}/renew`, { body: { from: "now" } }), 200);
    await client.sync();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([200, "LA_OK"]);
    await jsonOf(await v3("PATCH", `/licenses/${sold.id}`, { body: { revoked: true } }), 200);
    await client.sync();
    expect([client.status, client.code, client.token]).toEqual([400, "REVOKED_LICENSE", null]);
  });

  it("LEASE-4, LEASE-5: loses its activation with its lease, is told so by 404, and activates anew", async () => {
    const { client } = await sampleOf({ type: "hosted-floating", leaseDuration: 600 });
    await client.activate();
    const held = client.token;
    vi.setSystemTime(Date.now() + 300_000);
    await client.sync();
    vi.setSystemTime(Date.now() + 599_000);
    expect(await client.isGenuine(Date.now())).toBe("LA_OK");
    vi.setSystemTime(Date.now() + 2_000);
    client.token = held;
    await client.sync();
    expect([client.status, client.code, client.token]).toEqual([404, "NOT_FOUND", null]);
    await client.activate();
    expect([client.status, await client.isGenuine(Date.now())]).toEqual([201, "LA_OK"]);
  });
});

describe("the token", () => {
  it("TOK-3: has every claim, void as 0 or an empty text, lists as text, and its own type", async () => {
    const sold = await license();
    const token = await tokenOf(await activate(sold));
    const claims = decodeJwt(token);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: "ES256", typ: "activation+jwt" });
    const { aid, jti, iss, server_time: at } = claims;
    expect(claims).toEqual({
      ...{ iss, jti, aid, aud: sold.productId, server_time: at, iat: Number(at) - 300 },
      exp: Number(at) + 3600 + 2_592_000,
      ...{ os: "", fp: "a device", fms: "exact", eat: 0, pid: sold.productId, orv: 0, lid: sold.id, key: sold.key },
      ...{ name: "", email: "", company: "", type: "node-locked", suspended: false, fc: 0, ls: "per-machine" },
      ...{ ld: 0, leat: 0, ssgpeat: Number(at) + 3600 + 2_592_000, aco: 60, ssi: 3600 },
      ...{ pmd: "[]", lmd: "[]", umd: "[]", amd: "[]", lma: "[]", ama: "[]" },
      lcat: Math.floor(Date.parse(String(sold.createdAt)) / 1000),
      ...{ laat: at, features: {}, on: "", oa: "" },
    });
  });

  it("TOK-3, MGMT-7: names the license's user and what devices may see, and none of it to who may not", async () => {
    const item = (value: string) => ({ key: value, value, viewPermissions: ["activation"] });
    const hidden = { key: "hidden", value: "hidden", viewPermissions: ["user"] };
    const names = { firstName: "Ada", lastName: "Lovelace", company: "Engines" };
    const user = await created("/users", { email: "ada@example.test", ...names, metadata: [item("user"), hidden] });
    const product = await created("/products", { name: "App", metadata: [item("product"), hidden] });
    const sold = await license({ productId: product.id, userId: user.id, metadata: [item("license"), hidden] });
    const metadata = [{ key: "activation", value: "activation" }];
    const list = (value: string) => JSON.stringify([{ key: value, value }]);
    const person = { name: "Ada Lovelace", email: "ada@example.test", company: "Engines", umd: list("user") };
    const lists = { pmd: list("product"), lmd: list("license"), amd: list("activation") };
    expect(await grantOf(sold, { metadata })).toMatchObject({ ...person, ...lists, key: sold.key });

    const nobody = { name: "", email: "", company: "", umd: "[]" };
    for (const [scopes, expected] of [
      [["activation:write"], { ...nobody, key: "" }],
      [["license:read"], { ...nobody, key: sold.key }],
      [["user:read"], { ...person, key: "" }],
    ] as const) {
      const token = await mint(scopes);
      const body = bodyOf(sold, { metadata });
      const again = decodeJwt(await tokenOf(await v3("POST", "/activations", { token, body })));
      expect(again).toMatchObject({ ...lists, ...expected });
      expect(decodeJwt(await tokenOf(await sync(sold, again["aid"], {}, token), 200))).toMatchObject(expected);
    }
  });

  it("NET-2, KEY-3: says the product and the key as the app named them, and is for all that the license covers", async () => {
    const [own, covered] = [await created("/products", { name: "A" }), await created("/products", { name: "B" })];
    const ids = [own.id, covered.id];
    const sold = await license({ productId: own.id, licensedProductIds: ids, allowedActivations: 0 });
    const typed = String(sold.key).toLowerCase();
    const claims = await grantOf(sold, { key: typed, productId: String(covered.id).toUpperCase() });
    expect(claims).toMatchObject({ pid: String(covered.id).toUpperCase(), key: typed, aud: ids });
    const answer = await sync(sold, claims.aid, { key: ` ${typed}`, productId: covered.id });
    expect(decodeJwt(await tokenOf(answer, 200))).toMatchObject({ pid: covered.id, key: ` ${typed}` });
  });

  it("TOK-3, AUTH-5: is no credential of the activation API, and a license token opens nothing more here", async () => {
    const sold = await license({ allowedActivations: 2 });
    const token = await tokenOf(await activate(sold));
    const { aid } = decodeJwt(token);
    await problemOf(await post(`/${aid}/renew`, undefined, `Bearer ${token}`), 401, "credentials-invalid");
    await problemOf(await sync(sold, aid, {}, token), 401, "UNAUTHORIZED");
    const document = await activated(String(sold.key), "another");
    expect((await sync(sold, aid, {}, document.licenseToken)).status).toBe(200);
    // One activation, whichever API it is of.
    expect((await sync(sold, document.sessionId, { fingerprint: "another" })).status).toBe(200);
    expect((await post(`/${document.sessionId}/renew`, undefined, bearer(document))).status).toBe(200);
  });
});

describe("a body", () => {
  /** A well-formed activation's id of no license. */
  const NOBODY = "00000000-0000-8000-8000-000000000000";

  it("ERR-2: no members of v3's client calls give a 500", async () => {
    const any = fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.jsonValue());
    const either = fc.oneof(fc.constant("a text"), any);
    const texts = ["os", "vmName", "userHash", "releaseVersion", "releasePublishedAt"];
    const items = fc.array(fc.record({ key: either, value: either }, { requiredKeys: [] }));
    const named = fc.record({ key: either, fingerprint: either, productId: either });
    const told = fc.record({
      container: any,
      leaseDuration: fc.oneof(fc.double(), any),
      metadata: fc.oneof(items, any),
      ...{ meterAttributes: any, increment: any, activationId: fc.oneof(fc.constant(NOBODY), any) },
    });
    const members = fc.tuple(named, told, fc.dictionary(fc.constantFrom(...texts), any));
    const calls = [
      ["POST", "/activations"],
      ["PATCH", `/activations/${NOBODY}`],
      ["POST", `/activations/${NOBODY}/deactivate`],
      ["POST", `/activations/meter-attributes/${NOBODY}`],
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...calls), members, async ([method, path], parts) => {
        const answer = await send(method, path, Object.assign({}, ...parts) as object);
        await answer.arrayBuffer();
        expect([400, 404]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
  });
});
