/** A deployment whose D1 is unsteady, as its callers see it: the real app in an isolate that may be a fresh one. */

import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createApp } from "../../../src/app.ts";
import type { Bindings } from "../../../src/config/config.ts";
import type { LicenseObject } from "../../../src/license/license-object.ts";
import { runCron } from "../../../src/operations/upkeep/cron.ts";
import { deploymentOpener, type Deployment } from "../../../src/operations/deployment.ts";
import { isOutage } from "../../../src/registry/db/outage.ts";
import { momentAt, ROOT_SECRET } from "../bindings.ts";
import type { Json } from "../management.ts";
import { unsteady } from "../unsteady-d1.ts";

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

interface Sent {
  readonly token: string | null;
  readonly body: unknown;
  readonly idempotencyKey?: string | null;
}

export const OBJECTS = (env as unknown as { UNSTEADY_LICENSES: DurableObjectNamespace<LicenseObject> })
  .UNSTEADY_LICENSES;

export const BINDINGS: Bindings = { ...env, ROOT_SECRET, DB: unsteady(env.DB), LICENSES: OBJECTS };

export class Isolate {
  #open = deploymentOpener();
  #app = createApp(this.#open);
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
  }

  static async start(): Promise<Isolate> {
    const minted = await new Isolate(ROOT_SECRET).v3("POST", "/personal-access-tokens", { name: "t", scopes: ["*"] });
    return new Isolate(String(minted.body.token));
  }

  /** What an isolate remembers is lost. */
  renew(): void {
    this.#open = deploymentOpener();
    this.#app = createApp(this.#open);
  }

  async v3(method: string, path: string, body?: unknown, idempotencyKey: string | null = null): Promise<Answer> {
    return await this.#call(method, `/v3${path}`, { token: this.#token, body, idempotencyKey });
  }

  /** As a device calls, with a license token or without. */
  async device(method: string, path: string, body?: unknown, token: string | null = null): Promise<Answer> {
    return await this.#call(method, `/api/v1/activations${path}`, { token, body });
  }

  /** One that could not open does not try again for a second, and has nothing to remember: a fresh one is the same. */
  async deployment(): Promise<Deployment> {
    const opened = await this.#open(BINDINGS, momentAt(Date.now()));
    if (opened.ok) return opened.deployment;
    this.renew();
    const fresh = await this.#open(BINDINGS, momentAt(Date.now()));
    if (!fresh.ok) throw new Error(fresh.detail);
    return fresh.deployment;
  }

  /** `now` in epoch ms. A run that meets a D1 that fails is cut short; the cron comes again. */
  async cron(now: number): Promise<void> {
    const opened = await this.#open(BINDINGS, momentAt(Date.now()));
    try {
      if (opened.ok) await runCron(opened.deployment, now);
    } catch (error) {
      if (!isOutage(error)) throw error;
    }
  }

  async #call(method: string, path: string, { token, body, idempotencyKey = null }: Sent): Promise<Answer> {
    const headers: Record<string, string> = {
      ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      ...(idempotencyKey === null ? {} : { "Idempotency-Key": idempotencyKey }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const context = createExecutionContext();
    const answer = await this.#app.fetch(new Request(`http://leasehold.test${path}`, init), BINDINGS, context);
    const text = await answer.text();
    await waitOnExecutionContext(context);
    return { status: answer.status, body: text === "" ? {} : (JSON.parse(text) as Json), headers: answer.headers };
  }
}

/** The object of a locator, anew each time: after an eviction an old stub is of no use. */
export function objectAt(locator: string) {
  return OBJECTS.get(OBJECTS.idFromName(locator));
}

/** Its alarm, if one is armed. */
export async function ring(stub: DurableObjectStub<LicenseObject>): Promise<boolean> {
  return await runDurableObjectAlarm(stub);
}

/** One that does not run is started first: only what runs can be evicted. A timer of its may put that off. */
export async function evict(stub: DurableObjectStub<LicenseObject>): Promise<void> {
  await stub.describe("nobody");
  for (let left = 5; left > 0; left -= 1) {
    try {
      return await evictDurableObject(stub);
    } catch (error) {
      if (left === 1 || !(error instanceof Error) || !error.message.includes("still has active references"))
        throw error;
    }
  }
}
