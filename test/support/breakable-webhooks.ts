/** Objects of webhooks as tests have them: small limits, and rows whose secrets are plain. */

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { WebhookFormat } from "../../src/domain/license/webhook.ts";
import { LIMITS, type Limits } from "../../src/webhooks/limits.ts";
import { webhookObject } from "../../src/webhooks/webhook-object.ts";
import { unsteady } from "./unsteady-d1.ts";

interface TestRow {
  readonly id: string;
  readonly url: string;
  readonly format: WebhookFormat;
  readonly enabled: number;
  readonly secrets: string;
  readonly events: string;
  readonly updated_at: number;
}

/** Rows of these objects have their secrets as plain JSON: opening them is the wiring's part, and tested with it. */
const WIRING = {
  configuration: async (bindings: Env, webhookId: string) => {
    const row = await bindings.DB.prepare("SELECT * FROM webhooks WHERE id = ?1").bind(webhookId).first<TestRow>();
    if (row === null) return null;
    const { id, url, format, enabled, secrets, updated_at: updatedAt } = row;
    const opened = { secrets: JSON.parse(secrets), events: JSON.parse(row.events), source: "https://issuer.test" };
    return { id, url, format, enabled: enabled === 1, updatedAt, ...opened };
  },
  resource: async (_: Env, event: LeaseholdEvent) => {
    if (event.data["unreadable"] === true) throw new Error("the resource cannot be read");
    return { ...event.data, shown: true };
  },
  changes: ({ changes }: LeaseholdEvent) => changes,
  isDevelopment: () => true,
  allowedPorts: () => [],
};

export const TEST_LIMITS: Limits = { ...LIMITS, waitingEvents: 40, waitingBytes: 100_000, attempts: 60, replayStep: 5 };

export class TestWebhookObject extends webhookObject(WIRING, TEST_LIMITS) {}
/** Does not wait long for an answer. */
export class HastyWebhookObject extends webhookObject(WIRING, { ...TEST_LIMITS, exchangeMs: 1500 }) {}

/** Its D1 is in the weather that a test makes. */
export class UnsteadyWebhookObject extends TestWebhookObject {
  constructor(ctx: DurableObjectState, bindings: Env) {
    super(ctx, { ...bindings, DB: unsteady(bindings.DB) });
  }
}
