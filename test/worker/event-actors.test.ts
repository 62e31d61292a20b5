/**
 * Who an event of the catalogue names (EVT-1): whoever asked for the change, by a token or signed in, with the request
 * that it was. What a license's object tells is in test/domain/event-actors.test.ts.
 */

import { env } from "cloudflare:workers";
import { createExecutionContext, createScheduledController, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Actor, Caller } from "../../src/domain/license/calls.ts";
import type { EventType, LeaseholdEvent } from "../../src/domain/license/event.ts";
import worker from "../../src/index.ts";
import { testFire } from "../../src/operations/webhook/webhook-attempts.ts";
import type { WebhookRpc } from "../../src/webhooks/rpc.ts";
import { opened, ROOT_SECRET } from "../support/bindings.ts";
import { created, productId, type Json } from "../support/management.ts";
import { newProvider } from "../support/provider.ts";
import { appWith } from "../support/signed-in-app.ts";

/**
 * All but what a license's object tells, what becomes of a device's trial (test/worker/trials.test.ts), and a
 * test-fire, which is not logged.
 */
type NobodyBringsAbout =
  | `license.${string}`
  | `activation.${string}`
  | `trialActivation.${string}`
  | "webhook.suspended"
  | "webhook.test";
type Told = "license.created" | Exclude<EventType, NobodyBringsAbout>;

/** The one call that brings an event about, of a resource that somebody else has made unless it makes one. */
interface Cause {
  readonly path: string;
  readonly body: () => Promise<Json> | Json;
  /** Absent: it makes the resource. */
  readonly change?: { readonly method: "PATCH" | "DELETE"; readonly body?: Json };
}

let names = 0;
function fresh(text: string): string {
  names += 1;
  return `${text}${names}`;
}

function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString();
}

const LICENSE: Cause = { path: "/licenses", body: async () => ({ productId: await productId() }) };
const PRODUCT: Cause = { path: "/products", body: () => ({ name: "P" }) };
const TEMPLATE: Cause = { path: "/license-templates", body: () => ({ name: "T" }) };
const POLICY: Cause = { path: "/trial-policies", body: () => ({ name: "T", trialLength: 60 }) };
const MAINTENANCE: Cause = { path: "/maintenance-policies", body: () => ({ name: "M" }) };
const FEATURE: Cause = { path: "/features", body: () => ({ name: fresh("feature ") }) };
const SET: Cause = { path: "/entitlement-sets", body: () => ({ name: fresh("set ") }) };
const TAG: Cause = { path: "/tags", body: () => ({ name: fresh("tag ") }) };
const USER: Cause = { path: "/users", body: () => ({ email: `${fresh("user-")}@actors.test` }) };
const TOKEN: Cause = {
  path: "/personal-access-tokens",
  body: () => ({ name: "t", scopes: ["tag:read"], expiresAt: tomorrow() }),
};
const WEBHOOK: Cause = {
  path: "/webhooks",
  body: () => ({ name: "w", url: "http://127.0.0.1:9/", events: ["tag.*"], enabled: false }),
};

function patched(cause: Cause, body: Json): Cause {
  return { ...cause, change: { method: "PATCH", body } };
}

function removed(cause: Cause): Cause {
  return { ...cause, change: { method: "DELETE" } };
}

/** A type without a cause does not compile. */
const CAUSES: Readonly<Record<Told, Cause>> = {
  "license.created": LICENSE,
  "product.created": PRODUCT,
  "product.updated": patched(PRODUCT, { name: "Q" }),
  "product.deleted": removed(PRODUCT),
  "licenseTemplate.created": TEMPLATE,
  "licenseTemplate.updated": patched(TEMPLATE, { name: "U" }),
  "licenseTemplate.deleted": removed(TEMPLATE),
  "trialPolicy.created": POLICY,
  "trialPolicy.updated": patched(POLICY, { trialLength: 61 }),
  "trialPolicy.deleted": removed(POLICY),
  "feature.created": FEATURE,
  "feature.updated": patched(FEATURE, { description: "D" }),
  "feature.deleted": removed(FEATURE),
  "entitlementSet.created": SET,
  "entitlementSet.updated": patched(SET, { tier: 2 }),
  "entitlementSet.deleted": removed(SET),
  "maintenancePolicy.created": MAINTENANCE,
  "maintenancePolicy.updated": patched(MAINTENANCE, { name: "V" }),
  "maintenancePolicy.deleted": removed(MAINTENANCE),
  "tag.created": TAG,
  "tag.updated": patched(TAG, { description: "d" }),
  "tag.deleted": removed(TAG),
  "user.created": USER,
  "user.updated": patched(USER, { company: "Acme" }),
  "user.deleted": removed(USER),
  "personalAccessToken.created": TOKEN,
  "personalAccessToken.updated": patched(TOKEN, { name: "u" }),
  "personalAccessToken.deleted": removed(TOKEN),
  "webhook.created": WEBHOOK,
  "webhook.updated": patched(WEBHOOK, { name: "v" }),
  "webhook.deleted": removed(WEBHOOK),
};

