/** Trials over HTTP (TRIAL-1): of a device, without a license; and the license kind, which becomes paid (TPL-2). */

import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { activate, grantOf, sync, tokenOf } from "../support/clients-v3.ts";
import { created, jsonOf, license, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, documentOf, post } from "../support/shop.ts";
import { claims, countOf, DEVICE, trial, tried, typesOf, WEEK } from "../support/trials.ts";

afterEach(() => void vi.useRealTimers());

describe("a device", () => {
  it("TRIAL-1, TOK-3: gets a token with every claim, and again the same trial, which never begins anew", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { product } = await tried({}, { metadata: [{ key: "edition", value: "x", visible: true }] });
    const said = { os: "linux", metadata: [{ key: "computer", value: "Ada's" }], accountId: "any", hostname: "pc" };
    const token = await tokenOf(await trial(product.toUpperCase(), said));
    const keys = createLocalJWKSet((await read(`/products/${product}/jwks`)) as unknown as JSONWebKeySet);
    const { payload, protectedHeader } = await jwtVerify(token, keys, { typ: "activation+jwt", audience: product });
    expect(protectedHeader.alg).toBe("ES256");
    const { aid, jti, iss, server_time: at } = payload;
    expect(payload).toEqual({
      ...{ iss, jti, aid, aud: product, server_time: at, iat: Number(at) - 300 },
      ...{ os: "linux", fp: DEVICE, fms: "exact", eat: Number(at) + WEEK, pid: product.toUpperCase(), orv: 0, lid: "" },
      ...{ key: "", name: "", email: "", company: "", type: "trial", suspended: false, fc: 0, ls: "", ld: 0, leat: 0 },
      ...{ ssgpeat: 0, aco: 60, ssi: 0, pmd: '[{"key":"edition","value":"x"}]', lmd: "[]", umd: "[]" },
      ...{
        amd: '[{"key":"computer","value":"Ada\'s"}]',
        lma: "[]",
        ama: "[]",
        lcat: 0,
        laat: 0,
        on: "",
        oa: "",
        features: {},
      },
    });
    // A license's token has the same claims, and an end besides.
    const paid = await grantOf(await license());
    expect(new Set([...Object.keys(payload), "exp"])).toEqual(new Set(Object.keys(paid)));

    vi.setSystemTime(Date.now() + 86_400_000);
    const again = await claims(product, { os: "windows", metadata: [] });
    expect(again).toMatchObject({ aid, os: "linux", eat: payload["eat"], amd: payload["amd"] });
    expect(again["server_time"]).toBe(Number(at) + 86_400);
    vi.setSystemTime(Date.now() + WEEK * 1000);
    const over = await claims(product);
    expect(over).toMatchObject({ aid, eat: payload["eat"] });
    expect(Number(over["eat"])).toBeLessThan(Number(over["server_time"]));
    expect((await claims(product, { fingerprint: "another" }))["aid"]).not.toBe(aid);
    expect((await claims((await tried()).product))["aid"]).not.toBe(aid);
    expect(await typesOf(aid)).toEqual(["trialActivation.created"]);
    expect(await countOf(product)).toBe(2);
  });

  it("TRIAL-1: has one trial and one event, however many of its calls come at once", async () => {
    const { product } = await tried();
    const answers = await Promise.all(Array.from({ length: 40 }, async () => await claims(product)));
    const [aid, ...others] = new Set(answers.map((one) => one["aid"]));
    expect(others).toEqual([]);
    expect(new Set(answers.map((one) => one["eat"])).size).toBe(1);
    expect([await countOf(product), await typesOf(aid)]).toEqual([1, ["trialActivation.created"]]);
  });

  it("TRIAL-1: gets no other after the vendor has deleted it, also not in that very moment", async () => {
    const { product } = await tried();
    for (let round = 0; round < 3; round += 1) {
      const fingerprint = `device ${round}`;
      const { aid } = await claims(product, { fingerprint });
      const [gone, ...calls] = await Promise.all([
        v3("DELETE", `/trial-activations/${aid}`),
        ...Array.from({ length: 5 }, async () => await trial(product, { fingerprint })),
      ]);
      expect(gone.status).toBe(204);
      for (const answer of calls) {
        if (answer.status === 201) expect(decodeJwt(await tokenOf(answer))["aid"]).toBe(aid);
        else await problemOf(answer, 400, "TRIAL_ACTIVATION_LIMIT_REACHED");
      }
      const late = await problemOf(await trial(product, { fingerprint }), 400, "TRIAL_ACTIVATION_LIMIT_REACHED");
      expect(late.action).toBe("contact-vendor");
      await problemOf(await v3("GET", `/trial-activations/${aid}`), 404, "NOT_FOUND");
      expect(await typesOf(aid)).toEqual(["trialActivation.created", "trialActivation.deleted"]);
    }
    expect(await countOf(product)).toBe(0);
  });

  it("TRIAL-1: is a fingerprint, or with userLocked one and an OS user; a change of that gives nobody a second", async () => {
    const { product, policy } = await tried({ userLocked: true });
    const lock = async (userLocked: boolean) =>
      await jsonOf(await v3("PATCH", `/trial-policies/${policy}`, { body: { userLocked } }), 200);
    expect(pointersOf(await problemOf(await trial(product), 400, "INVALID_REQUEST"))).toEqual(["/userHash"]);
    const ada = (await claims(product, { userHash: "ada" }))["aid"];
    const bob = (await claims(product, { userHash: "bob" }))["aid"];
    expect(bob).not.toBe(ada);
    const shared = (await claims(product, { userHash: "ada", fingerprint: "shared" }))["aid"];
    await lock(false);
    expect((await claims(product, { userHash: "ada" }))["aid"]).toBe(ada);
    expect((await claims(product, { userHash: "bob" }))["aid"]).toBe(bob);
    expect([ada, bob]).toContain((await claims(product, { userHash: "eve" }))["aid"]);
    expect([ada, bob]).toContain((await claims(product))["aid"]);
    expect((await claims(product, { userHash: "bob", fingerprint: "shared" }))["aid"]).toBe(shared);
    const everybodys = (await claims(product, { userHash: "ada", fingerprint: "unlocked" }))["aid"];
    await lock(true);
    expect((await claims(product, { userHash: "bob", fingerprint: "unlocked" }))["aid"]).toBe(everybodys);
    expect((await v3("DELETE", `/trial-activations/${everybodys}`)).status).toBe(204);
    const used = await trial(product, { userHash: "eve", fingerprint: "unlocked" });
    await problemOf(used, 400, "TRIAL_ACTIVATION_LIMIT_REACHED");
    expect(await countOf(product)).toBe(3);
  });

  it("NET-1: is refused by the policy's rules, at each call, and nothing is kept of it", async () => {
    const rules = { disallowedCountries: ["fr"], allowVmActivation: false, allowContainerActivation: false };
    const { product, policy } = await tried({ ...rules, disallowedIpAddresses: ["203.0.113.0/24"] });
    const at = (country: string, address = "192.0.2.1") => ({
      headers: { "CF-IPCountry": country, "CF-Connecting-IP": address },
    });
    await problemOf(await trial(product, {}, at("FR")), 400, "COUNTRY_NOT_ALLOWED");
    await problemOf(await trial(product, {}, at("DE", "203.0.113.7")), 400, "IP_ADDRESS_NOT_ALLOWED");
    await problemOf(await trial(product, { vmName: "vmware" }), 400, "VM_ACTIVATION_NOT_ALLOWED");
    await problemOf(await trial(product, { container: true }), 400, "CONTAINER_ACTIVATION_NOT_ALLOWED");
    expect(await countOf(product)).toBe(0);
    const { aid } = decodeJwt(await tokenOf(await trial(product, {}, at("DE"))));
    await problemOf(await trial(product, {}, at("FR")), 400, "COUNTRY_NOT_ALLOWED");
    expect((await read(`/trial-activations/${aid}`)).location).toMatchObject({
      ...{ countryCode: "DE", ipAddress: "192.0.2.1" },
    });
    await jsonOf(await v3("PATCH", `/trial-policies/${policy}`, { body: { disableGeoLocation: true } }), 200);
    const unplaced = decodeJwt(await tokenOf(await trial(product, { fingerprint: "another" }, at("DE"))));
    expect((await read(`/trial-activations/${unplaced["aid"]}`)).location).toMatchObject({
      ...{ countryCode: null, ipAddress: null },
    });
  });

  it("ERR-1: is told what is wrong with its call, or with the product", async () => {
    const { product } = await tried();
    const other = String((await created("/products", { name: "Other" })).id);
    for (const id of ["none", "0193f3a4-0000-7000-8000-000000000000"]) {
      await problemOf(await trial(id), 400, "INVALID_PRODUCT_ID");
    }
    expect((await problemOf(await trial(other), 400, "TRIAL_NOT_ALLOWED")).action).toBe("contact-vendor");
    for (const [more, pointer] of [
      [{ fingerprint: " " }, "/fingerprint"],
      [{ productId: 5 }, "/productId"],
      [{ container: "yes" }, "/container"],
      [{ metadata: [{ key: "k", value: "v".repeat(4096) }] }, "/metadata"],
    ] as const) {
      expect(pointersOf(await problemOf(await trial(product, more), 400, "INVALID_REQUEST"))).toEqual([pointer]);
    }
    await problemOf(await trial(product, {}, { token: "nobody's" }), 401, "UNAUTHORIZED");
    expect(await countOf(product)).toBe(0);
    const { aid } = await claims(product);
    await jsonOf(await v3("PATCH", `/products/${product}`, { body: { trialPolicyId: null } }), 200);
    await problemOf(await trial(product), 400, "TRIAL_NOT_ALLOWED");
    expect(await read(`/trial-activations/${aid}`)).toMatchObject({ productId: product });
  });

  it("LIM-1: an address begins a hundred trials a minute, is not taken for a guesser, and keeps those that it has", async () => {
    const { product } = await tried();
    const app = createApp(deploymentOpener());
    const FREE = { limit: () => Promise.resolve({ success: true }) };
    const counted: string[] = [];
    const MISS_LIMIT = {
      limit: ({ key }: { readonly key: string }) => {
        counted.push(key);
        return Promise.resolve({ success: counted.length <= 2 });
      },
    };
    const call = async (fingerprint: string) => {
      const context = createExecutionContext();
      const request = new Request("http://leasehold.test/v3/trial-activations", {
        method: "POST",
        headers: { "Content-Type": "application/json", "CF-Connecting-IP": "2001:db8::1" },
        body: JSON.stringify({ productId: product, fingerprint }),
      });
      const bindings = { ...env, BURST_LIMIT: FREE, ADDRESS_LIMIT: FREE, MISS_LIMIT, RATE_LIMITS: "on" };
      const answer = await app.fetch(request, bindings, context);
      await waitOnExecutionContext(context);
      return answer;
    };
    expect([(await call("a")).status, (await call("b")).status]).toEqual([201, 201]);
    expect((await problemOf(await call("c"), 429, "TOO_MANY_REQUESTS")).retryable).toBe(true);
    expect((await call("a")).status).toBe(201);
    expect(counted).toEqual(Array(3).fill("trial:2001:db8::/64"));
    expect(await countOf(product)).toBe(2);
  });

  it("EVT-3: is nobody in the log, nor in D1: a keyed digest stands for the fingerprint", async () => {
    const { product } = await tried({ userLocked: true });
    const { aid } = await claims(product, { fingerprint: "fingerprint-of-ada", userHash: "hash-of-ada" });
    const row = await env.DB.prepare("SELECT * FROM trial_activations WHERE id = ?").bind(aid).first();
    const told = await vi.waitUntil(async () => {
      const rows = env.DB.prepare(`SELECT body FROM event_log WHERE subject_id = ?`).bind(aid);
      return await rows.first<string>("body");
    });
    expect(row).toMatchObject({ device: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(JSON.stringify([row, told])).not.toMatch(/of-ada/);
    expect(told).not.toContain(String(row?.["device"]));
  });
});

it("TPL-2: a trial license becomes a paid one, and its device notices nothing, in either dialect", async () => {
  const plan = async (body: Json) => String((await created("/license-templates", body)).id);
  const trialPlan = await plan({ name: "Trial", validity: WEEK });
  const paidPlan = await plan({ name: "Pro", subscriptionInterval: "P1Y", allowedActivations: 3 });
  const sold = await license({ licenseTemplateId: trialPlan });
  const document = await activated(String(sold.key), "a desk");
  const other = await license({ licenseTemplateId: trialPlan, productId: sold.productId });
  const { aid, eat } = decodeJwt(await tokenOf(await activate(other)));
  for (const { id } of [sold, other]) {
    const body = { licenseTemplateId: paidPlan, from: "now", renewalReference: "invoice-1" };
    expect(await jsonOf(await v3("POST", `/licenses/${id}/renew`, { body }), 200)).toMatchObject({
      licenseTemplateId: paidPlan,
    });
  }
  const renewed = await documentOf(await post(`/${document.sessionId}/renew`, undefined, bearer(document)));
  expect(renewed.sessionId).toBe(document.sessionId);
  const [before, after] = [document, renewed].map(({ licenseToken }) => decodeJwt(licenseToken));
  expect(Number(after?.["license_expires_at"])).toBeGreaterThan(Number(before?.["license_expires_at"]) + WEEK);
  const synced = decodeJwt(await tokenOf(await sync(other, aid), 200));
  expect(synced["aid"]).toBe(aid);
  expect(Number(synced["eat"])).toBeGreaterThan(Number(eat) + WEEK);
  expect((await activated(String(sold.key), "a desk")).sessionId).toBe(document.sessionId);
  expect(decodeJwt(await tokenOf(await activate(other)))["aid"]).toBe(aid);
});
