/** Webhooks' objects for tests of what hands events over to them. */

import type { LeaseholdEvent } from "../../src/domain/license/event.ts";
import type { WebhookRpc } from "../../src/webhooks/rpc.ts";
import type { WebhookDirectory } from "../../src/webhooks/stub.ts";

/** Where D1 has no webhook, none is asked for. */
export const NO_WEBHOOKS: WebhookDirectory = {
  at: () => {
    throw new Error("there is no webhook");
  },
};

/** Objects that take events by `take`, and are asked for nothing else. */
export function webhooksThat(
  take: (webhookId: string, events: readonly LeaseholdEvent[]) => Promise<void>,
): WebhookDirectory {
  const taking: Pick<WebhookRpc, "take"> = {
    take: async (webhookId, events) => {
      await take(webhookId, events);
      return { taken: events.length };
    },
  };
  return { at: () => taking as WebhookRpc };
}
