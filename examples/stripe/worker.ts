/**
 * Sells and renews licenses for Stripe: one license for each subscription, one period for each invoice that is paid.
 * Every step can come twice, late or out of order, and is done once.
 */

import { Stripe } from "stripe";

interface Env {
  /** Where Leasehold answers, `https://licenses.example.com` say. */
  readonly LEASEHOLD_URL: string;
  /** An access token of Leasehold with license:read, license:write, user:read and user:write. */
  readonly LEASEHOLD_TOKEN: string;
  /** What Stripe signs this endpoint's events with, `whsec_...`. */
  readonly STRIPE_WEBHOOK_SECRET: string;
}

/** What is read of a license or a user. */
interface Resource {
  readonly id: string;
}

/** What Stripe keeps in the subscription's metadata: which product, on which plan. */
interface Plan {
  readonly productId: string;
  readonly licenseTemplateId: string;
}

export default {
  /** 204 once it is done. An error is 500, and Stripe sends again, for days. */
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== "POST") return new Response(null, { status: 405, headers: { Allow: "POST" } });
    const event = await verified(request, env.STRIPE_WEBHOOK_SECRET);
    if (event === null) return new Response("This is not signed by Stripe.\n", { status: 400 });
    if (event.type === "invoice.paid") await paid(event.data.object, env);
    return new Response(null, { status: 204 });
  },
};

async function verified(request: Request, secret: string): Promise<Stripe.Event | null> {
  const signature = request.headers.get("Stripe-Signature") ?? "";
  const crypto = Stripe.createSubtleCryptoProvider();
  const event = Stripe.webhooks.constructEventAsync(await request.text(), signature, secret, undefined, crypto);
  return event.catch(() => null);
}

/** A subscription's first invoice sells the license, each later one renews it; others are not about licenses. */
async function paid(invoice: Stripe.Invoice, env: Env): Promise<void> {
  const details = invoice.parent?.subscription_details;
  const { productId, licenseTemplateId } = details?.metadata ?? {};
  if (!details || !productId || !licenseTemplateId) return;
  const { subscription } = details;
  const reference = typeof subscription === "string" ? subscription : subscription.id;
  const plan = { productId, licenseTemplateId };
  if (invoice.billing_reason === "subscription_create") await sell(reference, plan, invoice.customer_email, env);
  if (invoice.billing_reason === "subscription_cycle") await renew(reference, plan, invoice.id, env);
}

/** The reference makes it one license, however often: one that is there already is answered as it is. */
async function sell(externalReference: string, plan: Plan, email: string | null, env: Env): Promise<void> {
  const userId = email === null ? null : await userOf(email, env);
  await leasehold(env, "/licenses", { ...plan, userId, externalReference });
}

/** The invoice's id makes it one period, however often. It begins at the old end, as Stripe's does. */
async function renew(reference: string, plan: Plan, renewalReference: string, env: Env): Promise<void> {
  const [license] = await leasehold<readonly Resource[]>(
    env,
    `/licenses?externalReference=${encodeURIComponent(reference)}`,
  );
  if (license === undefined) throw new Error("the invoice that sells this license has not come yet");
  const { licenseTemplateId } = plan;
  await leasehold(env, `/licenses/${license.id}/renew`, { licenseTemplateId, renewalReference });
}

/** The user with that address, made where there is none. */
async function userOf(email: string, env: Env): Promise<string> {
  const [user] = await leasehold<readonly Resource[]>(env, `/users?email=${encodeURIComponent(email)}`);
  return (user ?? (await leasehold<Resource>(env, "/users", { email }))).id;
}

/** GET without a body, POST with one. */
async function leasehold<T>(env: Env, path: string, body?: object): Promise<T> {
  const headers = { Authorization: `Bearer ${env.LEASEHOLD_TOKEN}`, "Content-Type": "application/json" };
  const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${env.LEASEHOLD_URL}/v3${path}`, { headers, ...post });
  if (answer.ok) return answer.json();
  const { code, requestId } = await answer.json<{ code: string; requestId: string }>();
  throw new Error(`Leasehold said ${answer.status} ${code}, request ${requestId}`);
}
