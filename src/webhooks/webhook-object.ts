/** The Durable Object of one webhook: the platform around its keeper (HOOK-2). No rule here. */

import { DurableObject } from "cloudflare:workers";
import { v7 as uuidv7 } from "uuid";

import type { LeaseholdEvent } from "../domain/license/event.ts";
import { platformOf } from "../durable/platform.ts";
import { along, trailOf } from "../log/about.ts";
import { ITSELF } from "./held.ts";
import type { Host, WebhookWiring } from "./host.ts";
import { Keeper } from "./keeper.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { AttemptQuery, Replay, WebhookRpc } from "./rpc.ts";

/** The class, given what folders above know. `limits` are smaller in tests. */
export function webhookObject(wiring: WebhookWiring, limits: Limits = LIMITS) {
  return class extends DurableObject<Env> implements WebhookRpc {
    #keeper: Keeper | null = null;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      // Only reads: an object that holds nothing writes nothing (0027-an-empty-object-writes-nothing.md).
      void ctx.blockConcurrencyWhile(async () => {
        this.#keeper = new Keeper(hostOf(ctx, env, wiring, limits), await ctx.storage.getAlarm());
      });
    }

    take(webhookId: string, events: readonly LeaseholdEvent[]) {
      return this.#kept.take(webhookId, events);
    }

    reconfigured(webhookId: string) {
      return this.#kept.reconfigured(webhookId);
    }

    testFire(webhookId: string, event: LeaseholdEvent) {
      return this.#kept.testFire(webhookId, event);
    }

    replay(webhookId: string, replay: Replay) {
      return this.#kept.replay(webhookId, replay);
    }

    state(webhookId: string) {
      return this.#kept.state(webhookId);
    }

    attempts(webhookId: string, query: AttemptQuery) {
      return this.#kept.attempts(webhookId, query);
    }

    attempt(webhookId: string, id: string) {
      return this.#kept.attempt(webhookId, id);
    }

    remove() {
      return this.#kept.remove();
    }

    override alarm(): Promise<void> {
      return this.#kept.alarm();
    }

    get #kept(): Keeper {
      if (this.#keeper === null) throw new Error("calls wait for the constructor");
      return this.#keeper;
    }
  };
}

function hostOf(ctx: DurableObjectState, env: Env, wiring: WebhookWiring, limits: Limits): Host {
  return {
    ...platformOf(ctx),
    db: env.DB,
    limits,
    // Asked at each delivery: a configuration that is not in order must not keep events from being taken.
    targets: () => ({ development: wiring.isDevelopment(env), ports: wiring.allowedPorts(env) }),
    configuration: (webhookId) => along(trailOf(ITSELF.requestId), () => wiring.configuration(env, webhookId)),
    resource: (event, isRedacted) => wiring.resource(env, event, isRedacted),
    changes: (event) => wiring.changes(event),
    chance: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
    newId: () => uuidv7(),
  };
}
