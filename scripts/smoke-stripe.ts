/**
 * The sample for Stripe (examples/stripe), in its own `wrangler dev` beside the server: events that Stripe's library
 * signs, sent twice, late and in the wrong order, sell one license and add each invoice's period once.
 */

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { Stripe } from "stripe";
import type { Json } from "./smoke-answers.ts";
import { yearsAfter } from "./smoke-life.ts";
import type { Variables } from "./running.ts";

const SECRET = "whsec_c21va2Utb25seS1zZWNyZXQ";
const STARTS_WITHIN_MS = 90_000;
const SUBSCRIPTION = "sub_1Smoke";

export async function sellsByStripe(checkout: string, port: number, variables: Variables): Promise<void> {
  const api = new Leasehold(variables);
  const plan = await api.plan();
  const url = `http://localhost:${port}`;
  const sample = start(checkout, port, variables);
  try {
    await answers(url, sample);
    const send = (invoice: Invoice, secret = SECRET): Promise<number> => post(url, eventOf(invoice, plan), secret);
    // Two first sales at once may both make the user: the one that is told that there is one is sent again.
    const deliver = async (invoice: Invoice): Promise<void> => {
      for (let tries = 1; (await send(invoice)) !== 204; tries += 1) assert(tries < 5, "Stripe would try for days");
    };

    assert.equal(await send(FIRST, "whsec_another"), 400, "signed by somebody else");
    assert.equal(await send(SECOND_YEAR), 500, "a later invoice before the first: Stripe sends it again");
    assert.deepEqual(await api.licenses(), []);

    await Promise.all([deliver(FIRST), deliver(FIRST), deliver(FIRST)]);
    const [license, ...others] = await api.licenses();
    assert.deepEqual(others, [], "one subscription, one license");
    assert(license !== undefined);
    assert.equal(license.expiresAt, yearsAfter(license.createdAt, 1));
    assert.equal(Object(license.user).email, "buyer@example.com");

    await Promise.all([deliver(SECOND_YEAR), deliver(SECOND_YEAR), deliver(FIRST)]);
    await deliver(SECOND_YEAR);
    await deliver(BY_HAND);
    const [renewed] = await api.licenses();
    assert.equal(renewed?.expiresAt, yearsAfter(license.expiresAt, 1), "one invoice, one period");
  } finally {
    stop(sample);
  }
}

interface Invoice {
  readonly id: string;
  readonly reason: "subscription_create" | "subscription_cycle" | "manual";
}
const FIRST: Invoice = { id: "in_1First", reason: "subscription_create" };
const SECOND_YEAR: Invoice = { id: "in_1Second", reason: "subscription_cycle" };
const BY_HAND: Invoice = { id: "in_1ByHand", reason: "manual" };

/** The members of Stripe's event that matter, as its API writes them since 2025-03-31. */
function eventOf(invoice: Invoice, plan: Json): string {
  const parent = {
    type: "subscription_details",
    subscription_details: { subscription: SUBSCRIPTION, metadata: plan },
  };
  const object = {
    id: invoice.id,
    object: "invoice",
    billing_reason: invoice.reason,
    customer_email: "buyer@example.com",
    parent,
  };
  return JSON.stringify({ id: `evt_${invoice.id}`, object: "event", type: "invoice.paid", data: { object } });
}

async function post(url: string, payload: string, secret: string): Promise<number> {
  const signature = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret });
  const answer = await fetch(url, { method: "POST", headers: { "Stripe-Signature": signature }, body: payload });
  await answer.body?.cancel();
  return answer.status;
}

class Leasehold {
  readonly #url: string;
  readonly #token: string;

  constructor({ LEASEHOLD = "", TOKEN = "" }: Variables) {
    this.#url = LEASEHOLD;
    this.#token = TOKEN;
  }

  async plan(): Promise<Json> {
    const product = await this.#made("/products", { name: "By Stripe" });
    const template = await this.#made("/license-templates", { name: "Yearly", subscriptionInterval: "P1Y" });
    return { productId: product.id, licenseTemplateId: template.id };
  }

  async licenses(): Promise<readonly Json[]> {
    return JSON.parse(await this.#call(`/licenses?externalReference=${SUBSCRIPTION}`));
  }

  async #made(path: string, body: object): Promise<Json> {
    return JSON.parse(await this.#call(path, { method: "POST", body: JSON.stringify(body) }));
  }

  async #call(path: string, init: RequestInit = {}): Promise<string> {
    const headers = { Authorization: `Bearer ${this.#token}`, "Content-Type": "application/json" };
    const send = () => fetch(`${this.#url}/v3${path}`, { ...init, headers });
    // The server closes a connection that was idle for seconds, as long as the sample takes to start.
    const answer = await (init.method === undefined ? send().catch(send) : send());
    const text = await answer.text();
    assert(answer.ok, text);
    return text;
  }
}

function start(checkout: string, port: number, variables: Variables): ChildProcess {
  const vars = {
    LEASEHOLD_URL: variables.LEASEHOLD,
    LEASEHOLD_TOKEN: variables.TOKEN,
    STRIPE_WEBHOOK_SECRET: SECRET,
  };
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const config = ["--config", "examples/stripe/wrangler.toml", "--port", String(port)];
  return spawn("npx", ["wrangler", "dev", ...config, ...settings, "--show-interactive-dev-session=false"], {
    cwd: checkout,
    stdio: "ignore",
    detached: true,
  });
}

async function answers(url: string, sample: ChildProcess): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.status === 405) return;
    assert(Date.now() < until && sample.exitCode === null, "the sample for Stripe did not start");
    await sleep(200);
  }
}

function stop(sample: ChildProcess): void {
  if (sample.pid !== undefined && sample.exitCode === null) process.kill(-sample.pid, "SIGTERM");
}
