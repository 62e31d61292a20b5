/** What calls are about that end something, made for one call each: all that is planted stays. */

import { env } from "cloudflare:workers";
import type { Asked } from "./every-route.ts";
import { created, v3, type Json } from "./management.ts";
import type { Planted } from "./planted-routes.ts";
import { activated } from "./shop.ts";

let serial = 0;
const next = () => `victim ${(serial += 1)}`;

async function sold({ product }: Planted, more: Json = {}): Promise<Json> {
  return await created("/licenses", { productId: product, allowedActivations: 0, ...more });
}

/** A session on a license of its own. */
async function manned(planted: Planted, more: Json = {}): Promise<{ license: Json; session: string }> {
  const license = await sold(planted, more);
  return { license, session: (await activated(String(license.key), "a device")).sessionId };
}

function firstOf(list: unknown): string {
  return String((list as readonly Json[])[0]?.id);
}

/** A key that has been published for long. */
async function keyOf(act: string): Promise<Asked> {
  const { id } = await created("/products", { name: next() });
  const { kid } = await created(`/products/${id}/keys`, {});
  await env.DB.prepare("UPDATE signing_keys SET created_at = 1, updated_at = 1 WHERE kid = ?1").bind(kid).run();
  return { path: `/products/${id}/keys/${kid}/${act}` };
}

const named = (path: string, more: Json = {}) => [
  `DELETE ${path}/:id`,
  async () => ({ path: `${path}/${(await created(path, { name: next(), ...more })).id}` }),
];

type Victim = (planted: Planted) => Promise<Asked>;

const VICTIMS: Readonly<Record<string, Victim>> = {
  ...Object.fromEntries([
    ...["/products", "/tags", "/features", "/entitlement-sets", "/maintenance-policies"].map((path) => named(path)),
    ...["/license-templates", "/license-policies"].map((path) => named(path)),
    named("/trial-policies", { trialLength: 60 }),
    named("/personal-access-tokens", { scopes: ["tag:read"] }),
    named("/webhooks", { url: "https://receiver.example", events: ["tag.created"], enabled: false }),
    ...["activate", "retire", "compromise"].map((act) => [`POST /products/:id/keys/:kid/${act}`, () => keyOf(act)]),
  ]),
  // A person by role mints with an end.
  "POST /personal-access-tokens": async () => ({
    path: "/personal-access-tokens",
    body: {
      name: next(),
      scopes: ["personalAccessToken:write"],
      expiresAt: new Date(Date.now() + 60_000).toISOString(),
    },
  }),
  "DELETE /users/:id": async () => ({
    path: `/users/${(await created("/users", { email: `${next().replace(" ", "-")}@test.example` })).id}`,
  }),
  "DELETE /licenses/:id": async (planted) => ({ path: `/licenses/${(await sold(planted)).id}` }),
  "DELETE /licenses/metadata/:id": async (planted) => {
    const { metadata } = await sold(planted, { metadata: [{ key: "a", value: "b" }] });
    return { path: `/licenses/metadata/${firstOf(metadata)}` };
  },
  "DELETE /licenses/meter-attributes/:id": async (planted) => {
    const { meterAttributes } = await sold(planted, { meterAttributes: [{ name: "pages", allowedUses: 9 }] });
    return { path: `/licenses/meter-attributes/${firstOf(meterAttributes)}` };
  },
  "DELETE /activations/:id": async (planted) => ({ path: `/activations/${(await manned(planted)).session}` }),
  "DELETE /me/activations/:id": async (planted) => ({
    path: `/me/activations/${(await manned(planted, { userId: planted.user })).session}`,
  }),
  "DELETE /activations": async (planted) => {
    const { license } = await manned(planted);
    return { path: `/activations?licenseId=${license.id}&createdAt[lt]=2999-01-01T00:00:00Z` };
  },
  "POST /activations/:id/deactivate": async (planted) => ({
    path: `/activations/${(await manned(planted)).session}/deactivate`,
    body: { fingerprint: "a device" },
  }),
  "POST /activations/meter-attributes/:id": async (planted) => ({
    path: `/activations/meter-attributes/${planted.meter}`,
    body: { activationId: planted.activation, increment: 1 },
  }),
  "DELETE /trial-activations/:id": async (planted) => {
    const fingerprint = next();
    await created("/trial-activations", { productId: planted.product, fingerprint });
    const found = await v3("GET", `/trial-activations?productId=${planted.product}&sort=-createdAt`);
    return { path: `/trial-activations/${firstOf(await found.json())}` };
  },
};

/** Null: what is planted will do. */
export async function victimsOf(route: string, planted: Planted): Promise<readonly Asked[] | null> {
  const victim = VICTIMS[route];
  return victim === undefined ? null : [await victim(planted)];
}
