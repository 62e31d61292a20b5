/** MGMT-4: what every POST route of the app makes of an Idempotency-Key. docs/api.md has the same table for people. */

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { fullToken } from "../support/management.ts";
import type { ProblemBody } from "../support/problems.ts";
import { activated, bearer, newFloating } from "../support/shop.ts";

type Class = "taken" | "refused" | "ignored";

interface Route {
  readonly what: Class;
  /** Well formed, so that the key is looked at. */
  readonly body?: object;
}

const PRODUCT = "0190a5d4-0000-7000-8000-000000000001";
const ACTIVATION = { activationCode: "NOBODYS", fingerprint: "f" };
const WEBHOOK = { name: "n", url: "https://shop.example/", events: ["license.created"] };

const ROUTES: Readonly<Record<string, Route>> = {
  "/api/v1/activations/license": { what: "taken", body: ACTIVATION },
  "/api/v1/activations/jwt": { what: "taken", body: ACTIVATION },
  "/api/v1/activations/check": { what: "ignored", body: ACTIVATION },
  "/api/v1/activations/:sessionId/renew": { what: "ignored" },
  "/api/v1/activations/:sessionId/check-in": { what: "ignored" },
  "/api/v1/activations/:sessionId/check-out": { what: "ignored" },
  "/v3/activations": { what: "taken", body: { key: "NOBODYS", fingerprint: "f", productId: PRODUCT } },
  "/v3/activations/:id/deactivate": { what: "ignored", body: { fingerprint: "f", productId: PRODUCT } },
  "/v3/activations/meter-attributes/:id": { what: "taken", body: { increment: 1, activationId: PRODUCT } },
  "/v3/licenses": { what: "taken", body: { productId: PRODUCT } },
  "/v3/licenses/batch": { what: "taken", body: { licenses: [{ productId: PRODUCT, externalReference: "1" }] } },
  "/v3/licenses/:id/renew": { what: "taken" },
  "/v3/licenses/:id/extend": { what: "taken", body: { extensionLength: 1 } },
  "/v3/licenses/:id/maintenance/renew": { what: "taken" },
  "/v3/licenses/:id/maintenance/extend": { what: "taken", body: { extensionLength: 1 } },
  "/v3/features": { what: "taken", body: { name: "F" } },
  "/v3/entitlement-sets": { what: "taken", body: { name: "E" } },
  "/v3/license-jobs": { what: "taken", body: { act: "lift", ids: [PRODUCT] } },
  "/v3/license-jobs/:id/step": { what: "ignored" },
  "/v3/license-jobs/:id/cancel": { what: "ignored" },
  "/v3/license-jobs/:id/retry": { what: "ignored" },
  "/v3/maintenance-policies": { what: "taken", body: { name: "M" } },
  "/v3/licenses/meter-attributes/:id/reset": { what: "taken" },
  "/v3/products": { what: "taken", body: { name: "App" } },
  "/v3/products/:id/keys": { what: "taken", body: {} },
  ...Object.fromEntries(
    ["activate", "retire", "compromise"].map((act) => [
      `/v3/products/:id/keys/:kid/${act}`,
      { what: "ignored" } as const,
    ]),
  ),
  "/v3/search": { what: "ignored", body: { q: "acme" } },
  "/v3/users": { what: "taken", body: { email: "a@example.test", firstName: "A" } },
  "/v3/tags": { what: "taken", body: { name: "vip" } },
  "/v3/license-templates": { what: "taken", body: { name: "T" } },
  "/v3/license-policies": { what: "taken", body: { name: "T" } },
  "/v3/trial-policies": { what: "taken", body: { name: "T", trialLength: 60 } },
  "/v3/trial-activations": { what: "ignored", body: { productId: "none", fingerprint: "f" } },
  "/v3/trial-activations/:id/extend": { what: "taken", body: { extensionLength: 1 } },
  "/v3/personal-access-tokens": { what: "refused", body: { name: "t", scopes: ["*"] } },
  "/v3/webhooks": { what: "refused", body: WEBHOOK },
  "/v3/webhooks/:id/rotate-secret": { what: "refused" },
  "/v3/webhooks/:id/test-fire": { what: "ignored" },
  "/v3/webhooks/:id/replay": { what: "ignored" },
  "/v3/webhook-event-logs/:id/replay": { what: "ignored" },
  "/v3/recovery/resync": { what: "ignored", body: { objects: [] } },
};

const posted = new Set(
  createApp()
    .routes.filter(({ method }) => method === "POST")
    .map(({ path }) => path.replace(/\/$/, "")),
);

it("MGMT-4: each of them takes it, refuses it or ignores it", () => {
  expect([...posted].toSorted()).toEqual(Object.keys(ROUTES).toSorted());
});

/** What the answer to a malformed key says of keys; null = nothing. */
async function toldOf(path: string, { body }: Route): Promise<Class> {
  const document = await activated((await newFloating(1)).key);
  const address = path.replace(":sessionId", document.sessionId).replace(":id", "0190a5d4-0000-7000-8000-000000000002");
  const isSession = path.includes(":sessionId");
  const answer = await exports.default.fetch(`http://leasehold.test${address}`, {
    method: "POST",
    headers: {
      ...(path.startsWith("/v3") ? { Authorization: `Bearer ${await fullToken()}` } : {}),
      ...(isSession ? { Authorization: bearer(document) } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      "Idempotency-Key": "",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const { detail = "" } = (await answer.json()) as Partial<ProblemBody>;
  if (detail.includes("1 to 255 printable")) return answer.status === 400 ? "taken" : "ignored";
  return answer.status === 400 && detail.includes("takes no Idempotency-Key") ? "refused" : "ignored";
}

it.each(Object.entries(ROUTES))("MGMT-4: POST %s", async (path, route) => {
  expect(await toldOf(path, route)).toBe(route.what);
});
