/** Calls to a webhook's object on behalf of a management call: an object that does not answer is a refusal (ERR-2). */

import { callFailure, unavailable } from "../../durable/call-failure.ts";
import { no, yes, type Outcome } from "../../domain/outcome.ts";
import type { Gone, Unavailable, WebhookRpc } from "../../webhooks/rpc.ts";
import type { Deployment } from "../deployment.ts";
import { say } from "../../log/line.ts";

/** Refuses `webhook-gone`, `overloaded` and `storage-unavailable`. A bug of the object's is a bug here too. */
export async function askWebhook<T>(
  { webhooks }: Pick<Deployment, "webhooks">,
  id: string,
  call: (object: WebhookRpc) => Promise<T | Unavailable | Gone>,
): Promise<Outcome<T>> {
  try {
    const answer = await call(webhooks.at(id));
    if (answer === "gone") return no({ code: "webhook-gone" });
    return answer === "unavailable" ? no({ code: "storage-unavailable" }) : yes(answer);
  } catch (error) {
    const failure = callFailure(error);
    if (failure === "bug") throw error;
    say("a webhook's object did not answer", { webhook: id, failure }, error);
    return no(unavailable(failure, "webhook"));
  }
}
