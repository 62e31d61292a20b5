/** Plans over /v3: who is on which, another one for a license that there is, and a trial that becomes paid (TPL-2). */

import { expect, it, vi } from "vitest";
import { created, jsonOf, license, listOf, productId, read, v3, type Json } from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { activated, bearer, post } from "../support/shop.ts";

const TRIAL = { name: "trial", validity: 14 * 86_400, allowedActivations: 1 };
const PAID = { name: "paid", subscriptionInterval: "P1Y", allowedActivations: 5, leaseDuration: 600 };
const FLOATING = { ...PAID, name: "floating", type: "hosted-floating", expirationStrategy: "delayed" };

async function template(body: Json): Promise<string> {
  return String((await created("/license-templates", body)).id);
}

const idsOn = async (plan: string) =>
  (await listOf(await v3("GET", `/licenses?licenseTemplateId=${plan}`))).map(({ id }) => id);
const eventsOf = async (id: unknown, event: string) =>
  await listOf(await v3("GET", `/event-logs?resourceId=${String(id)}&event=${event}`));

async function patch({ id }: Json, body: Json): Promise<Json> {
  return await jsonOf(await v3("PATCH", `/licenses/${String(id)}`, { body }), 200);
}

it("TPL-1: a license remembers its template, the product's too, and is found by it, also when that is gone", async () => {
  const [trial, paid] = [await template(TRIAL), await template(PAID)];
  const product = await created("/products", { name: "App", licenseTemplateId: trial });
  const byDefault = await license({ productId: product.id });
  const named = await license({ productId: product.id, licensePolicyId: paid.toUpperCase() });
  const declined = await license({ productId: product.id, licenseTemplateId: "" });
  const shown = [byDefault, named, declined].map(({ licenseTemplateId }) => licenseTemplateId);
  expect(shown).toEqual([trial, paid, null]);
  expect(await idsOn(trial)).toEqual([byDefault.id]);
  expect(await idsOn(paid)).toEqual([named.id]);
  const without = await listOf(await v3("GET", `/licenses?productId=${String(product.id)}&licenseTemplateId=`));
  expect(without.map(({ id }) => id)).toEqual([declined.id]);
  expect((await v3("DELETE", `/license-templates/${paid}`)).status).toBe(204);
  expect(await read(`/licenses/${String(named.id)}`)).toEqual(named);
  expect(await idsOn(paid)).toEqual([named.id]);
  expect(await patch(named, { licenseTemplateId: paid, notes: null })).toEqual(named);
});

