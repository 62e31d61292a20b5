/**
 * What a webhook's object is given: its row with the secrets opened, and each event's resource as `GET` shows it
 * (docs/webhooks.md).
 */

import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { EventType, LeaseholdEvent } from "../../src/domain/license/event.ts";
import { eventResource, resourceOf } from "../../src/http/management/event/event-resource.ts";
import { readLicense } from "../../src/operations/license/read-license.ts";
import { webhookWiring } from "../../src/operations/webhook/webhook-wiring.ts";
import { findAccessToken } from "../../src/registry/rows/access-tokens.ts";
import { findProduct } from "../../src/registry/rows/products.ts";
import { findUser } from "../../src/registry/rows/users.ts";
import { findWebhook } from "../../src/registry/rows/webhooks.ts";
import { bindingsWith, opened, ROOT_SECRET, watchedDatabase } from "../support/bindings.ts";
import { created, jsonOf, license, read, v3 } from "../support/management.ts";

const HOOK = { name: "shop", url: "http://127.0.0.1:9/hooks", events: ["*"], token: "first token of a test" };

function event(type: EventType, data: object): LeaseholdEvent {
  const actor = { type: "system", id: "relay" } as const;
  return { id: "e", type, at: 0, subjectId: "s", sequence: 1, actor, requestId: "r", changes: {}, data: { ...data } };
}

/** As the object stores and reads it. */
async function shown(type: EventType, data: object, db = env.DB): Promise<unknown> {
  return JSON.parse(JSON.stringify(await eventResource(db, JSON.parse(JSON.stringify(event(type, data))))));
}

async function viewOf(id: unknown): Promise<object> {
  const outcome = await readLicense(await opened({ ROOT_SECRET }), String(id));
  if (!outcome.ok) throw new Error(outcome.refusal.code);
  return outcome.value.license;
}

it("HOOK-1: the row, with both tokens and the deployment's issuer; no row for an unknown id", async () => {
  const { id } = await created("/webhooks", { ...HOOK, enabled: false, format: "cloudevents" });
  const { updatedAt } = await jsonOf(
    await v3("PATCH", `/webhooks/${id}`, { body: { token: "second token of a test" } }),
    200,
  );
  const { issuer } = await opened({ ROOT_SECRET });
  expect(await webhookWiring.configuration(env, String(id))).toEqual({
    id,
    url: HOOK.url,
    events: HOOK.events,
    format: "cloudevents",
    enabled: false,
    secrets: {
      token: "second token of a test",
      previous: { token: "first token of a test", endsAt: expect.any(Number) },
    },
    updatedAt: Date.parse(String(updatedAt)),
    source: issuer,
  });
  expect(await webhookWiring.configuration(env, crypto.randomUUID())).toBeNull();
});

it("HOOK-1: secrets of one webhook do not open as another's", async () => {
  const { id } = await created("/webhooks", HOOK);
  const { id: other } = await created("/webhooks", { ...HOOK, token: "other token of a test" });
  await env.DB.prepare("UPDATE webhooks SET secrets = (SELECT secrets FROM webhooks WHERE id = ?) WHERE id = ?")
    .bind(other, id)
    .run();
  await expect(webhookWiring.configuration(env, String(id))).rejects.toThrow("does not open");
  // A lost token can be replaced.
  await jsonOf(await v3("POST", `/webhooks/${id}/rotate-secret`, { body: { token: "new token of a test" } }), 200);
  expect(await webhookWiring.configuration(env, String(id))).toMatchObject({
    secrets: { token: "new token of a test", previous: null },
  });
});

it("HOOK-3: development and the ports are the configuration's, and void where it is faulty", () => {
  const bindings = bindingsWith({ ROOT_SECRET, WEBHOOK_PORTS: "8443", ENVIRONMENT: "development" });
  expect([webhookWiring.isDevelopment(bindings), webhookWiring.allowedPorts(bindings)]).toEqual([true, [8443]]);
  const faulty = bindingsWith({ ROOT_SECRET: "short", WEBHOOK_PORTS: "8443", ENVIRONMENT: "development" });
  expect([webhookWiring.isDevelopment(faulty), webhookWiring.allowedPorts(faulty)]).toEqual([false, []]);
});

it("EVT-1: license events carry the license as GET shows it, and beside it what the event says", async () => {
  const user = await created("/users", { email: "ada@example.test", firstName: "Ada" });
  const resource = await license({ userId: user.id, validity: 60, metadata: [{ key: "a", value: "1" }] });
  const view = await viewOf(resource.id);
  expect(await shown("license.created", view)).toEqual(await read(`/licenses/${resource.id}`));
  const renewed = await shown("license.renewed", { ...view, renewalReference: "invoice-7" });
  expect(renewed).toEqual({ ...resource, renewalReference: "invoice-7" });

  const watched = watchedDatabase();
  watched.fail();
  const nameless = { ...(resource.user as object), name: "", firstName: null };
  expect(await shown("license.updated", view, watched.db)).toEqual({ ...resource, user: nameless });
});

