/** The way to a webhook's object: its id to a typed stub. */

import type { WebhookRpc } from "./rpc.ts";

export interface WebhookDirectory {
  at(webhookId: string): WebhookRpc;
}

/** `jurisdiction` is CFG-1's; null = none. Calls throw as the runtime throws: who hands over tries again. */
export function webhookDirectory(namespace: DurableObjectNamespace, jurisdiction: string | null): WebhookDirectory {
  const objects = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return { at: (webhookId) => objects.get(objects.idFromName(webhookId)) as unknown as WebhookRpc };
}