it("TPL-2: PATCH licenseTemplateId puts a license on another plan, which keeps its end, its key and its activations", async () => {
  const [trial, paid, floating] = [await template(TRIAL), await template(PAID), await template(FLOATING)];
  const sold = await license({ productId: await productId(), licenseTemplateId: trial });
  const { sessionId, licenseToken } = await activated(String(sold.key));
  const answer = await v3("GET", `/licenses/${String(sold.id)}`);
  const headers = { "If-Match": String(answer.headers.get("ETag")) };
  const moved = { licenseTemplateId: paid, allowedActivations: 7 };
  const before = await jsonOf(answer, 200);
  const after = await jsonOf(await v3("PATCH", `/licenses/${String(sold.id)}`, { body: moved, headers }), 200);
  const given = { subscriptionInterval: "P1Y", validity: 0, leaseDuration: 600 };
  expect(after).toEqual({ ...before, ...moved, ...given, updatedAt: after.updatedAt });
  expect(await patch(sold, moved)).toEqual(after);
  expect((await v3("PATCH", `/licenses/${String(sold.id)}`, { body: { notes: "n" }, headers })).status).toBe(412);
  expect(await idsOn(paid)).toEqual([sold.id]);
  expect(await idsOn(trial)).toEqual([]);
  const [event, ...others] = await vi.waitUntil(async () => {
    const found = await eventsOf(sold.id, "license.updated");
    return found.length > 0 ? found : null;
  });
  expect(others).toEqual([]);
  expect(event?.changes).toEqual({
    licenseTemplateId: { before: trial, after: paid },
    subscriptionInterval: { before: null, after: "P1Y" },
    validity: { before: TRIAL.validity, after: 0 },
    allowedActivations: { before: 1, after: 7 },
    leaseDuration: { before: 0, after: 600 },
  });
  expect(await eventsOf(sold.id, "license.subscription.updated")).toEqual([]);

  const refused = await v3("PATCH", `/licenses/${String(sold.id)}`, { body: { licenseTemplateId: floating } });
  expect(pointersOf(await problemOf(refused, 409, "ACTIVATIONS_LIVE"))).toEqual(["/licenseTemplateId"]);
  const own = await v3("PATCH", `/licenses/${String(sold.id)}`, { body: { type: "hosted-floating" } });
  expect(pointersOf(await problemOf(own, 400, "INVALID_REQUEST"))).toEqual(["/type"]);
  expect(await read(`/licenses/${String(sold.id)}`)).toEqual(after);
  expect((await post(`/${sessionId}/check-out`, undefined, bearer({ licenseToken }))).status).toBe(200);
  const begun = await patch(sold, { licenseTemplateId: floating, type: "node-locked" });
  const anew = { type: "hosted-floating", expirationStrategy: "delayed", expiresAt: null, activatedAt: null };
  expect(begun).toMatchObject({ ...anew, licenseTemplateId: floating, allowedActivations: 5 });
  expect((await activated(String(sold.key))).leaseExpiresAt).not.toBeNull();
  expect(await read(`/licenses/${String(sold.id)}`)).toMatchObject({ activatedAt: expect.any(String) });
  for (const [body, pointer] of [
    [{ licenseTemplateId: sold.id }, "/licenseTemplateId"],
    [{ licensePolicyId: sold.id }, "/licensePolicyId"],
    [{ licensePolicyId: trial, licenseTemplateId: paid }, "/licensePolicyId"],
    [{ licenseTemplateId: 5 }, "/licenseTemplateId"],
  ] as const) {
    const no = await v3("PATCH", `/licenses/${String(sold.id)}`, { body });
    expect(pointersOf(await problemOf(no, 400, "INVALID_REQUEST"))).toEqual([pointer]);
  }
  for (const body of [{ licenseTemplateId: "" }, { licensePolicyId: null }]) {
    await patch(sold, { licenseTemplateId: paid });
    expect(await patch(sold, body)).toMatchObject({ licenseTemplateId: null, type: "hosted-floating" });
  }
});

it("EXP-4, EXP-11: renew with licenseTemplateId makes a trial paid in one call, once per reference and per key", async () => {
  const [trial, paid] = [await template(TRIAL), await template(PAID)];
  const given = { createdAt: "2026-01-31T10:00:00Z", licenseTemplateId: trial };
  const sold = await license(given);
  const body = { licenseTemplateId: paid, renewalReference: "invoice-1" };
  const renew = async (sent: Json, headers = {}) =>
    await v3("POST", `/licenses/${String(sold.id)}/renew`, { body: sent, headers });
  const key = { "Idempotency-Key": "order-1" };
  const bought = await jsonOf(await renew(body, key), 200);
  const members = { licenseTemplateId: paid, subscriptionInterval: "P1Y", validity: 0, allowedActivations: 5 };
  expect(bought).toMatchObject({ ...members, expiresAt: "2027-02-14T10:00:00.000Z" });
  expect(await jsonOf(await renew(body, key), 200)).toEqual(bought);
  expect(await jsonOf(await renew({ ...body, licenseTemplateId: trial }), 200)).toEqual(bought);
  const [event, ...others] = await vi.waitUntil(async () => {
    const found = await eventsOf(sold.id, "license.renewed");
    return found.length > 0 ? found : null;
  });
  expect(others).toEqual([]);
  expect(event?.changes).toMatchObject({
    licenseTemplateId: { before: trial, after: paid },
    allowedActivations: { before: 1, after: 5 },
    expiresAt: { before: sold.expiresAt, after: bought.expiresAt },
  });
  const gone = await renew({ licenseTemplateId: sold.id });
  expect(pointersOf(await problemOf(gone, 400, "INVALID_REQUEST"))).toEqual(["/licenseTemplateId"]);
  expect(await eventsOf(sold.id, "license.updated")).toEqual([]);
  const none = await jsonOf(await renew({ licenseTemplateId: null }), 200);
  expect(none).toMatchObject({ licenseTemplateId: paid, expiresAt: "2028-02-14T10:00:00.000Z" });
});
