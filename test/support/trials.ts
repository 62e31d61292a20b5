/** Trials of devices, as an app without credentials asks for them, and what is left of them in D1. */

import { env } from "cloudflare:workers";
import { decodeJwt } from "jose";
import { EVENTS } from "../../src/registry/events/event-tables.ts";
import { tokenOf } from "./clients-v3.ts";
import { created, v3, type Call, type Json } from "./management.ts";

export const WEEK = 7 * 86_400;
export const DEVICE = "a structured=device";

interface Tried {
  readonly product: string;
  readonly policy: string;
}

export async function tried(rules: Json = {}, product: Json = {}): Promise<Tried> {
  const policy = await created("/trial-policies", { name: "A week", trialLength: WEEK, ...rules });
  const made = await created("/products", { name: "App", trialPolicyId: policy.id, ...product });
  return { product: String(made.id), policy: String(policy.id) };
}

export async function trial(productId: unknown, more: Json = {}, call: Call = {}): Promise<Response> {
  return await v3("POST", "/trial-activations", {
    token: null,
    body: { productId, fingerprint: DEVICE, ...more },
    ...call,
  });
}

export async function claims(productId: unknown, more: Json = {}): Promise<Json> {
  return decodeJwt(await tokenOf(await trial(productId, more)));
}

/** Of a trial, wherever they are on their way; the log leaves out who the device is. */
export async function eventsOf(id: unknown): Promise<readonly { type: string; body: string }[]> {
  const rows = env.DB.prepare(
    `SELECT id, event ->> '$.type' AS type, event AS body FROM outbox WHERE event ->> '$.subjectId' = ?1
     UNION SELECT id, type, body FROM ${EVENTS} WHERE subject_id = ?1 ORDER BY 1`,
  ).bind(id);
  return (await rows.all<{ type: string; body: string }>()).results.map(({ type, body }) => ({ type, body }));
}

export const typesOf = async (id: unknown) => (await eventsOf(id)).map(({ type }) => type);

export async function countOf(product: string): Promise<unknown> {
  return await env.DB.prepare("SELECT count(*) AS n FROM trial_activations WHERE product_id = ?")
    .bind(product)
    .first("n");
}
