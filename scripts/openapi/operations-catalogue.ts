/** Operations of /v3 on what licenses are made of, and on what the vendor sees of the deployment. */

import { EXAMPLE } from "./examples.ts";
import { resource, type Operation, type Operations } from "./operation.ts";

const TEMPLATE = {
  shows: "LicenseTemplate",
  creation: {
    floating: { name: "Floating, a year", type: "hosted-floating", allowedActivations: 5, validity: 31536000 },
  },
  change: { seats: { allowedActivations: 10 } },
} as const;

const TEXT = { type: "string" } as const;
const COUNT = { type: "integer" } as const;
const DATE = { date: { type: "string", format: "date" } } as const;
const REFUSED = {
  type: "object",
  properties: { ...DATE, total: COUNT, codes: { type: "object", additionalProperties: COUNT } },
  required: ["date", "total", "codes"],
} as const;
const COUNTED = {
  type: "object",
  properties: { count: COUNT, isExact: { type: "boolean" }, countedAt: { type: "string", format: "date-time" } },
  required: ["count", "isExact", "countedAt"],
} as const;

export const CATALOGUE_OPERATIONS: Operations = {
  ...resource("/v3/products", {
    ...{ shows: "Product", one: "product", many: "products" },
    creation: { product: { name: "Drawing Board", description: "Draws.", providerUrl: "https://vendor.example" } },
    change: { texts: { displayName: "Drawing Board 2", copyright: "Vendor" } },
  }),
  ...resource("/v3/features", {
    ...{ shows: "Feature", one: "feature", many: "features" },
    creation: { feature: { name: "export", displayName: "Export to PDF" } },
    change: { description: { description: "Writes PDF files." } },
  }),
  ...resource("/v3/entitlement-sets", {
    ...{ shows: "EntitlementSet", one: "entitlement set", many: "entitlement sets" },
    creation: { empty: { name: "professional", displayName: "Professional", tier: 2 } },
    change: { tier: { tier: 3 } },
  }),
  "GET /v3/products/:id/keys": {
    id: "listSigningKeys",
    summary: "List the keys that sign a product's tokens, and that did",
    answers: { 200: "SigningKey[]" },
  },
  "POST /v3/products/:id/keys": {
    id: "addSigningKey",
    summary: "Make a key for a product, or bring one",
    answers: { 201: "SigningKey" },
    examples: { made: {} },
    ...{ isRepeatable: true, problems: [404, 409] },
  },
  "POST /v3/products/:id/keys/:kid/activate": turned("activateSigningKey", "Let this key sign from now on"),
  "POST /v3/products/:id/keys/:kid/retire": turned("retireSigningKey", "Let this key verify, and sign no more"),
  "POST /v3/products/:id/keys/:kid/compromise": turned("compromiseSigningKey", "Let this key verify nothing any more"),
  ...resource("/v3/users", {
    ...{ shows: "User", one: "user", many: "users" },
    creation: { user: { email: "ada@example.com", firstName: "Ada", lastName: "Lovelace", company: "Engines" } },
    change: { metadata: { metadata: [{ key: "crm", value: "4711", viewPermissions: ["user"] }] } },
  }),
  ...resource("/v3/tags", {
    ...{ shows: "Tag", one: "tag", many: "tags" },
    creation: { tag: { name: "education", description: "Schools and universities" } },
    change: { description: { description: "Schools" } },
  }),
  ...resource("/v3/license-templates", { ...TEMPLATE, one: "license template", many: "license templates" }),
  ...resource("/v3/license-policies", {
    ...{ ...TEMPLATE, one: "license policy", many: "license policies", isDeprecated: true },
  }),
  ...resource("/v3/trial-policies", {
    ...{ shows: "TrialPolicy", one: "trial policy", many: "trial policies" },
    creation: { twoWeeks: { name: "Two weeks", trialLength: 1209600 } },
    change: { month: { trialLength: 2592000 } },
  }),
  ...resource("/v3/maintenance-policies", {
    ...{ shows: "MaintenancePolicy", one: "maintenance policy", many: "maintenance policies" },
    creation: { year: { name: "A year of updates", subscriptionInterval: "P1Y", allowMinorVersionUpdates: true } },
    change: { major: { allowMajorVersionUpdates: true } },
  }),
  ...resource("/v3/personal-access-tokens", {
    ...{ shows: "AccessToken", one: "access token", many: "access tokens", isSecret: true },
    creation: { shop: { name: "shop", scopes: ["license:write", "license:read"], expiresAt: "2999-01-01T00:00:00Z" } },
    change: { revoke: { revoked: true } },
  }),
  ...resource("/v3/webhooks", {
    ...{ shows: "Webhook", one: "webhook", many: "webhooks", isSecret: true },
    creation: {
      shop: { name: "shop", url: "https://shop.example/hooks", events: ["license.*", "activation.created"] },
    },
    change: { pause: { enabled: false } },
  }),
  "GET /v3/webhooks/events": {
    id: "listEventTypes",
    summary: "All event types, each with the resource that it tells of",
    answers: { 200: "EventType[]" },
  },
  "GET /v3/webhooks/:id/health": {
    id: "getWebhookHealth",
    summary: "What waits for a webhook, and how its deliveries fare",
    answers: { 200: "WebhookCondition" },
  },
  "POST /v3/webhooks/:id/rotate-secret": {
    id: "rotateWebhookSecret",
    summary: "Give a webhook a new secret; the old one is valid for a day more",
    answers: {
      200: {
        json: {
          type: "object",
          properties: { token: TEXT, previousTokenValidUntil: { type: ["string", "null"], format: "date-time" } },
          required: ["token", "previousTokenValidUntil"],
        },
      },
    },
    examples: { generated: {} },
    problems: [409],
  },
  "POST /v3/webhooks/:id/test-fire": {
    id: "testWebhook",
    summary: "Send a test event now",
    answers: { 200: "WebhookAttempt" },
    problems: [409],
  },
  "POST /v3/webhooks/:id/replay": {
    id: "replayWebhook",
    summary: "Send what waited, and what the log has from an instant on",
    answers: { 202: replayed() },
    examples: { waiting: {} },
    problems: [409],
  },
  "GET /v3/webhook-event-logs": {
    id: "listWebhookAttempts",
    summary: "List attempts to deliver, newest first",
    answers: { 200: "WebhookAttempt[]" },
  },
  "GET /v3/webhook-event-logs/:id": {
    id: "getWebhookAttempt",
    summary: "Show one attempt",
    answers: { 200: "WebhookAttempt" },
  },
  "POST /v3/webhook-event-logs/:id/replay": {
    id: "replayWebhookAttempt",
    summary: "Send the event of an attempt once more",
    answers: { 202: replayed() },
    problems: [409],
  },
  "GET /v3/event-logs": { id: "listEvents", summary: "List what happened", answers: { 200: "Event[]" } },
  "GET /v3/event-logs/:id": { id: "getEvent", summary: "Show one event", answers: { 200: "Event" } },
  "GET /v3/accounts/:id": {
    id: "getAccount",
    summary: "Show the account, which is the deployment",
    description: "`id` is the `accountId` of `GET /v3/me`; there is no other account.",
    answers: { 200: "Account" },
  },
  "GET /v3/deployment": {
    id: "getDeployment",
    summary: "How the deployment is doing, in numbers",
    answers: { 200: "Deployment" },
  },
  "GET /v3/analytics/days": {
    id: "listDays",
    summary: "What happened on each day, by metric",
    answers: {
      200: { json: days({ type: "object", properties: DATE, required: ["date"], additionalProperties: COUNT }) },
    },
  },
  "GET /v3/analytics/refusals": {
    id: "listRefusals",
    summary: "How often devices were refused on each day, by code",
    answers: { 200: { json: days(REFUSED) } },
  },
  "GET /v3/analytics/now": {
    id: "getNumbers",
    summary: "How many there are of what is counted",
    answers: { 200: { json: { type: "object", additionalProperties: COUNTED } } },
  },
  "POST /v3/search": {
    id: "search",
    summary: "Find whatever an id, a key, an e-mail, a reference or some words lead to",
    answers: { 200: "SearchResult" },
    examples: { order: { q: "order 4711" } },
    problems: [403],
  },
  "POST /v3/recovery/resync": {
    id: "resync",
    summary: "After a restore: make the database agree with these objects",
    answers: {
      200: {
        json: {
          type: "object",
          properties: { objects: { type: "array", items: { $ref: "#/components/schemas/Resynced" } } },
          required: ["objects"],
        },
      },
    },
    examples: { license: { objects: [EXAMPLE.license] } },
  },
  "GET /v3/recovery/licenses": {
    id: "listKnownLicenses",
    summary: "After a restore: the ids of all licenses that anything names",
    answers: { 200: { json: looked("licenseIds", TEXT) } },
  },
  "GET /v3/recovery/missing": {
    id: "listMissing",
    summary: "After a restore: licenses that refer to what is missing",
    answers: { 200: { json: looked("licenses", { type: "object", additionalProperties: true }) } },
  },
};

function days(day: object) {
  return { type: "object", properties: { days: { type: "array", items: day } }, required: ["days"] };
}

function turned(id: string, summary: string): Operation {
  return { id, summary, answers: { 200: "SigningKey" }, problems: [409] };
}

function replayed() {
  const properties = { replayed: { type: "integer" } } as const;
  return { json: { type: "object", properties, required: ["replayed"] } } as const;
}

function looked(name: string, items: object) {
  const properties = { [name]: { type: "array", items }, next: { type: ["string", "null"] } };
  return { type: "object", properties, required: [name, "next"] };
}
