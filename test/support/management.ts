/** Calls of /v3 over HTTP, as a vendor's shop makes them. */

import { env, exports } from "cloudflare:workers";
import { expect } from "vitest";
import { ROOT_SECRET } from "./bindings.ts";
import { EVENTS } from "../../src/registry/events/event-tables.ts";

export type Json = Record<string, unknown>;

export interface Call {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

let everything: Promise<string> | null = null;

/** A token that may do everything, minted once per file. */
export async function fullToken(): Promise<string> {
  everything ??= mint(["*"]);
  return await everything;
}

export async function mint(scopes: readonly string[], more: Json = {}): Promise<string> {
  const minted = await created("/personal-access-tokens", { name: "test", scopes, ...more }, ROOT_SECRET);
  return String(minted.token);
}

/** `token` null = anonymous; absent = one that may do everything. A text as body goes as it is. */
export async function v3(method: string, path: string, { token, body, headers }: Call = {}): Promise<Response> {
  const bearer = token === undefined ? await fullToken() : token;
  return await exports.default.fetch(`http://leasehold.test/v3${path}`, {
    method,
    headers: {
      ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
}

export async function jsonOf(answer: Response, status: number): Promise<Json> {
  const text = await answer.text();
  expect({ status: answer.status, text }).toEqual({ status, text });
  return JSON.parse(text) as Json;
}

export async function listOf(answer: Response): Promise<readonly Json[]> {
  const list = (await jsonOf(answer, 200)) as unknown;
  expect(Array.isArray(list)).toBe(true);
  return list as readonly Json[];
}

export async function created(path: string, body: unknown, token?: string): Promise<Json> {
  return await jsonOf(await v3("POST", path, token === undefined ? { body } : { body, token }), 201);
}

export async function read(path: string): Promise<Json> {
  return await jsonOf(await v3("GET", path), 200);
}

export async function productId(): Promise<string> {
  return String((await created("/products", { name: "App" })).id);
}

/** A license of a product of its own, unless one is named. */
export async function license(members: Json = {}): Promise<Json> {
  return await created("/licenses", { productId: members.productId ?? (await productId()), ...members });
}

/** How many rows there are of everything that a refused call must not leave behind. */
export async function rowCounts(): Promise<Json> {
  await fullToken();
  const tables = [
    "access_tokens",
    "licenses",
    "license_keys",
    "external_references",
    "products",
    "signing_keys",
    "tags",
    "license_templates",
    "trial_policies",
    "trial_activations",
    "gone_trials",
    "users",
    "webhooks",
  ];
  // Events move from the one to the other in the background, and are in both for a moment.
  const counts = tables.map((table) => `(SELECT count(*) FROM ${table}) AS ${table}`);
  const events = `(SELECT count(*) FROM (SELECT id FROM outbox UNION SELECT id FROM ${EVENTS})) AS events`;
  return { ...(await env.DB.prepare(`SELECT ${[...counts, events].join(", ")}`).first<Json>()) };
}
