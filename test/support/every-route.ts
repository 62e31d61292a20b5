/** Every route of /v3 with calls that show all that it can, and what is planted for them to show. */

import type { Json } from "./management.ts";
import { KEY, receiverUrl, REFERENCE, type Planted } from "./planted-routes.ts";

let serial = 0;

export interface Asked {
  readonly path: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  /** It makes or names the key that it shows. */
  readonly namesKey?: true;
}

/** Nothing has this id: a deletion shows nothing, and what the other calls ask for shall stay. */
const NOTHING = "0193f3a4-0000-7000-8000-000000000000";

const ofJob = (method: string, ...ends: readonly string[]) =>
  Object.fromEntries(
    ends.map((end) => [
      `${method} /license-jobs/:id${end}`,
      ({ job }: Planted) => [{ path: `/license-jobs/${job}${end}` }],
    ]),
  );

/** By method and path as hono knows them: how it is called so that it shows all that it can. */
export const CALLS: Readonly<Record<string, (at: Planted) => readonly Asked[]>> = {
  "GET /licenses/export": () => [{ path: "/licenses/export" }],
  "POST /licenses": ({ product, user }) => [
    { path: "/licenses", body: { productId: product, userId: user }, namesKey: true },
    { path: "/licenses", body: { productId: product, userId: user, externalReference: REFERENCE } },
    {
      path: "/licenses",
      body: { productId: product, userId: user, externalReference: REFERENCE },
      headers: { "Idempotency-Key": "known" },
    },
  ],
  "POST /licenses/batch": ({ product, user }) => {
    const known = { productId: product, userId: user, externalReference: REFERENCE };
    return [
      { path: "/licenses/batch", body: { licenses: [known] } },
      { path: "/licenses/batch", body: { licenses: [known] }, headers: { "Idempotency-Key": "known batch" } },
    ];
  },
  "GET /licenses": () => [{ path: "/licenses" }, { path: "/licenses?include=user" }],
  "GET /licenses/:id": ({ license }) => [{ path: `/licenses/${license}` }],
  "GET /licenses/:id/usage": ({ license }) => [{ path: `/licenses/${license}/usage` }],
  "PATCH /licenses/:id": ({ license, user }) => [
    { path: `/licenses/${license}`, body: { userId: user } },
    { path: `/licenses/${license}`, body: { notes: "mine" } },
  ],
  "DELETE /licenses/:id": () => [{ path: `/licenses/${NOTHING}` }],
  "DELETE /licenses/meter-attributes/:id": () => [{ path: `/licenses/meter-attributes/${NOTHING}` }],
  "POST /licenses/meter-attributes/:id/reset": ({ meter }) => [{ path: `/licenses/meter-attributes/${meter}/reset` }],
  "DELETE /licenses/metadata/:id": () => [{ path: `/licenses/metadata/${NOTHING}` }],
  "POST /licenses/:id/renew": ({ license }) => [{ path: `/licenses/${license}/renew` }],
  "POST /licenses/:id/extend": ({ license }) => [
    { path: `/licenses/${license}/extend`, body: { extensionLength: 60 } },
    {
      path: `/licenses/${license}/extend`,
      body: { extensionLength: 60 },
      headers: { "Idempotency-Key": "once" },
    },
  ],
  "POST /licenses/:id/maintenance/renew": ({ maintained }) => [{ path: `/licenses/${maintained}/maintenance/renew` }],
  "POST /licenses/:id/maintenance/extend": ({ maintained }) => [
    { path: `/licenses/${maintained}/maintenance/extend`, body: { extensionLength: 60 } },
  ],
  "PATCH /licenses/:id/expires-at": ({ license }) => [
    { path: `/licenses/${license}/expires-at`, body: { expiresAt: "2099-01-01T00:00:00Z" } },
  ],
  "POST /license-jobs": () => [{ path: "/license-jobs", body: { act: "lift", ids: [NOTHING] } }],
  "GET /license-jobs": () => [{ path: "/license-jobs" }],
  ...ofJob("GET", "", "/failures"),
  ...ofJob("POST", "/step", "/cancel", "/retry"),
  "GET /activations/export": () => [{ path: "/activations/export" }],
  "GET /activations": ({ license }) => [
    { path: "/activations" },
    { path: `/activations?licenseId=${license}&include=user` },
  ],
  "GET /activations/:id": ({ activation }) => [
    { path: `/activations/${activation}` },
    { path: `/activations/${activation}?include=user` },
  ],
  "POST /activations": ({ product }) => [
    { path: "/activations", body: { key: KEY, productId: product, fingerprint: "a device" } },
  ],
  "PATCH /activations/:id": ({ product, activation }) => [
    { path: `/activations/${activation}`, body: { key: KEY, productId: product, fingerprint: "a device" } },
  ],
  "POST /activations/meter-attributes/:id": ({ activation }) => [
    { path: `/activations/meter-attributes/${NOTHING}`, body: { activationId: activation, increment: 1 } },
  ],
  "POST /activations/:id/deactivate": () => [
    { path: `/activations/${NOTHING}/deactivate`, body: { fingerprint: "a device" } },
  ],
  "DELETE /activations/:id": () => [{ path: `/activations/${NOTHING}` }],
  "DELETE /activations": () => [{ path: `/activations?licenseId=${NOTHING}&createdAt[lt]=2020-01-01T00:00:00Z` }],
  "POST /products": () => [{ path: "/products", body: { name: "another" } }],
  "GET /products": () => [{ path: "/products" }],
  "GET /products/:id": ({ product }) => [{ path: `/products/${product}` }],
  "PATCH /products/:id": ({ product }) => [{ path: `/products/${product}`, body: { displayName: "App" } }],
  "GET /products/:id/keys": ({ product }) => [{ path: `/products/${product}/keys` }],
  "POST /products/:id/keys": ({ product }) => [{ path: `/products/${product}/keys`, body: {} }],
  ...Object.fromEntries(
    ["activate", "retire", "compromise"].map((act) => [
      `POST /products/:id/keys/:kid/${act}`,
      () => [{ path: `/products/${NOTHING}/keys/none/${act}` }],
    ]),
  ),
  "DELETE /products/:id": () => [{ path: `/products/${NOTHING}` }],
  "GET /users/export": () => [{ path: "/users/export" }],
  "POST /users": () => [
    { path: "/users", body: { email: `u${(serial += 1)}@heartofgold.example`, firstName: "Zaphodina" } },
  ],
  "GET /users": () => [{ path: "/users" }],
  "GET /users/:id": ({ user }) => [{ path: `/users/${user}` }],
  "PATCH /users/:id": ({ user }) => [{ path: `/users/${user}`, body: { metadata: [] } }],
  "DELETE /users/:id": () => [{ path: `/users/${NOTHING}` }],
  "GET /accounts/:id": ({ account }) => [{ path: `/accounts/${account}` }],
  "GET /deployment": () => [{ path: "/deployment" }],
  "GET /me": () => [{ path: "/me" }],
  "PATCH /me": () => [{ path: "/me", body: {} }],
  "GET /me/licenses": () => [{ path: "/me/licenses" }],
  "GET /me/licenses/:id": ({ license }) => [{ path: `/me/licenses/${license}` }],
  "GET /me/activations": () => [{ path: "/me/activations" }],
  "GET /me/activations/:id": ({ activation }) => [{ path: `/me/activations/${activation}` }],
  "DELETE /me/activations/:id": () => [{ path: `/me/activations/${NOTHING}` }],
  "GET /analytics/days": () => [{ path: "/analytics/days" }],
  "GET /analytics/refusals": () => [{ path: "/analytics/refusals" }],
  "GET /analytics/now": () => [{ path: "/analytics/now" }],
  "POST /search": ({ license, user }) =>
    ["Zaphodina", "zaphodina@heartofgold.example", license, user].map((q) => ({ path: "/search", body: { q } })),
  "POST /tags": () => [{ path: "/tags", body: { name: `tag ${(serial += 1)}` } }],
  "GET /tags": () => [{ path: "/tags" }],
  "GET /tags/:id": ({ tag }) => [{ path: `/tags/${tag}` }],
  "PATCH /tags/:id": ({ tag }) => [{ path: `/tags/${tag}`, body: { description: "of mine" } }],
  "DELETE /tags/:id": () => [{ path: `/tags/${NOTHING}` }],
  "POST /features": () => [{ path: "/features", body: { name: crypto.randomUUID() } }],
  "GET /features": () => [{ path: "/features" }],
  "GET /features/:id": ({ feature }) => [{ path: `/features/${feature}` }],
  "PATCH /features/:id": ({ feature }) => [{ path: `/features/${feature}`, body: { description: "what it does" } }],
  "DELETE /features/:id": () => [{ path: `/features/${NOTHING}` }],
  "POST /entitlement-sets": () => [{ path: "/entitlement-sets", body: { name: crypto.randomUUID() } }],
  "GET /entitlement-sets": () => [{ path: "/entitlement-sets" }],
  "GET /entitlement-sets/:id": ({ entitlementSet }) => [{ path: `/entitlement-sets/${entitlementSet}` }],
  "PATCH /entitlement-sets/:id": ({ entitlementSet }) => [
    { path: `/entitlement-sets/${entitlementSet}`, body: { tier: 2 } },
  ],
  "DELETE /entitlement-sets/:id": () => [{ path: `/entitlement-sets/${NOTHING}` }],
  "POST /maintenance-policies": () => [{ path: "/maintenance-policies", body: { name: "updates" } }],
  "GET /maintenance-policies": () => [{ path: "/maintenance-policies" }],
  "GET /maintenance-policies/:id": ({ maintenance }) => [{ path: `/maintenance-policies/${maintenance}` }],
  "PATCH /maintenance-policies/:id": ({ maintenance }) => [
    { path: `/maintenance-policies/${maintenance}`, body: { name: "other updates" } },
  ],
  "DELETE /maintenance-policies/:id": () => [{ path: `/maintenance-policies/${NOTHING}` }],
  ...templateCalls("license-templates"),
  ...templateCalls("license-policies"),
  "POST /trial-policies": () => [{ path: "/trial-policies", body: { name: "another", trialLength: 60 } }],
  "GET /trial-policies": () => [{ path: "/trial-policies" }],
  "GET /trial-policies/:id": ({ policy }) => [{ path: `/trial-policies/${policy}` }],
  "PATCH /trial-policies/:id": ({ policy }) => [{ path: `/trial-policies/${policy}`, body: { name: "policy" } }],
  "DELETE /trial-policies/:id": () => [{ path: `/trial-policies/${NOTHING}` }],
  "POST /trial-activations": ({ product }) => [
    { path: "/trial-activations", body: { productId: product, fingerprint: "a device" } },
  ],
  "GET /trial-activations/export": () => [{ path: "/trial-activations/export" }],
  "GET /trial-activations": () => [{ path: "/trial-activations" }],
  "GET /trial-activations/:id": ({ trial }) => [{ path: `/trial-activations/${trial}` }],
  "PATCH /trial-activations/:id/expires-at": ({ trial }) => [
    { path: `/trial-activations/${trial}/expires-at`, body: { expiresAt: "2099-01-01T00:00:00Z" } },
  ],
  "POST /trial-activations/:id/extend": ({ trial }) => [
    { path: `/trial-activations/${trial}/extend`, body: { extensionLength: 60 } },
  ],
  "DELETE /trial-activations/:id": () => [{ path: `/trial-activations/${NOTHING}` }],
  "POST /personal-access-tokens": () => [
    { path: "/personal-access-tokens", body: { name: "minted", scopes: ["personalAccessToken:write"] } },
  ],
  "GET /personal-access-tokens": () => [{ path: "/personal-access-tokens" }],
  "GET /personal-access-tokens/:id": ({ token }) => [{ path: `/personal-access-tokens/${token}` }],
  "PATCH /personal-access-tokens/:id": ({ token }) => [
    { path: `/personal-access-tokens/${token}`, body: { name: "renamed" } },
  ],
  "DELETE /personal-access-tokens/:id": () => [{ path: `/personal-access-tokens/${NOTHING}` }],
  "GET /event-logs": ({ license }) => [{ path: "/event-logs" }, { path: `/event-logs?resourceId=${license}` }],
  "GET /event-logs/:id": ({ event }) => [{ path: `/event-logs/${event}` }],
  "POST /webhooks": () => [{ path: "/webhooks", body: { name: "mine", url: receiverUrl(), events: ["*"] } }],
  "GET /webhooks": () => [{ path: "/webhooks" }],
  "GET /webhooks/events": () => [{ path: "/webhooks/events" }],
  "GET /webhooks/:id": ({ webhook }) => [{ path: `/webhooks/${webhook}` }],
  "PATCH /webhooks/:id": ({ webhook }) => [{ path: `/webhooks/${webhook}`, body: { name: "renamed" } }],
  "DELETE /webhooks/:id": () => [{ path: `/webhooks/${NOTHING}` }],
  "GET /webhooks/:id/health": ({ webhook }) => [{ path: `/webhooks/${webhook}/health` }],
  "POST /webhooks/:id/rotate-secret": ({ webhook }) => [{ path: `/webhooks/${webhook}/rotate-secret`, body: {} }],
  "POST /webhooks/:id/test-fire": ({ webhook }) => [{ path: `/webhooks/${webhook}/test-fire` }],
  "POST /webhooks/:id/replay": ({ webhook }) => [{ path: `/webhooks/${webhook}/replay`, body: {} }],
  "GET /webhook-event-logs": () => [{ path: "/webhook-event-logs" }],
  "GET /webhook-event-logs/:id": ({ attempt, webhook }) => [
    { path: `/webhook-event-logs/${attempt}` },
    { path: `/webhook-event-logs/${attempt}?webhookId=${webhook}` },
  ],
  "POST /webhook-event-logs/:id/replay": ({ attempt }) => [{ path: `/webhook-event-logs/${attempt}/replay` }],
  "POST /recovery/resync": ({ license }) => [{ path: "/recovery/resync", body: { objects: [license] } }],
  "GET /recovery/licenses": () => [{ path: "/recovery/licenses" }],
  "GET /recovery/missing": () => [{ path: "/recovery/missing" }],
};

function templateCalls(name: string): typeof CALLS {
  const one = `/${name}/:id`;
  const at = (template: string) => `/${name}/${template}`;
  return {
    [`POST /${name}`]: () => [{ path: `/${name}`, body: { name: `template ${(serial += 1)}` } }],
    [`GET /${name}`]: () => [{ path: `/${name}` }],
    [`GET ${one}`]: ({ template }) => [{ path: at(template) }],
    [`PATCH ${one}`]: ({ template }) => [{ path: at(template), body: { name: "template" } }],
    [`DELETE ${one}`]: () => [{ path: at(NOTHING) }],
  };
}