interface Principal {
  readonly bearer: string;
  readonly actor: Actor;
}

async function token(): Promise<Principal> {
  const minted = await created("/personal-access-tokens", { name: "its own", scopes: ["*"] }, ROOT_SECRET);
  return { bearer: String(minted.token), actor: { type: "token", id: String(minted.id) } };
}

const SUBJECT = "subject-1";

async function signedIn() {
  const provider = await newProvider({
    [SUBJECT]: { email: "boss@actors.test", email_verified: true, roles: ["admin"] },
  });
  return { app: appWith(provider.issuer), bearer: (await provider.tokens(SUBJECT)).access_token };
}

const signedInApp = signedIn();

const PRINCIPALS = {
  "a token": token,
  "a signed-in person": async (): Promise<Principal> => {
    const { bearer } = await signedInApp;
    return { bearer, actor: { type: "user", id: SUBJECT } };
  },
} as const;

/** Whom it was about, and the request. */
async function bringAbout({ path, body, change }: Cause, bearer: string) {
  const { app } = await signedInApp;
  const subject = change === undefined ? null : await created(path, await body());
  const [method, place, sent] =
    change === undefined
      ? ["POST", path, await body()]
      : [change.method, `${path}/${String(subject?.id)}`, change.body];
  const answer = await app.call(method, `/v3${place}`, { token: bearer, body: sent });
  const text = await answer.text();
  expect({ ok: answer.ok, text }).toEqual({ ok: true, text });
  const id = String(subject?.id ?? (JSON.parse(text) as Json).id);
  return { id, requestId: answer.headers.get("X-Request-Id") };
}

/** What the log of management has of a resource, after a run of the cron (EVT-4). */
async function logged(id: string, type: EventType): Promise<readonly unknown[]> {
  const context = createExecutionContext();
  await worker.scheduled(createScheduledController(), env, context);
  await waitOnExecutionContext(context);
  const rows = env.DB.prepare("SELECT actor, request_id FROM management_log WHERE subject_id = ? AND type = ?").bind(
    id,
    type,
  );
  const { results } = await rows.all<{ actor: string; request_id: string }>();
  return results.map(({ actor, request_id: requestId }) => ({ actor: JSON.parse(actor) as Actor, requestId }));
}

describe.each(Object.entries(PRINCIPALS))("by %s", (_, principal) => {
  it.each(Object.keys(CAUSES) as Told[])("EVT-1: %s names whoever asked for it, and nobody else", async (type) => {
    const { bearer, actor } = await principal();
    const { id, requestId } = await bringAbout(CAUSES[type], bearer);
    expect(await logged(id, type)).toEqual([{ actor, requestId }]);
  });
});

it("EVT-1: a test-fire names whoever asked for it", async () => {
  const told: LeaseholdEvent[] = [];
  const object: Pick<WebhookRpc, "testFire"> = {
    testFire: async (_, event) => {
      told.push(event);
      return await Promise.resolve(null);
    },
  };
  const deployment = { ...(await opened({ ROOT_SECRET })), webhooks: { at: () => object as WebhookRpc } };
  const { id } = await created(WEBHOOK.path, await WEBHOOK.body());
  const caller: Caller = { actor: { type: "token", id: "shop" }, requestId: "r" };
  await testFire(deployment, String(id), caller, 1);
  expect(told).toMatchObject([{ type: "webhook.test", subjectId: id, at: 1, ...caller }]);
});
