/** Calls to a webhook's object on behalf of a management call: an object that does not answer is a refusal (ERR-2). */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import { causeOf } from "../tokens/cause.ts";
import type { WebhookRpc } from "../webhooks/rpc.ts";
import { callFailure } from "../webhooks/stub.ts";
import type { Deployment } from "./deployment.ts";

/** Refuses `overloaded` and `storage-unavailable`. A bug of the object's is a bug here too. */
export async function askWebhook<T>(
  { webhooks }: Pick<Deployment, "webhooks">,
  id: string,
  call: (object: WebhookRpc) => Promise<T>,
): Promise<Outcome<T>> {
  try {
    return yes(await call(webhooks.at(id)));
  } catch (error) {
    const failure = callFailure(error);
    if (failure === "bug") throw error;
    console.warn("a webhook's object did not answer", causeOf(error));
    return no({ code: failure === "overloaded" ? "overloaded" : "storage-unavailable" });
  }
}
