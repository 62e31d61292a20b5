/** One of each resource of /v3, with people and a key wherever they can stand. */

import { vi } from "vitest";
import { activated } from "./shop.ts";
import { created, jsonOf, listOf, read, v3, type Json } from "./management.ts";
import { newReceiver } from "./receivers.ts";

/** Texts that stand nowhere but in what is planted. */
export const PEOPLE = /Zaphodina|Beeblebrox|Magrathea|heartofgold/i;
export const KEY = "TRILLIAN-MCMILLAN-42-PANGALACTIC";
export const KEYS = /TRILLIAN|PANGALACTIC/i;
export const REFERENCE = "order-4711";

const TERM = { validity: 31_536_000, expirationStrategy: "immediate" };

export interface Planted {
  readonly account: string;
  readonly product: string;
  readonly user: string;
  readonly license: string;
  /** Of that license. */
  readonly meter: string;
  /** Another license, under a maintenance policy. */
  readonly maintained: string;
  readonly activation: string;
  readonly webhook: string;
  /** Of that webhook. */
  readonly attempt: string;
  readonly tag: string;
  readonly maintenance: string;
  readonly feature: string;
  readonly entitlementSet: string;
  readonly template: string;
  readonly policy: string;
  readonly trial: string;
  readonly event: string;
  readonly token: string;
  /** A license job of the user's address. */
  readonly job: string;
}

let receiver = "";

/** What answers to the webhooks that are planted. */
export const receiverUrl = () => receiver;

/** One of each resource, with people and a key wherever they can stand. */
export async function plant(): Promise<Planted> {
  const answering = await newReceiver();
  receiver = answering.url;
  // It repeats what it was sent.
  const echo = "Zaphodina Beeblebrox has TRILLIAN-MCMILLAN";
  await answering.follow({ otherwise: { do: "answer", status: 200, body: echo } });
  const names = { firstName: "Zaphodina", lastName: "Beeblebrox", company: "Magrathea" };
  const user = await created("/users", { email: "zaphodina@heartofgold.example", ...names });
  const product = String((await created("/products", { name: "App" })).id);
  const wanted = { productId: product, userId: user.id, key: KEY, externalReference: REFERENCE };
  const meterAttributes = [{ name: "pages", allowedUses: 9 }];
  const license = await created("/licenses", { ...wanted, ...TERM, meterAttributes, allowedActivations: 0 });
  const more = { email: "recorded@heartofgold.example" };
  const { sessionId } = await activated(KEY, "a device", more);
  await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { userId: "" } }), 200);
  await jsonOf(await v3("PATCH", `/licenses/${license.id}`, { body: { userId: user.id } }), 200);
  const found = await vi.waitUntil(async () => {
    const events = await listOf(await v3("GET", `/event-logs?resourceId=${license.id}&event=license.updated`));
    return events.length === 2 ? events : null;
  });
  await vi.waitUntil(async () => (await listOf(await v3("GET", `/activations?licenseId=${license.id}`))).length === 1);
  const webhook = await created("/webhooks", {
    name: "hook",
    url: receiver,
    events: ["*"],
    enabled: false,
  });
  const policy = String((await created("/trial-policies", { name: "policy", trialLength: 60 })).id);
  const attempt = await jsonOf(await v3("POST", `/webhooks/${webhook.id}/test-fire`), 200);
  return {
    account: String((await read("/me")).accountId),
    product,
    user: String(user.id),
    license: String(license.id),
    meter: String((license.meterAttributes as readonly Json[])[0]?.id),
    activation: sessionId,
    webhook: String(webhook.id),
    attempt: String(attempt.id),
    tag: String((await created("/tags", { name: "tag" })).id),
    template: String((await created("/license-templates", { name: "template" })).id),
    policy,
    trial: await trialOf(product, policy),
    maintenance: String((await created("/maintenance-policies", { name: "policy" })).id),
    feature: String((await created("/features", { name: crypto.randomUUID() })).id),
    entitlementSet: String((await created("/entitlement-sets", { name: crypto.randomUUID() })).id),
    maintained: await maintainedFor(product, user.id),
    event: String(found[0]?.id),
    token: String((await created("/personal-access-tokens", { name: "t", scopes: ["tag:read"] })).id),
    job: await jobFor(),
  };
}

/** Its one license is none. */
async function jobFor(): Promise<string> {
  const filter = { "user.email": "zaphodina@heartofgold.example", "createdAt[lt]": "1971-01-01T00:00:00Z" };
  const wanted = { act: "lift", filter, expected: 0 };
  return String((await jsonOf(await v3("POST", "/license-jobs", { body: wanted }), 202)).id);
}

async function maintainedFor(product: string, userId: unknown): Promise<string> {
  const policy = await created("/maintenance-policies", { name: "of a license", validity: 60 });
  return String((await created("/licenses", { productId: product, userId, maintenancePolicyId: policy.id })).id);
}

async function trialOf(product: string, policy: string): Promise<string> {
  await jsonOf(await v3("PATCH", `/products/${product}`, { body: { trialPolicyId: policy } }), 200);
  await created("/trial-activations", { productId: product, fingerprint: "a device" });
  const [trial] = await listOf(await v3("GET", `/trial-activations?productId=${product}`));
  return String(trial?.id);
}