it("EVT-1: the catalogue's events carry their resources as GET shows them", async () => {
  const product = await created("/products", { name: "P", metadata: [{ key: "a", value: "1" }] });
  expect(await shown("product.updated", (await findProduct(env.DB, String(product.id))) ?? {})).toEqual(product);
  const user = await created("/users", { email: "grace@example.test", company: "Navy" });
  expect(await shown("user.deleted", (await findUser(env.DB, String(user.id))) ?? {})).toEqual(user);
  const { token: _, ...token } = await created(
    "/personal-access-tokens",
    { name: "t", scopes: ["tag:read"] },
    ROOT_SECRET,
  );
  const stored = await findAccessToken(env.DB, String(token.id));
  expect(await shown("personalAccessToken.created", stored ?? {})).toEqual(token);
  const webhook = await created("/webhooks", HOOK);
  const found = await findWebhook(env.DB, String(webhook.id));
  expect(await shown("webhook.created", found?.webhook ?? {})).toEqual(webhook);
});

it("EVT-1: activation events carry the activation without its fingerprint; older ones lack members", async () => {
  const data = { id: "a", licenseId: "l", productId: "p", createdAt: 0, contactAt: 1000, leaseExpiresAt: 2000 };
  const user = { id: "u", email: "ada@example.test" };
  const whole = { ...data, expiresAt: null, email: "phone@example.test", hostname: "pc", user };
  const resource = await shown("activation.created", { ...whole, fingerprint: "secret", releaseVersion: "1.2" });
  expect(resource).toMatchObject({
    id: "a",
    licenseId: "l",
    productId: "p",
    createdAt: "1970-01-01T00:00:00.000Z",
    updatedAt: "1970-01-01T00:00:01.000Z",
    lastSyncedAt: "1970-01-01T00:00:01.000Z",
    leaseExpiresAt: "1970-01-01T00:00:02.000Z",
    hostname: "pc",
    appVersion: "1.2",
    releaseVersion: "1.2",
    email: "phone@example.test",
    user,
  });
  expect(JSON.stringify(resource)).not.toContain("secret");
  expect(await shown("activation.deleted", data)).toMatchObject({ hostname: null, user: null });
});

it("EVT-3: an event that the log had no room for tells its id, and redacted ones tell null", async () => {
  for (const type of ["license.updated", "product.updated", "webhook.updated"] as const)
    expect(await shown(type, {})).toEqual({ id: "s" });
  expect(await shown("activation.created", {})).toEqual({ licenseId: "s" });
  const view = { ...(await viewOf((await license()).id)), key: null };
  expect(await shown("license.updated", view)).toMatchObject({ key: null, user: null });
  const test = { webhookId: "w", message: "m" };
  expect(await shown("webhook.test", test)).toEqual(test);
});

it("HOOK-4: what comes from the log names nobody, though D1 knows the names", async () => {
  const user = await created("/users", { email: "lovelace@example.test", firstName: "Ada", lastName: "Lovelace" });
  const sold = await license({ userId: user.id });
  const told = event("license.updated", await viewOf(sold.id));
  expect(await shown("license.updated", told.data)).toMatchObject({ user: { id: user.id, name: "Ada Lovelace" } });
  expect(resourceOf(told)).toMatchObject({ user: { id: user.id, firstName: null, lastName: null } });
  expect(JSON.stringify(resourceOf(told))).not.toContain("Lovelace");
});

it("EVT-3: of an event whose kind is not known here, as of a newer version after a rollback, only the id is told", async () => {
  const ofNewer = event("lease.created" as EventType, { id: "s", createdAt: 0, secret: "a secret of a newer version" });
  expect(await eventResource(env.DB, ofNewer)).toEqual({ id: "s" });
  expect(resourceOf(ofNewer)).toEqual({ id: "s" });
  // Nor of a member that is beside a license, nor of names that every object has.
  const view = { ...(await viewOf((await license()).id)), limit: 3, voucher: "a secret of a newer version" };
  const told = await shown("license.updated", view);
  expect(told).toMatchObject({ limit: 3 });
  expect(told).not.toHaveProperty("voucher");
  expect(resourceOf(event("constructor.created" as EventType, { a: 1 }))).toEqual({ id: "s" });
});
