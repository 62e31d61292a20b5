/** Calls to a webhook's object on behalf of a management call: an object that does not answer is a refusal (ERR-2). */

import { no, yes, type Outcome } from "../domain/outcome.ts";
import { causeOf } from "../tokens/cause.ts";
import type { Unavailable, WebhookRpc } from "../webhooks/rpc.ts";
import { callFailure } from "../webhooks/stub.ts";
import type { Deployment } from "./deployment.ts";

/** Refuses `overloaded` and `storage-unavailable`. A bug of the object's is a bug here too. */
export async function askWebhook<T>(
  { webhooks }: Pick<Deployment, "webhooks">,
  id: string,
  call: (object: WebhookRpc) => Promise<T | Unavailable>,
): Promise<Outcome<T>> {
  try {
    const answer = await call(webhooks.at(id));
    return answer === "unavailable" ? no({ code: "storage-unavailable" }) : yes(answer);
  } catch (error) {
    const failure = callFailure(error);
    if (failure === "bug") throw error;
    console.warn("a webhook's object did not answer", causeOf(error));
    return no(failure === "overloaded" ? { code: failure, what: "webhook" } : { code: "storage-unavailable" });
  }
}
