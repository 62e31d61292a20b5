/** Webhooks' objects that cannot be reached, as the platform lets it happen, in front of the real ones. */

import type { WebhookRpc } from "../../src/webhooks/rpc.ts";
import type { WebhookDirectory } from "../../src/webhooks/stub.ts";

export interface FailingObjects extends WebhookDirectory {
  /** Calls to the object of this webhook fail from now on. */
  fail(webhookId: string): void;
  heal(webhookId: string): void;
  /** How often this webhook was asked to take events. */
  askedOf(webhookId: string): number;
}

export function failingObjects(real: WebhookDirectory): FailingObjects {
  const failing = new Set<string>();
  const asked: string[] = [];
  const take: (webhookId: string) => WebhookRpc["take"] = (webhookId) => async (id, events) => {
    asked.push(webhookId);
    if (failing.has(webhookId)) throw Object.assign(new Error("Network connection lost."), { retryable: true });
    return await real.at(webhookId).take(id, events);
  };
  return {
    at: (webhookId) => ({ take: take(webhookId) }) as WebhookRpc,
    fail: (webhookId) => void failing.add(webhookId),
    heal: (webhookId) => void failing.delete(webhookId),
    askedOf: (webhookId) => asked.filter((id) => id === webhookId).length,
  };
}
